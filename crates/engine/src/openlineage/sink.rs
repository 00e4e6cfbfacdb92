//! Where events go: into a file, a line each, or to an address, a request each.

use std::{
    fmt,
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::OpenOptionsExt as _,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use spec::LineageSink;
use ureq::Agent;

use super::RunEvent;

/// How long a receiver may take to answer.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pauses between the tries of one event.
const PAUSES: [Duration; 2] = [Duration::from_millis(200), Duration::from_secs(1)];

/// Where events go.
pub(super) enum Sink {
    /// The path, and whether the last write may have left a part of a line.
    File { path: PathBuf, is_torn: bool },
    /// The address, and whether the last event did not reach it.
    Url { url: String, agent: Agent, is_away: bool },
}

/// Why a try failed, and whether another one may not.
struct Failure {
    why: String,
    passes: bool,
}

impl Sink {
    /// What the project file names; files are relative to the project's root.
    pub(super) fn new(to: &LineageSink, root: &Path) -> Self {
        match to {
            LineageSink::File(path) => Self::File { path: root.join(path), is_torn: false },
            LineageSink::Url(url) => Self::Url { url: url.clone(), agent: agent(), is_away: false },
        }
    }

    /// Delivers an event, or says why that cannot be.
    pub(super) fn deliver(&mut self, event: &RunEvent) -> Result<(), String> {
        match self {
            Self::File { path, is_torn } => {
                let mut file = open(path).map_err(|error| error.to_string())?;
                let end_of_torn = if *is_torn { "\n" } else { "" };
                // One write, so that lines of others do not come between.
                let written = file.write_all(format!("{end_of_torn}{}\n", event.as_str()).as_bytes());
                *is_torn = written.is_err();
                written.map_err(|error| error.to_string())
            }
            Self::Url { url, agent, is_away } => {
                // While nobody is there one try an event will do, or those behind it would never be told.
                let pauses = if *is_away { &[][..] } else { &PAUSES };
                let sent = send_patiently(agent, url, event, pauses);
                *is_away = sent.as_ref().is_err_and(|failure| failure.passes);
                sent.map_err(|failure| failure.why)
            }
        }
    }
}

/// For people: an address without its query, which may hold a token.
impl fmt::Display for Sink {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, .. } => path.display().fmt(out),
            Self::Url { url, .. } => out.write_str(url.split(['?', '#']).next().unwrap_or_default()),
        }
    }
}

/// The file to append to. It is opened for each line, so that one that was moved away is made anew.
fn open(path: &Path) -> io::Result<File> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    OpenOptions::new().append(true).create(true).mode(0o644).open(path)
}

fn send_patiently(agent: &Agent, url: &str, event: &RunEvent, pauses: &[Duration]) -> Result<(), Failure> {
    for pause in pauses {
        match send(agent, url, event) {
            Err(failure) if failure.passes => thread::sleep(*pause),
            settled => return settled,
        }
    }
    send(agent, url, event)
}

fn send(agent: &Agent, url: &str, event: &RunEvent) -> Result<(), Failure> {
    let answer = agent.post(url).header("content-type", "application/json").send(event.as_str());
    let status = match answer {
        Ok(answer) => answer.status(),
        Err(error) => return Err(Failure { why: error.to_string(), passes: true }),
    };
    if status.is_success() {
        return Ok(());
    }
    // What is refused for what it is will be refused again.
    let passes = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
    Err(Failure { why: format!("it answered {status}"), passes })
}

/// No redirects: whoever is named in the project file is told, and nobody else.
fn agent() -> Agent {
    let config = Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(PATIENCE))
        .user_agent("kaizen-lineage")
        .build();
    Agent::new_with_config(config)
}
