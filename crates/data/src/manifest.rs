use std::path::PathBuf;

use base::{Hash, Timestamp};
use serde::{Deserialize, Serialize};
use table::Kind;

use crate::Format;

/// The layout of [`Manifest`] that this release writes.
pub(crate) const VERSION: u32 = 1;

/// One file of a snapshot, as it lies in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// The immutable object.
    pub path: PathBuf,
    /// The name of the file it was taken from, for messages and for the order of the parts.
    pub relative: String,
    /// Its length.
    pub bytes: u64,
    /// The hash of its bytes.
    pub hash: Hash,
}

/// One file of a snapshot, wherever its bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartInfo {
    /// The name of the file it was taken from.
    pub relative: String,
    /// Its length.
    pub bytes: u64,
    /// The hash of its bytes.
    pub hash: Hash,
}

/// Which rows of the files belong to the data set: those with an event time in [from, until).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Window {
    /// The column that holds the event time.
    pub time: Option<String>,
    /// The first instant that is in.
    pub from: Option<Timestamp>,
    /// The first instant that is out again.
    pub until: Option<Timestamp>,
}

/// What is known about a column.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ColumnInfo {
    /// Its name.
    pub name: String,
    /// Its Arrow type in SQL, as Arrow spells it.
    #[serde(rename = "type")]
    pub data_type: String,
    /// What its values are in a table; nothing when tables leave it out.
    pub kind: Option<Kind>,
    /// What the reader should know about it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What a snapshot is: its files, its rows and its columns.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this record.
    pub version: u32,
    /// The format of every part.
    pub format: Format,
    /// The files, in order.
    pub parts: Vec<PartInfo>,
    /// Which of their rows are in.
    #[serde(flatten)]
    pub window: Window,
    /// The columns, in order.
    pub fields: Vec<ColumnInfo>,
    /// The rows that are in.
    pub rows: u64,
}

/// A snapshot under the name that SQL knows it by.
#[derive(Debug, Clone, PartialEq)]
pub struct View {
    /// The name of the table.
    pub name: String,
    /// Its files, as the manifest lists them.
    pub parts: Vec<Part>,
    /// What is in them.
    pub manifest: Manifest,
}

impl Manifest {
    /// The identity of the snapshot: the hash of the manifest's canonical form.
    pub fn hash(&self) -> Hash {
        Hash::of(base::canonical_json(self))
    }

    /// The column of this name.
    pub fn field(&self, name: &str) -> Option<&ColumnInfo> {
        self.fields.iter().find(|field| field.name == name)
    }

    /// The names of the columns, in order.
    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.iter().map(|field| field.name.as_str())
    }
}
