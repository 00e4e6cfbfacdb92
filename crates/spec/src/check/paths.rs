//! Paths, to find those that are the same or inside each other without comparing all with all.

use std::collections::BTreeMap;

/// Paths in their plainest form, each with whose it is.
#[derive(Debug)]
pub(super) struct Index<'a, T>(BTreeMap<&'a str, T>);

impl<'a, T> Index<'a, T> {
    /// Takes a path, unless it is there already.
    pub(super) fn insert(&mut self, path: &'a str, owner: T) {
        self.0.entry(path).or_insert(owner);
    }

    /// The path of this index that is this one, or holds it, or else the first that is inside it.
    pub(super) fn overlapping(&self, path: &str) -> Option<(&'a str, &T)> {
        let ends = path.match_indices('/').map(|(end, _)| end).chain([path.len()]);
        let mut holding = ends.filter_map(|end| self.0.get_key_value(&path[..end]));
        holding.next().map(|(path, owner)| (*path, owner)).or_else(|| self.first_inside(path))
    }

    fn first_inside(&self, path: &str) -> Option<(&'a str, &T)> {
        let folder = format!("{path}/");
        let (inner, owner) = self
            .0
            .range::<str, _>((std::ops::Bound::Included(folder.as_str()), std::ops::Bound::Unbounded))
            .next()?;
        inner.starts_with(&folder).then_some((*inner, owner))
    }
}

impl<T> Default for Index<'_, T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<'a, T> FromIterator<(&'a str, T)> for Index<'a, T> {
    fn from_iter<I: IntoIterator<Item = (&'a str, T)>>(paths: I) -> Self {
        let mut index = Self::default();
        paths.into_iter().for_each(|(path, owner)| index.insert(path, owner));
        index
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::Index;
    use crate::path::within;

    #[test]
    fn a_path_overlaps_itself_what_holds_it_and_what_is_in_it() {
        let index: Index<'_, usize> =
            [("build/a", 0), ("build-x", 1), ("out", 2), ("out", 3)].into_iter().collect();
        assert_eq!(index.overlapping("build"), Some(("build/a", &0)));
        assert_eq!(index.overlapping("build/a/b/c"), Some(("build/a", &0)));
        assert_eq!(index.overlapping("out"), Some(("out", &2)));
        for path in ["build/ab", "buil", "ou", "out.csv", "x"] {
            assert_eq!(index.overlapping(path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn it_finds_an_overlap_exactly_when_comparing_all_does(
            paths in proptest::collection::vec("[ab.]{1,2}(/[ab]{1,2}){0,2}", 0..8),
            path in "[ab.]{1,2}(/[ab]{1,2}){0,2}",
        ) {
            let index: Index<'_, ()> = paths.iter().map(|path| (path.as_str(), ())).collect();
            let overlaps = |other: &String| within(&path, other) || within(other, &path);
            prop_assert_eq!(index.overlapping(&path).is_some(), paths.iter().any(overlaps));
            if let Some((found, ())) = index.overlapping(&path) {
                prop_assert!(overlaps(&found.to_owned()));
            }
        }
    }
}
