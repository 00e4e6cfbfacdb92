use std::collections::BTreeSet;

use crate::reader::Section;

/// What may be a name, for a person.
pub(crate) const EXPECTED: &str = "a letter first, then letters, digits, `_` or `-`, at most 64 characters";

/// What the file declares, right or wrong, so that a reference to a broken table is not an error of its own.
#[derive(Debug, Default)]
pub(crate) struct Names {
    pub(crate) data: BTreeSet<String>,
    pub(crate) steps: BTreeSet<String>,
    pub(crate) models: BTreeSet<String>,
    pub(crate) services: BTreeSet<String>,
}

impl Names {
    /// The names under `[data]`, `[step]`, `[model]` and `[service]`.
    pub(crate) fn declared(root: &Section<'_>) -> Self {
        let keys = |table: &str| {
            let node = root.get(table);
            node.iter().flat_map(|node| node.keys()).map(str::to_owned).collect()
        };
        Self { data: keys("data"), steps: keys("step"), models: keys("model"), services: keys("service") }
    }
}
