//! The policy file, as written.

use std::path::Path;

use anyhow::{Context, Result};
use serde::Deserialize;

/// `xtask/deny.toml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    /// The workspace's crates, rows from the bottom up; a crate depends only on rows before its own.
    pub(crate) layers: Vec<Vec<String>>,
    pub(crate) licences: Licences,
    /// Crates that only some of ours may name.
    #[serde(default)]
    pub(crate) only: Vec<Only>,
    /// Crates that may not be in the tree.
    #[serde(default)]
    pub(crate) ban: Vec<Noted>,
    /// Crates that are known to be in the tree in several versions.
    #[serde(default)]
    pub(crate) duplicate: Vec<Noted>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Licences {
    /// SPDX identifiers, with their exception where there is one: `Apache-2.0 WITH LLVM-exception`.
    pub(crate) allow: Vec<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Only {
    #[serde(rename = "crate")]
    pub(crate) name: String,
    pub(crate) users: Vec<String>,
    pub(crate) reason: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Noted {
    #[serde(rename = "crate")]
    pub(crate) name: String,
    pub(crate) reason: String,
}

impl Policy {
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).with_context(|| format!("read {}", path.display()))?;
        toml::from_str(&text).with_context(|| format!("read {}", path.display()))
    }
}
