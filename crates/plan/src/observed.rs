use std::collections::{BTreeMap, BTreeSet};

use base::{Hash, Name};

/// The world now.
#[derive(Debug, Clone, Default)]
pub struct Observed {
    /// The source of each declared data set.
    pub sources: BTreeMap<Name, Source>,
    /// The content of each declared file, or nothing when it is not there.
    pub files: BTreeMap<String, Option<Hash>>,
    /// Recorded outputs that are no longer there.
    pub missing: BTreeSet<Hash>,
}

/// A data set's source now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    /// Its files have this content: names and bytes.
    Present(Hash),
    /// It cannot be read, and why.
    Absent(String),
}
