//! `train`: how a model is trained, by a built-in learner or by a command.

mod command;

pub use command::Command;

use std::time::Duration;

use base::{Diagnostic, Span};
use serde::Serialize;

use crate::{
    field::{Field, Shape, Word, words},
    reader::{Node, Section},
    step,
};

/// How a model is trained.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Train {
    /// The built-in learner.
    pub builtin: Builtin,
    /// How long the training may take.
    pub budget: Span,
    /// The seed of all chance in training and evaluation.
    pub seed: u64,
    /// How many threads train; 0 for as many as there are processors.
    pub threads: usize,
    /// The command that trains in place of a built-in learner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub command: Option<Box<Command>>,
}

/// The built-in learners.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Builtin {
    /// The best of all on validation rows.
    Auto,
    /// Gradient-boosted trees.
    Gbm,
    /// A linear or logistic model.
    Linear,
    /// A constant.
    Baseline,
}

impl Word for Builtin {
    const ALL: &'static [Self] = &[Self::Auto, Self::Gbm, Self::Linear, Self::Baseline];

    fn word(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Gbm => "gbm",
            Self::Linear => "linear",
            Self::Baseline => "baseline",
        }
    }
}

/// More threads than any machine of today has processors.
const MOST_THREADS: u64 = 4096;

impl Default for Train {
    fn default() -> Self {
        let budget = Span::from(Duration::from_secs(60));
        Self { builtin: Builtin::Auto, budget, seed: 0, threads: 0, command: None }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "builtin",
        Shape::Choice(words::<Builtin>),
        "The learner: gradient-boosted trees, linear, a constant, or the best of them; auto unless given.",
    ),
    Field::optional(
        "budget",
        Shape::Duration,
        "How long a built-in learner may train; 60s unless given. A command has a timeout.",
    ),
    Field::optional("seed", Shape::Whole, "The seed of all chance; 0 unless given."),
    Field::optional(
        "threads",
        Shape::Whole,
        "How many threads a built-in learner trains with; 0, for all processors, unless given.",
    ),
    Field::optional(
        "run",
        Shape::Text,
        "A shell command that trains in place of a built-in learner: it finds its rows at $KAIZEN_TRAIN, and logs a \
         model through MLflow or writes one to $KAIZEN_MODEL.",
    ),
    Field::optional(
        "reads",
        Shape::List(&Shape::Text),
        "The files and directories that the command depends on: when one changes, the model is trained again.",
    ),
    Field::optional(
        "python",
        Shape::Text,
        "What starts Python with the packages that the model was made with, to convert it; the python of the command \
         unless given.",
    ),
    Field::optional(
        "env",
        step::variables::SHAPE,
        "What the command finds in its environment, as a step does.",
    ),
    Field::optional(
        "tools",
        Shape::List(&Shape::Text),
        "Executables that the command uses, such as python3: when one changes, the model is trained again.",
    ),
    Field::optional("version", Shape::Text, "Any text: when it changes, the model is trained again."),
    Field::optional(
        "resources",
        Shape::Table(step::resources::FIELDS),
        "What the command takes of the machine while it runs; one processor unless given.",
    ),
    Field::optional(
        "retry",
        Shape::Table(step::RETRY_FIELDS),
        "How often, when and after what the command is tried again when it fails; it is not unless given.",
    ),
    Field::optional("timeout", Shape::Duration, "How long the command may take; 1h unless given."),
    Field::optional(
        "grace",
        Shape::Duration,
        "How long the command has between TERM and KILL; 5s unless given.",
    ),
    Field::optional(
        "in",
        Shape::Choice(words::<step::Isolation>),
        "Where the command runs: in the project's directory, place, or in a copy of what it reads; place unless given.",
    ),
    Field::optional(
        "image",
        Shape::Text,
        "The image of the container that the command runs in; it runs on this machine unless given.",
    ),
    Field::optional(
        "on",
        Shape::Choice(words::<step::Executor>),
        "What runs the command: this machine, local, or a container; the image says it unless given.",
    ),
];

/// The fields that mean nothing to a command.
const OF_LEARNERS: [&str; 3] = ["builtin", "budget", "threads"];

pub(crate) fn read(node: &Node<'_>) -> Option<Train> {
    let section = node.section()?;
    let standard = Train::default();
    let builtin = section.word("builtin").unwrap_or(standard.builtin);
    let budget = section.duration("budget").unwrap_or(standard.budget);
    let seed = section.whole("seed").unwrap_or(standard.seed);
    let threads = section.whole("threads").unwrap_or(0);
    if threads > MOST_THREADS {
        let many = Diagnostic::error(format!("{threads} threads are too many"));
        section.place("threads").refuse(many.expected(format!("0 to {MOST_THREADS}")));
    }
    let command = if section.has("run") {
        refuse_of_learners(&section);
        Some(Box::new(command::read(&section)?))
    } else {
        command::refuse_without_run(&section);
        None
    };
    Some(Train { builtin, budget, seed, threads: usize::try_from(threads).unwrap_or_default(), command })
}

fn refuse_of_learners(section: &Section<'_>) {
    for field in OF_LEARNERS.iter().filter(|field| section.has(field)) {
        let both =
            Diagnostic::error(format!("`{field}` is for a built-in learner, and `run` trains by a command"));
        let hint = if *field == "budget" { "remove it, or call it `timeout`" } else { "remove it, or `run`" };
        section.place(field).refuse(both.hint(hint));
    }
}
