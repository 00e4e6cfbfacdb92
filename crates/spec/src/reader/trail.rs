//! Where each value of the file is: the keys that lead to it, spelled out only for findings.

use std::fmt::Write;

use super::text::segment;

/// A value's place in the [`Trails`] of its reader.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trail(usize);

/// One step of the way from the whole file down to a value.
#[derive(Debug)]
pub(super) enum Key {
    /// A field that the description names.
    Field(&'static str),
    /// A key that the file chose.
    Free(String),
    /// A position in a list.
    Item(usize),
}

/// The ways to all values that were looked at: each knows the value above it.
#[derive(Debug, Default)]
pub(super) struct Trails(Vec<(Trail, Key)>);

impl Trail {
    /// The whole file.
    pub(super) const ROOT: Self = Self(0);
}

impl Trails {
    /// The way that goes one key further.
    pub(super) fn below(&mut self, trail: Trail, key: Key) -> Trail {
        self.0.push((trail, key));
        Trail(self.0.len())
    }

    /// The way as a dotted path, `step.train.reads[1]`; empty for the whole file.
    pub(super) fn path(&self, trail: Trail) -> String {
        let mut keys = Vec::new();
        let mut last = trail;
        while let Some((above, key)) = last.0.checked_sub(1).and_then(|index| self.0.get(index)) {
            keys.push(key);
            last = *above;
        }
        let mut path = String::new();
        for key in keys.into_iter().rev() {
            // A String takes everything.
            let _ = match key {
                Key::Item(position) => write!(path, "[{position}]"),
                _ if path.is_empty() => write!(path, "{}", key.segment()),
                _ => write!(path, ".{}", key.segment()),
            };
        }
        path
    }
}

impl Key {
    fn segment(&self) -> String {
        match self {
            Self::Field(name) => segment(name),
            Self::Free(key) => segment(key),
            Self::Item(position) => position.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Key, Trail, Trails};

    #[test]
    fn a_path_names_every_key_from_the_top() {
        let mut trails = Trails::default();
        let step = trails.below(Trail::ROOT, Key::Field("step"));
        let odd = trails.below(step, Key::Free("a b".to_owned()));
        let reads = trails.below(odd, Key::Field("reads"));
        let item = trails.below(reads, Key::Item(1));
        assert_eq!(trails.path(item), "step.\"a b\".reads[1]");
        assert_eq!(trails.path(step), "step");
        assert_eq!(trails.path(Trail::ROOT), "");
    }
}
