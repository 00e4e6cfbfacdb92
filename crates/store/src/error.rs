use std::{
    io,
    path::{Path, PathBuf},
};

use base::{Hash, Name, Timestamp};

use crate::{Broken, RunId, journal::ActionId};

/// Why the store could not do as asked. Each message names the thing and the way out.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The file system refused.
    #[error("{operation} {}", path.display())]
    Io {
        /// What was being done, as a verb.
        operation: &'static str,
        /// To which file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The disk, a quota or a file size limit is exhausted.
    #[error(
        "{operation} {}: no space is left; free some on that file system (the logs in .kaizen/runs may go) \
         or raise the quota, then run the same command again: nothing recorded is lost",
        path.display()
    )]
    NoSpace {
        /// What was being done, as a verb.
        operation: &'static str,
        /// To which file or directory.
        path: PathBuf,
    },
    /// SQLite refused.
    #[error("{operation} in {}", path.display())]
    Database {
        /// What was being done, as a verb with its object.
        operation: &'static str,
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// Another process kept the database locked for longer than we wait.
    #[error(
        "{operation} in {}: another process has been writing to it for 5 s; wait for it or stop it, then try again",
        path.display()
    )]
    Busy {
        /// What was being done, as a verb with its object.
        operation: &'static str,
        /// The database file.
        path: PathBuf,
    },
    /// The database file is not one, or is damaged.
    #[error(
        "{operation} in {}: the database is damaged; restore it from a backup, or move it away and run `kaizen up` \
         to begin anew",
        path.display()
    )]
    Damaged {
        /// What was being done, as a verb with its object.
        operation: &'static str,
        /// The database file.
        path: PathBuf,
        /// What SQLite said.
        source: rusqlite::Error,
    },
    /// There is no store here yet.
    #[error("open {}: there is no store here yet; run `kaizen up` in the project first", path.display())]
    NoStore {
        /// The database file that is not there.
        path: PathBuf,
    },
    /// A later release wrote this store.
    #[error(
        "open {}: it has format {found}, and this kaizen knows formats up to {known}; use the newer kaizen that wrote it",
        path.display()
    )]
    NewerFormat {
        /// The database file.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The newest format this release knows.
        known: i64,
    },
    /// An earlier release wrote this store, and a reader may not bring it up to date.
    #[error(
        "read {}: it has format {found}, and this kaizen reads format {known}; run `kaizen up` once to bring it up to date",
        path.display()
    )]
    OlderFormat {
        /// The database file.
        path: PathBuf,
        /// The format it has.
        found: i64,
        /// The format this release reads.
        known: i64,
    },
    /// A later release wrote this shared cache.
    #[error(
        "open the shared cache {}: it has format {found}, and this kaizen knows format {known}; use the newer kaizen \
         that wrote it, or another directory",
        path.display()
    )]
    NewerCache {
        /// The directory.
        path: PathBuf,
        /// The format it has.
        found: u64,
        /// The format this release knows.
        known: u64,
    },
    /// A directory that should hold a shared cache holds something else.
    #[error(
        "open the shared cache {}: {why}; give it an empty directory, or take kaizen-cache.json away to begin anew",
        path.display()
    )]
    NotACache {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Another process runs the line of this project.
    #[error(
        "lock the project: process {pid} holds it since {since} (`{command}`); stop it, or wait until it ends"
    )]
    Held {
        /// Its process id.
        pid: u32,
        /// When it took the lock.
        since: Timestamp,
        /// What it was started as.
        command: String,
    },
    /// The executor belongs to an engine that another one has replaced.
    #[error(
        "record {action} for generation {generation}: the engine now runs generation {current}; let the newer one act"
    )]
    Fenced {
        /// What was to be recorded.
        action: String,
        /// The generation it was recorded for.
        generation: u64,
        /// The generation that may record.
        current: u64,
    },
    /// The journal has no such action.
    #[error("find action {0}: the journal does not have it; was it recorded in another project?")]
    UnknownAction(ActionId),
    /// The action has an outcome already.
    #[error("go on with action {0}: it is concluded already; plan again and act on what that says")]
    Concluded(ActionId),
    /// The run has ended.
    #[error("change run {run}: it has ended ({status}); `kaizen runs` lists those that go on")]
    RunEnded {
        /// The run.
        run: RunId,
        /// How it ended.
        status: &'static str,
    },
    /// The registry has no such version.
    #[error(
        "find version {version} of model `{model}`: the registry does not have it; `kaizen status` lists those it has"
    )]
    UnknownVersion {
        /// The model.
        model: Name,
        /// The number asked for.
        version: u64,
    },
    /// An object is not in the store.
    #[error("read object {hash}: it is not in {}; run `kaizen up` to make it again", path.display())]
    Missing {
        /// The object.
        hash: Hash,
        /// Where it would be.
        path: PathBuf,
    },
    /// An object's bytes are not those it was stored with.
    #[error(
        "read object {hash}: {} is damaged ({why}); delete that file and run `kaizen up` to make it again",
        path.display()
    )]
    Corrupt {
        /// The object.
        hash: Hash,
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// An object was taken for a tree.
    #[error("read tree {hash}: it is no tree this kaizen reads ({why}); use the kaizen that wrote it")]
    NotATree {
        /// The object.
        hash: Hash,
        /// What is wrong with it.
        why: String,
    },
    /// A name in a tree could lead outside it, or stands for two things.
    #[error("store a tree: `{name}` {why}; use a relative path of plain names, such as data/model.onnx")]
    TreeName {
        /// The name, shortened.
        name: String,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The place where a tree should go holds something else.
    #[error("write tree {hash} to {}: something else is there; move it away first", path.display())]
    Occupied {
        /// The tree.
        hash: Hash,
        /// The directory.
        path: PathBuf,
    },
    /// A part of a label is larger than the store takes.
    #[error(
        "record the label of `{id}`: its {part} has {bytes} bytes, and {least} to {limit} are taken; send the id that \
         the answer carried and the bare value"
    )]
    LabelSize {
        /// The label's id, shortened.
        id: String,
        /// Which part: `id` or `value`.
        part: &'static str,
        /// How many bytes it has.
        bytes: usize,
        /// The fewest bytes it may have.
        least: usize,
        /// The most bytes it may have.
        limit: usize,
    },
    /// There is no incident, ticket, silence or delivery of this number.
    #[error("find {kind} {id}: there is none of that number; list them to see which there are")]
    UnknownNumber {
        /// What was looked for.
        kind: &'static str,
        /// The number.
        id: u64,
    },
    /// A change refers to an incident that an earlier change of the same call should have opened.
    #[error(
        "link the incident that change {change} opened: that change opened none; name an earlier one that does"
    )]
    NotOpened {
        /// The position of the change referred to, from 0.
        change: usize,
    },
    /// Another ticket with the same fingerprint is open already.
    #[error(
        "open ticket {ticket} again: ticket {other} is open for the same fingerprint; go on there, or close it first"
    )]
    TicketTaken {
        /// The ticket to be opened.
        ticket: u64,
        /// The one that is open.
        other: u64,
    },
    /// The history does not hold together.
    #[error(transparent)]
    Broken(#[from] Broken),
}

impl Error {
    /// The error of this operation on this path, telling a full disk from the rest.
    pub(crate) fn io(operation: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            // A quota and a file size limit are the same to whoever has to make room.
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
                Self::NoSpace { operation, path }
            }
            _ => Self::Io { operation, path, source },
        }
    }

    /// The error of this operation on the database, telling apart what a reader can act on.
    pub(crate) fn database(operation: &'static str, path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::DiskFull) => Self::NoSpace { operation, path },
            Some(rusqlite::ErrorCode::DatabaseBusy) => Self::Busy { operation, path },
            Some(rusqlite::ErrorCode::DatabaseCorrupt | rusqlite::ErrorCode::NotADatabase) => {
                Self::Damaged { operation, path, source }
            }
            _ => Self::Database { operation, path, source },
        }
    }
}

/// Attaches the operation and its subject to an error of the file system.
pub(crate) trait Context<T> {
    fn during(self, operation: &'static str, path: &Path) -> Result<T, Error>;
}

impl<T> Context<T> for io::Result<T> {
    fn during(self, operation: &'static str, path: &Path) -> Result<T, Error> {
        self.map_err(|source| Error::io(operation, path, source))
    }
}
