//! `[trigger.NAME]`: what makes the steps that read it run, beside a change of what else they read.

use base::{Diagnostic, Name, nearest};
use chrono_tz::Tz;
use serde::Serialize;

use crate::{
    Cron, Secret,
    field::{Field, Shape, Word, words},
    names,
    reader::{Node, Section, shown},
    secret,
};

/// What makes the steps that read it run again.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Trigger {
    /// The calendar.
    Cron {
        /// When.
        times: Cron,
        /// What becomes of the times at which Kaizen was not running.
        missed: Missed,
    },
    /// A message from outside.
    Webhook {
        /// What the sender proves itself with; at least 16 bytes.
        token: Secret,
    },
    /// A new version behind a service of another project.
    Release {
        /// The other project's directory; relative to the project file unless it is absolute.
        project: String,
        /// Its service.
        service: Name,
    },
}

/// What becomes of times of the calendar at which Kaizen was not running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Missed {
    /// All of them together fire once, at the next start.
    #[default]
    Once,
    /// They are let go.
    Skip,
}

impl Word for Missed {
    const ALL: &'static [Self] = &[Self::Once, Self::Skip];

    fn word(self) -> &'static str {
        match self {
            Self::Once => "once",
            Self::Skip => "skip",
        }
    }
}

pub(crate) const FIELDS: &[Field] = &[
    Field::optional(
        "cron",
        Shape::Cron,
        "Fire at these times: minute, hour, day, month and weekday. One of cron, webhook and release.",
    ),
    Field::optional(
        "time_zone",
        Shape::Text,
        "The time zone of cron, such as Europe/Berlin; UTC unless given.",
    ),
    Field::optional(
        "missed",
        Shape::Choice(words::<Missed>),
        "When Kaizen was not running at such times: fire once at the next start, or skip them; once unless given.",
    ),
    Field::optional(
        "webhook",
        Shape::Table(WEBHOOK),
        "Fire when a message comes in. One of cron, webhook and release.",
    ),
    Field::optional(
        "release",
        Shape::Table(RELEASE),
        "Fire when a service of another project moves to another version. One of cron, webhook and release.",
    ),
];

const WEBHOOK: &[Field] = &[Field::required(
    "token",
    Shape::Text,
    "What the sender proves itself with, at least 16 bytes; from the environment: \"${env.NAME}\".",
)];

const RELEASE: &[Field] = &[
    Field::required("project", Shape::Text, "The other project's directory, relative to the project file."),
    Field::required("service", Shape::Text, "The service of the other project."),
];

const CAUSES: [&str; 3] = ["cron", "webhook", "release"];

pub(crate) fn read(node: &Node<'_>) -> Option<Trigger> {
    let section = node.section()?;
    let mut triggers: Vec<Option<Trigger>> = Vec::new();
    let given: Vec<&str> = CAUSES.into_iter().filter(|cause| section.has(cause)).collect();
    for cause in &given {
        triggers.push(match *cause {
            "cron" => cron(&section),
            "webhook" => section.get("webhook").and_then(|node| webhook(&node)),
            _ => section.get("release").and_then(|node| release(&node)),
        });
    }
    match given[..] {
        [] if section.has_unknown() => {}
        [] => {
            let never = Diagnostic::error("the trigger never fires");
            node.refuse(never.expected("one of cron = \"0 3 * * *\", webhook = { … } and release = { … }"));
        }
        [_] => {}
        [_, second, ..] => {
            let many = Diagnostic::error(format!("the trigger has {}", given.join(" and ")));
            section.place(second).refuse(many.expected("one of the two").hint("make it two triggers"));
        }
    }
    refuse_times_without_a_calendar(&section);
    triggers.pop().flatten()
}

fn cron(section: &Section<'_>) -> Option<Trigger> {
    let times = section.get("cron").and_then(|node| node.cron());
    let zone = match section.get("time_zone") {
        Some(node) => zone(&node)?,
        None => Tz::UTC,
    };
    let missed = section.word("missed").unwrap_or_default();
    Some(Trigger::Cron { times: times?.in_zone(zone), missed })
}

fn zone(node: &Node<'_>) -> Option<Tz> {
    let text = node.text()?;
    if let Ok(zone) = text.parse() {
        return Some(zone);
    }
    let unknown = Diagnostic::error(format!("unknown time zone `{}`", shown(&text)));
    let unknown = unknown.expected("a name of the IANA database such as \"UTC\" or \"Europe/Berlin\"");
    node.refuse(match meant(&text) {
        Some(near) => unknown.hint(format!("did you mean \"{near}\"?")),
        None => unknown,
    });
    None
}

/// The time zone that was probably meant: of a near name, or of this city.
fn meant(text: &str) -> Option<&'static str> {
    let names = || chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name());
    let city = text.replace(' ', "_").to_lowercase();
    let of_city = |name: &&str| name.to_lowercase().rsplit('/').next() == Some(city.as_str());
    names().find(of_city).or_else(|| nearest(text, names()))
}

fn webhook(node: &Node<'_>) -> Option<Trigger> {
    secret::read(&node.section()?, "token", "token").map(|token| Trigger::Webhook { token })
}

fn release(node: &Node<'_>) -> Option<Trigger> {
    let section = node.section()?;
    let project = section.get("project").and_then(|node| directory(&node));
    let service = section.get("service")?;
    let text = service.text()?;
    let name: Option<Name> = text.parse().ok().filter(|name: &Name| name.group().is_none());
    if name.is_none() {
        let wrong = Diagnostic::error(format!("`{}` cannot be a name", shown(&text)));
        service.refuse(wrong.expected(names::EXPECTED));
    }
    Some(Trigger::Release { project: project?, service: name? })
}

fn directory(node: &Node<'_>) -> Option<String> {
    let directory = node.text()?;
    if directory.contains("://") {
        let remote = Diagnostic::error("the other project is a URL").expected("a directory of this machine");
        node.refuse(remote.hint("for a project on another machine use webhook = { … }"));
        return None;
    }
    Some(directory)
}

/// A time zone and a policy for missed times are about a calendar.
fn refuse_times_without_a_calendar(section: &Section<'_>) {
    if section.has("cron") || section.has_unknown() {
        return;
    }
    for field in ["time_zone", "missed"].into_iter().filter(|field| section.has(field)) {
        let stray = Diagnostic::error(format!("`{field}` goes with `cron`, and there is none"));
        section.place(field).refuse(stray.hint("add cron = \"0 3 * * *\", or remove it"));
        // It is read all the same, so that a wrong value is found now.
        match field {
            "missed" => drop(section.word::<Missed>(field)),
            _ => drop(section.get(field).and_then(|node| zone(&node))),
        }
    }
}
