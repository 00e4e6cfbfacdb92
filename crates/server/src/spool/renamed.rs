//! Experiments that the server had already when a client made one of the same name while it was away.
//!
//! The client was told an id, and goes on using it. Whatever is sent from then on says the server's own id instead. The
//! ids that are given away have 18 random digits, so that they stand for nothing else in a request.

use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use super::durable;

pub(super) struct Renamed {
    file: PathBuf,
    ids: Mutex<BTreeMap<String, String>>,
}

impl Renamed {
    pub(super) fn open(directory: &Path) -> io::Result<Self> {
        let file = directory.join("experiments.json");
        let ids = match std::fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(error),
        };
        Ok(Self { file, ids: Mutex::new(ids) })
    }

    /// From now on the server's id stands for the one that a client was told.
    pub(super) fn note(&self, told: &str, own: &str) -> io::Result<()> {
        let mut ids = self.lock();
        ids.insert(told.to_owned(), own.to_owned());
        durable::replace(&self.file, &serde_json::to_vec(&*ids)?)
    }

    /// The text as the server is to read it; nothing when it stays as it is.
    pub(super) fn text(&self, text: &str) -> Option<String> {
        let ids = self.lock();
        let mut changed = None;
        for (told, own) in ids.iter() {
            let text = changed.as_deref().unwrap_or(text);
            if text.contains(told.as_str()) {
                changed = Some(text.replace(told.as_str(), own));
            }
        }
        changed
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, String>> {
        self.ids.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Renamed;

    #[test]
    fn the_servers_id_stands_wherever_the_told_one_did_also_after_a_restart() {
        let directory = tempfile::tempdir().unwrap();
        let renamed = Renamed::open(directory.path()).unwrap();
        assert_eq!(renamed.text("/artifacts/123456789012345678/x"), None);
        renamed.note("123456789012345678", "4").unwrap();
        drop(renamed);
        let renamed = Renamed::open(directory.path()).unwrap();
        assert_eq!(renamed.text("/artifacts/123456789012345678/x").as_deref(), Some("/artifacts/4/x"));
        assert_eq!(renamed.text(r#"{"experiment_id": "5"}"#), None);
    }
}
