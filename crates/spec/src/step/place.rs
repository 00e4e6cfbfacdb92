//! Where a step's command runs: `in`, `image` and `on`.

use base::Diagnostic;
use serde::Serialize;

use super::template::Scope;
use crate::{
    field::Word,
    reader::{Node, Section, shown},
};

/// Where a step's command finds the project.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Isolation {
    /// In the project's own directory.
    #[default]
    Place,
    /// In a working copy of its own, that holds what it reads.
    Copy,
}

impl Word for Isolation {
    const ALL: &'static [Self] = &[Self::Place, Self::Copy];

    fn word(self) -> &'static str {
        match self {
            Self::Place => "place",
            Self::Copy => "copy",
        }
    }
}

/// What runs a step's command. The image says it already; the word only has to agree with it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Executor {
    Local,
    Container,
}

impl Word for Executor {
    const ALL: &'static [Self] = &[Self::Local, Self::Container];
    const LATER: &'static [&'static str] = &["ray", "kubernetes"];

    fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Container => "container",
        }
    }
}

/// The image of a step's container.
pub(super) fn image(section: &Section<'_>, scope: &Scope) -> Option<String> {
    let image = section.get("image").and_then(|node| reference(&node, scope));
    match section.word("on") {
        Some(Executor::Container) if !section.has("image") => {
            let none = Diagnostic::error("a step in a container needs an image");
            section.place("on").refuse(none.hint("name it: image = \"registry/name:tag\""));
        }
        Some(Executor::Local) if section.has("image") => {
            let both = Diagnostic::error("a step with an image runs in a container");
            section.place("on").refuse(both.hint("remove `on`, or `image`"));
        }
        _ => {}
    }
    image
}

fn reference(node: &Node<'_>, scope: &Scope) -> Option<String> {
    let image = scope.text(node)?;
    if is_image(&image) {
        return Some(image);
    }
    let wrong = Diagnostic::error(format!("`{}` cannot be an image", shown(&image)));
    node.refuse(wrong.expected("an image such as \"python:3.12\" or \"registry/name:tag\""));
    None
}

/// Whether this can be an image's reference, and no option of the program that gets it.
pub(crate) fn is_image(text: &str) -> bool {
    let is_odd = |letter: char| letter.is_whitespace() || letter.is_control();
    !text.is_empty() && !text.starts_with('-') && !text.chars().any(is_odd)
}
