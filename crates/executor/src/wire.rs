//! What engine and supervisor say to each other: a line of JSON each. Requests come through the supervisor's standard
//! input, events go through its standard output; an engine that adopts uses the socket in the supervisor's folder, which
//! speaks the same. Secrets pass here and nowhere else.

use std::{collections::BTreeMap, io, io::Write, path::PathBuf, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{Attempt, Caps, Ended};

/// The first line on the supervisor's standard input.
#[derive(Serialize, Deserialize)]
pub(crate) struct Hello {
    /// The supervisor's own folder.
    pub(crate) folder: PathBuf,
    pub(crate) marker: String,
    pub(crate) logs: Caps,
    /// Where cgroup v2 is mounted.
    pub(crate) cgroups: PathBuf,
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Request {
    Start(Box<Order>),
    End {
        id: String,
        /// KILL without TERM and grace.
        now: bool,
    },
    /// Everything has been told and dealt with: leave nothing behind.
    Forget,
}

/// What the supervisor must know of an attempt.
#[derive(Serialize, Deserialize)]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) command: Vec<String>,
    pub(crate) folder: PathBuf,
    pub(crate) environment: BTreeMap<String, String>,
    pub(crate) secrets: Vec<String>,
    pub(crate) log: PathBuf,
    pub(crate) timeout: Option<Duration>,
    pub(crate) grace: Duration,
    pub(crate) memory: Option<u64>,
    pub(crate) after: Vec<String>,
    pub(crate) linger: Duration,
}

impl From<&Attempt> for Order {
    fn from(attempt: &Attempt) -> Self {
        Self {
            id: attempt.id.clone(),
            command: attempt.command.clone(),
            folder: attempt.folder.clone(),
            environment: attempt.environment.clone(),
            secrets: attempt.secrets.iter().map(|secret| secret.reveal().to_owned()).collect(),
            log: attempt.log.clone(),
            timeout: attempt.timeout,
            grace: attempt.grace,
            memory: attempt.memory,
            after: attempt.after.clone(),
            linger: attempt.linger,
        }
    }
}

#[derive(Serialize, Deserialize)]
pub(crate) enum Event {
    Started { id: String },
    Refused { id: String, why: String },
    Ended { id: String, ended: Ended },
}

/// The message as one line.
pub(crate) fn line(message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(message)?;
    line.push(b'\n');
    Ok(line)
}

pub(crate) fn send(mut to: impl Write, message: &impl Serialize) -> io::Result<()> {
    to.write_all(&line(message)?)
}
