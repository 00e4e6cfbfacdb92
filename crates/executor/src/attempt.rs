//! One attempt at running a command, as data.

use std::{
    collections::BTreeMap,
    fmt,
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Serialize, Serializer};

use crate::Error;

/// An id becomes part of file names.
const LONGEST_ID: usize = 200;
/// What a redacted value is replaced by.
pub(crate) const HIDDEN: &str = "***";

/// Everything about one attempt. Serialized or shown for debugging it never tells a secret, so it does not read back.
#[derive(Clone)]
pub struct Attempt {
    /// Unique among all attempts, such as `features-17.2`; safe as a file name.
    pub id: String,
    /// The program and its arguments, usually `sh -c LINE`. A program without `/` is looked up in the `PATH` of
    /// `environment`.
    pub command: Vec<String>,
    /// The working directory; absolute.
    pub folder: PathBuf,
    /// The whole environment; nothing is inherited.
    pub environment: BTreeMap<String, String>,
    /// Values to hide in logs and tails. Values under 4 characters are for the caller to refuse.
    pub secrets: Vec<Secret>,
    /// Where the output goes; no other attempt's. It and its folder are not made before the first byte.
    pub log: PathBuf,
    /// How long it may run.
    pub timeout: Option<Duration>,
    /// How long it may take to end after TERM, before KILL.
    pub grace: Duration,
    /// The memory that all its processes may use together, in bytes.
    pub memory: Option<u64>,
    /// Run it in a container.
    pub container: Option<Container>,
    /// Write down its file accesses here, for [`crate::audit`].
    pub trace: Option<PathBuf>,
    /// A command that the supervisor runs, in the same environment, when the process did not end by itself with a
    /// code under 125; for what signals do not reach, such as a container. Empty for none.
    pub after: Vec<String>,
    /// How long descendants that are left at the end may take to end by themselves before they are killed.
    pub linger: Duration,
}

impl Attempt {
    /// An attempt with nothing special about it.
    pub fn new(id: &str, command: Vec<String>, folder: &Path, log: &Path) -> Self {
        Self {
            id: id.to_owned(),
            command,
            folder: folder.to_owned(),
            environment: BTreeMap::new(),
            secrets: Vec::new(),
            log: log.to_owned(),
            timeout: None,
            grace: Duration::from_secs(5),
            memory: None,
            container: None,
            trace: None,
            after: Vec::new(),
            linger: Duration::ZERO,
        }
    }

    /// Refuses what cannot work anywhere.
    pub(crate) fn check(&self) -> Result<(), Error> {
        check_id(&self.id)?;
        if self.command.first().is_none_or(String::is_empty) {
            return Err(Error::invalid(&self.id, "its command is empty"));
        }
        for (what, path) in [("folder", &self.folder), ("log", &self.log)] {
            if !path.is_absolute() {
                let why = format!("its {what} {} must be an absolute path", path.display());
                return Err(Error::invalid(&self.id, why));
            }
        }
        let name_is_odd = |name: &&String| name.is_empty() || name.contains(['=', '\0']);
        if let Some(name) = self.environment.keys().find(name_is_odd) {
            return Err(Error::invalid(&self.id, format!("{name:?} is no name for an environment variable")));
        }
        let values = self.environment.values().chain(&self.command);
        match values.into_iter().any(|value| value.contains('\0')) {
            true => Err(Error::invalid(&self.id, "its command or environment has a NUL character")),
            false => Ok(()),
        }
    }

    /// This text without secrets.
    fn hide(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for secret in self.secrets.iter().filter(|secret| !secret.0.is_empty()) {
            text = text.replace(&secret.0, HIDDEN);
        }
        text
    }
}

pub(crate) fn check_id(id: &str) -> Result<(), Error> {
    if id.is_empty() || id.len() > LONGEST_ID {
        return Err(Error::invalid(id, format!("its id must have 1 to {LONGEST_ID} bytes")));
    }
    if id.starts_with(['.', '-']) || id.chars().any(|letter| letter == '/' || letter.is_control()) {
        let why = "its id must be safe as a file name: no `/`, no control characters, no `.` or `-` in front";
        return Err(Error::invalid(id, why));
    }
    Ok(())
}

impl Serialize for Attempt {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let command: Vec<_> = self.command.iter().map(|argument| self.hide(argument)).collect();
        let environment: BTreeMap<_, _> =
            self.environment.iter().map(|(name, value)| (name, self.hide(value))).collect();
        let shown = Shown {
            id: &self.id,
            command,
            folder: &self.folder,
            environment,
            secrets: self.secrets.len(),
            log: &self.log,
            timeout: self.timeout,
            grace: self.grace,
            memory: self.memory,
            container: self.container.as_ref(),
            trace: self.trace.as_deref(),
        };
        shown.serialize(serializer)
    }
}

impl fmt::Debug for Attempt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let shown = serde_json::to_string(self).map_err(|_| fmt::Error)?;
        write!(f, "Attempt {shown}")
    }
}

/// An attempt as it may be shown.
#[derive(Serialize)]
struct Shown<'a> {
    id: &'a str,
    command: Vec<String>,
    folder: &'a Path,
    environment: BTreeMap<&'a String, String>,
    /// How many.
    secrets: usize,
    log: &'a Path,
    timeout: Option<Duration>,
    grace: Duration,
    memory: Option<u64>,
    container: Option<&'a Container>,
    trace: Option<&'a Path>,
}

/// A value that no log may show.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// A secret with this value.
    pub fn new(value: impl Into<String>) -> Self {
        Self(value.into())
    }

    /// The value, for whoever must have it.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(***)")
    }
}

/// The container that a command runs in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Container {
    /// An image that is on the machine already; nothing is pulled.
    pub image: String,
    /// What of this machine it sees.
    pub mounts: Vec<Mount>,
    /// The working directory inside.
    pub folder: PathBuf,
    /// Whether it has a network.
    pub network: bool,
}

/// A folder or file of this machine inside a container.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Mount {
    /// The path on this machine; absolute, and there.
    pub host: PathBuf,
    /// The path in the container; absolute.
    pub container: PathBuf,
    /// Whether it may be changed.
    pub writable: bool,
}
