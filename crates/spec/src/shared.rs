//! `[cache]`: where the results of steps are shared with other machines.

use base::Diagnostic;
use serde::Serialize;

use crate::{
    field::{Field, Shape},
    reader::Node,
};

/// A directory where the results of steps are shared with other machines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SharedCache {
    /// The directory; relative to the project file unless it is absolute.
    pub directory: String,
    /// Whether results from here go there; those that are there are always taken.
    pub push: bool,
}

pub(crate) const FIELDS: &[Field] = &[
    Field::required(
        "shared",
        Shape::Text,
        "A directory that other machines see too: results of steps are taken from there.",
    ),
    Field::optional("push", Shape::Flag, "Whether results of this machine go there; true unless given."),
];

pub(crate) fn read(node: &Node<'_>) -> Option<SharedCache> {
    let section = node.section()?;
    let push = section.flag("push").unwrap_or(true);
    let shared = section.get("shared")?;
    let directory = shared.text()?;
    if directory.contains("://") {
        let remote = Diagnostic::error("the shared cache is a URL").expected("a directory");
        shared.refuse(
            remote.hint("this version of Kaizen does not have that yet; name a directory that is mounted"),
        );
        return None;
    }
    Some(SharedCache { directory, push })
}
