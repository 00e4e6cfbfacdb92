use std::collections::BTreeSet;

use base::{Hash, canonical_json};
use data::{Manifest, Part, View};
use serde::{Deserialize, Serialize};
use store::Store;

use crate::Error;

/// What a data set or a step gives to its readers. Its canonical JSON is an object of the
/// store, and the hash of that object is the identity that plans and records carry.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(crate) struct Output {
    /// The layout of this record.
    pub(crate) version: u32,
    /// The files that a `run` step wrote, in the order of their paths.
    pub(crate) files: Vec<OutputFile>,
    /// The rows in them, when they hold data.
    pub(crate) data: Option<Manifest>,
    /// Whether the step was skipped, by its own condition or since what it reads was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) skipped: bool,
}

/// One written file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct OutputFile {
    /// Its path from the project's directory.
    pub(crate) path: String,
    /// Its size.
    pub(crate) bytes: u64,
    /// The object with its content.
    pub(crate) hash: Hash,
    /// Whether it may be run.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) executable: bool,
}

impl Output {
    pub(crate) const VERSION: u32 = 1;

    /// An output that is rows and nothing else.
    pub(crate) fn rows(manifest: Manifest) -> Self {
        Self { version: Self::VERSION, files: Vec::new(), data: Some(manifest), skipped: false }
    }

    /// The output of a step that was skipped.
    pub(crate) fn skipped() -> Self {
        Self { version: Self::VERSION, files: Vec::new(), data: None, skipped: true }
    }

    pub(crate) fn keep(&self, store: &Store) -> Result<Hash, store::Error> {
        store.put_bytes(canonical_json(self))
    }

    pub(crate) fn load(store: &Store, hash: &Hash) -> Result<Self, Error> {
        let bytes = store.get_bytes(hash)?;
        let what = format!("output {}", hash.short());
        serde_json::from_slice(&bytes).map_err(|source| Error::Recorded { what, source })
    }

    /// Every object this output consists of, once.
    pub(crate) fn objects(&self) -> BTreeSet<Hash> {
        let parts = self.data.iter().flat_map(|manifest| manifest.parts.iter().map(|part| part.hash));
        self.files.iter().map(|file| file.hash).chain(parts).collect()
    }

    /// The rows under a name that SQL knows them by; nothing when the output holds no data.
    pub(crate) fn view(&self, name: &str, store: &Store) -> Result<Option<View>, Error> {
        let Some(manifest) = &self.data else { return Ok(None) };
        let mut parts = Vec::with_capacity(manifest.parts.len());
        for part in &manifest.parts {
            let path = store.path(&part.hash)?;
            // What was recorded is what is read: an object that someone changed is not it.
            store.verify(&part.hash)?;
            parts.push(Part { path, relative: part.relative.clone(), bytes: part.bytes, hash: part.hash });
        }
        Ok(Some(View { name: name.to_owned(), parts, manifest: manifest.clone() }))
    }
}
