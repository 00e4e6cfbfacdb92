//! The fields of `[step.NAME]`.

use super::{
    cache, each,
    place::{Executor, Isolation},
    resources, retry, variables, when,
};
use crate::field::{Field, Shape, words};

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "run",
        Shape::Text,
        "A shell command, run in the project's directory. Either run or sql.",
    ),
    Field::optional(
        "sql",
        Shape::Text,
        "A query over the data sets and steps in reads, each a table of its name; its rows are the output. \
         Either run or sql.",
    ),
    Field::optional(
        "reads",
        Shape::List(&Shape::Text),
        "What the step depends on: data.NAME, step.NAME, trigger.NAME, or the path of a file or directory.",
    ),
    Field::optional(
        "writes",
        Shape::List(&Shape::Text),
        "The paths that the command writes, relative to the project file.",
    ),
    Field::optional(
        "env",
        variables::SHAPE,
        "What the command finds in its environment: values, { secret = \"env:NAME\" } or { from = \"NAME\" }.",
    ),
    Field::optional(
        "tools",
        Shape::List(&Shape::Text),
        "Executables that the command uses, such as python3: when one changes, the step runs again.",
    ),
    Field::optional("version", Shape::Text, "Any text: when it changes, the step runs again."),
    Field::optional(
        "cache",
        cache::SHAPE,
        "Whether a result of before will do: false for never, 12h for so long; true unless given.",
    ),
    Field::optional(
        "resources",
        Shape::Table(resources::FIELDS),
        "What the step takes of the machine while it runs; one processor unless given.",
    ),
    Field::optional(
        "priority",
        Shape::Signed,
        "Of the steps that could start, those of the highest number do; 0 unless given.",
    ),
    Field::optional(
        "retry",
        Shape::Table(retry::FIELDS),
        "How often, when and after what the step is tried again when it fails; it is not unless given.",
    ),
    Field::optional("timeout", Shape::Duration, "How long the step may take; 1h unless given."),
    Field::optional(
        "grace",
        Shape::Duration,
        "How long the command has between TERM and KILL; 5s unless given.",
    ),
    Field::optional(
        "in",
        Shape::Choice(words::<Isolation>),
        "Where the command runs: in the project's directory, place, or in a copy of what it reads; place unless given.",
    ),
    Field::optional(
        "image",
        Shape::Text,
        "The image of the container that the command runs in; it runs on this machine unless given.",
    ),
    Field::optional(
        "on",
        Shape::Choice(words::<Executor>),
        "What runs the command: this machine, local, or a container; the image says it unless given.",
    ),
    Field::optional("when", Shape::Table(when::FIELDS), "The condition without which the step is skipped."),
    Field::optional(
        "metrics",
        Shape::Text,
        "A JSON file of numbers among the writes, to be shown and compared with the last run.",
    ),
    Field::optional(
        "each",
        Shape::Either(&each::FILES, &each::PARAMETERS),
        "One instance of the step for each combination of values, { lr = [0.1, 0.01] }, \
         or for each file, { file = \"inputs/*.csv\" }; ${each.NAME} stands for its value.",
    ),
];

/// The fields of a command that a query has no use for.
pub(super) const OF_COMMANDS: &[&str] = &["env", "tools", "grace", "in", "image", "on", "metrics"];
