use std::time::Duration;

use base::{Diagnostic, Span};
use serde::Serialize;

use crate::{
    field::{Field, Shape, Word, words},
    reader::Node,
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
        Self { builtin: Builtin::Auto, budget: Span::from(Duration::from_secs(60)), seed: 0, threads: 0 }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "builtin",
        Shape::Choice(words::<Builtin>),
        "The learner: gradient-boosted trees, linear, a constant, or the best of them; auto unless given.",
    ),
    Field::optional("budget", Shape::Duration, "How long the training may take; 60s unless given."),
    Field::optional("seed", Shape::Whole, "The seed of all chance; 0 unless given."),
    Field::optional("threads", Shape::Whole, "How many threads train; 0, for all processors, unless given."),
    Field::later("run"),
];

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
    Some(Train { builtin, budget, seed, threads: usize::try_from(threads).unwrap_or_default() })
}
