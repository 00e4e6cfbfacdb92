//! The kinds of fields by their many names, and attributes by theirs.

use super::name::Name;

/// What a field belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Metric,
    Param,
    Tag,
    Attribute,
    Dataset,
}

/// All names of kinds; the one that is shown first. They mind capital letters, as MLflow's do.
const NAMES: [(&str, Kind); 14] = [
    ("metrics", Kind::Metric),
    ("metric", Kind::Metric),
    ("params", Kind::Param),
    ("param", Kind::Param),
    ("parameters", Kind::Param),
    ("parameter", Kind::Param),
    ("tags", Kind::Tag),
    ("tag", Kind::Tag),
    ("attributes", Kind::Attribute),
    ("attribute", Kind::Attribute),
    ("attr", Kind::Attribute),
    ("run", Kind::Attribute),
    ("datasets", Kind::Dataset),
    ("dataset", Kind::Dataset),
];

impl Kind {
    /// The kind of a name, if it is one of the known ones. A name without a kind is that of an attribute.
    pub(super) fn of(name: &Name<'_>, known: &[Self]) -> Result<Self, String> {
        let Some(written) = name.kind else {
            return match name.key.split_once('.') {
                Some((kind, key)) => Err(format!(
                    "Invalid entity type in '{}': write {kind}.`{key}`, with the key alone in quotes",
                    name.key
                )),
                None => Ok(Self::Attribute),
            };
        };
        match NAMES.iter().find(|(name, _)| *name == written) {
            Some((_, kind)) if known.contains(kind) => Ok(*kind),
            _ => {
                let valid: Vec<&str> = known.iter().map(|kind| name_of(kind, &NAMES)).collect();
                Err(format!("Invalid entity type '{written}'. Valid values are {}", valid.join(", ")))
            }
        }
    }
}

/// The attribute of that name, in a table of names.
pub(super) fn attribute<A: Clone>(key: &str, table: &[(&str, A)]) -> Result<A, String> {
    part("attribute", key, table)
}

/// The part of a thing, an attribute or of a data set, of that name.
pub(super) fn part<A: Clone>(of: &str, key: &str, table: &[(&str, A)]) -> Result<A, String> {
    match table.iter().find(|(name, _)| *name == key) {
        Some((_, part)) => Ok(part.clone()),
        None => {
            let valid: Vec<&str> = table.iter().map(|(name, _)| *name).collect();
            Err(format!("Invalid {of} key '{key}' specified. Valid keys are {}", valid.join(", ")))
        }
    }
}

/// The first name of a part in its table.
pub(super) fn name_of<A: PartialEq>(part: &A, table: &[(&'static str, A)]) -> &'static str {
    let found = table.iter().find(|(_, named)| named == part);
    found.expect("a table names every part").0
}
