//! `[monitor.NAME.retrain]`: when a model is retrained unasked, and the brakes that hold it back.

use std::time::Duration;

use base::{Diagnostic, Span};
use serde::Serialize;

use crate::{
    Schedule,
    field::{Field, Shape},
    reader::{Node, Section},
};

/// When a model is retrained unasked, and what holds it back. Times are on the monitor's clock.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Retrain {
    /// The least time between two retrainings.
    pub cool_down: Span,
    /// The fewest labelled rows since the last retraining that are worth another.
    pub min_rows: u64,
    /// The most retrainings in any seven days; 0 for none at all.
    pub max_per_week: u32,
    /// So many times may an incident come back after a retraining before a person must look.
    pub max_flaps: u32,
    /// When to retrain whether or not something is wrong.
    pub schedule: Option<Schedule>,
}

impl Default for Retrain {
    fn default() -> Self {
        let day = Duration::from_secs(24 * 60 * 60);
        Self { cool_down: day.into(), min_rows: 1_000, max_per_week: 3, max_flaps: 3, schedule: None }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::optional("cool_down", Shape::Duration, "The least time between two retrainings; 1d unless given."),
    Field::optional(
        "min_rows",
        Shape::Whole,
        "The fewest labelled rows since the last retraining that are worth another; 1000 unless given.",
    ),
    Field::optional(
        "max_per_week",
        Shape::Whole,
        "The most retrainings in any seven days, 0 for none; 3 unless given.",
    ),
    Field::optional(
        "max_flaps",
        Shape::Whole,
        "How often an incident may come back after retraining before a person must look; 3 unless given.",
    ),
    Field::optional("every", Shape::Duration, "Retrain so long after the last retraining, come what may."),
    Field::optional(
        "cron",
        Shape::Cron,
        "Retrain at these times, come what may: minute, hour, day, month and weekday, in UTC.",
    ),
];

pub(crate) fn read(node: &Node<'_>) -> Option<Retrain> {
    let section = node.section()?;
    let standard = Retrain::default();
    Some(Retrain {
        cool_down: section.duration("cool_down").unwrap_or(standard.cool_down),
        min_rows: section.whole("min_rows").unwrap_or(standard.min_rows),
        max_per_week: count(&section, "max_per_week").unwrap_or(standard.max_per_week),
        max_flaps: count(&section, "max_flaps").unwrap_or(standard.max_flaps),
        schedule: schedule(&section),
    })
}

fn count(section: &Section<'_>, name: &str) -> Option<u32> {
    let whole = section.whole(name)?;
    let count = u32::try_from(whole).ok();
    if count.is_none() {
        let many = Diagnostic::error(format!("`{whole}` is out of range"));
        section.place(name).refuse(many.expected(format!("0 to {}", u32::MAX)));
    }
    count
}

fn schedule(section: &Section<'_>) -> Option<Schedule> {
    let every = section.duration("every").map(Schedule::Every);
    let cron = section.get("cron").and_then(|node| node.cron()).map(Schedule::Cron);
    if section.has("every") && section.has("cron") {
        let both = Diagnostic::error("`every` and `cron` both say when to retrain");
        section.place("cron").refuse(both.hint("remove one of the two"));
    }
    every.or(cron)
}
