use std::path::PathBuf;

use plan::{ActionId, Node, Verb};
use store::{Entry, Store};

use crate::{
    Error,
    actions::{Attempt, folder_name},
};

/// How many past runs of a step are looked through for one that printed.
const ENTRIES: usize = 50;

/// The output of a step's command.
#[derive(Debug, Clone)]
pub struct Log {
    /// Where it is. Nothing is there until the command prints.
    pub path: PathBuf,
    /// The entry of the journal that it belongs to.
    pub entry: Entry,
}

impl Log {
    /// The log of the last run of a step, or of the one that belongs to this run of the project.
    ///
    /// # Errors
    /// [`Error::Unknown`] when its command never ran.
    pub fn find(store: &Store, node: &Node, run: Option<store::RunId>) -> Result<Self, Error> {
        let id = ActionId::new(Verb::Run, node).to_string();
        let entries = match run {
            Some(run) => store.run_entries(run)?,
            None => store.entries(Some(&node.to_string()), ENTRIES)?,
        };
        let of_step = entries.into_iter().filter(|entry| entry.action == id);
        let log = of_step.filter_map(|entry| Some(Self { path: path(store, node, &entry)?, entry })).next();
        log.ok_or_else(|| Error::Unknown(format!("show the log of {node}: its command has not run yet")))
    }

    /// Whether more may come.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn is_growing(&self, store: &Store) -> Result<bool, Error> {
        Ok(store.entry(self.entry.id)?.finished.is_none())
    }
}

/// An entry whose result came from a cache names the log of the run that made it.
fn path(store: &Store, node: &Node, entry: &Entry) -> Option<PathBuf> {
    if entry.finished.is_none() {
        let folder = store.runs().join(folder_name(node, entry.id));
        let attempt = Attempt::load(&folder)?;
        return Some(attempt.log(&folder));
    }
    let said = entry.detail.as_ref()?["detail"]["log"].as_str()?.to_owned();
    Some(store.dir().parent()?.join(said))
}
