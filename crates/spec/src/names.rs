use std::{cell::Cell, collections::BTreeSet};

use base::nearest;

use crate::reader::Section;

/// What may be a name, for a person.
pub(crate) const EXPECTED: &str = "a letter first, then letters, digits, `_` or `-`, at most 64 characters";

/// What the file declares, right or wrong, so that a reference to a broken table is not an error of its own.
#[derive(Debug, Default)]
pub(crate) struct Names<'a> {
    pub(crate) data: BTreeSet<&'a str>,
    pub(crate) steps: BTreeSet<&'a str>,
    pub(crate) models: BTreeSet<&'a str>,
    pub(crate) services: BTreeSet<&'a str>,
    pub(crate) triggers: BTreeSet<&'a str>,
    /// How many names were compared with misspelt ones so far.
    compared: Cell<usize>,
}

/// In a file of thousands of wrong references the first ones get a hint, and the answer comes at once.
const MOST_COMPARED: usize = 100_000;
/// The most names that a finding lists.
const MOST_LISTED: usize = 20;

impl<'a> Names<'a> {
    /// The names under `[data]`, `[step]`, `[model]`, `[service]` and `[trigger]`.
    pub(crate) fn declared(root: &Section<'a>) -> Self {
        let keys = |table: &str| root.get(table).iter().flat_map(|node| node.keys()).collect();
        Self {
            data: keys("data"),
            steps: keys("step"),
            models: keys("model"),
            services: keys("service"),
            triggers: keys("trigger"),
            compared: Cell::default(),
        }
    }

    /// The data sets and steps, each with its kind.
    pub(crate) fn sources(&self) -> impl Iterator<Item = (&'static str, &'a str)> {
        let data = self.data.iter().map(|name| ("data", *name));
        data.chain(self.steps.iter().map(|name| ("step", *name)))
    }

    /// The name of these that was probably meant by this one; `count` says how many they are.
    pub(crate) fn nearest<'b>(
        &self,
        word: &str,
        count: usize,
        candidates: impl Iterator<Item = &'b str>,
    ) -> Option<&'b str> {
        let compared = self.compared.get() + count;
        if compared > MOST_COMPARED {
            return None;
        }
        self.compared.set(compared);
        nearest(word, candidates)
    }
}

/// `one of a, b, c`, of a few of them at most; `count` says how many they are.
pub(crate) fn one_of(count: usize, names: impl Iterator<Item = String>) -> String {
    let more = count.saturating_sub(MOST_LISTED);
    let listed = names.take(MOST_LISTED).collect::<Vec<_>>().join(", ");
    match more {
        0 => format!("one of {listed}"),
        more => format!("one of {listed} and {more} more"),
    }
}
