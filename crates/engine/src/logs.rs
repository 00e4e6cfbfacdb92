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
        let name = node.name();
        log.ok_or_else(|| {
            Error::Unknown(match run {
                Some(run) => {
                    format!("{name} ran no command in run {run}; `kaizen runs {run}` shows what did")
                }
                None => format!("{name} has run no command yet; `kaizen runs` lists what ran"),
            })
        })
    }

    /// The same entry's log as it is now: another attempt has another one.
    ///
    /// # Errors
    /// When the store cannot be read.
    pub fn latest(&self, store: &Store) -> Result<Self, Error> {
        let entry = store.entry(self.entry.id)?;
        let node = entry.node.parse().ok();
        let path = node.and_then(|node| path(store, &node, &entry)).unwrap_or_else(|| self.path.clone());
        Ok(Self { path, entry })
    }

    /// Whether more may come.
    pub fn is_growing(&self) -> bool {
        self.entry.finished.is_none()
    }
}

/// An entry whose result came from a cache names the log of the run that made it. One that was interrupted names none, and
/// has left its own.
fn path(store: &Store, node: &Node, entry: &Entry) -> Option<PathBuf> {
    let said = entry.detail.as_ref().and_then(|detail| detail["detail"]["log"].as_str());
    if let Some(said) = said {
        return Some(store.dir().parent()?.join(said));
    }
    let folder = store.runs().join(folder_name(node, entry.id));
    Some(Attempt::load(&folder)?.log(&folder))
}
