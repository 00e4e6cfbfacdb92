//! Incidents: one line each, or one of them whole.

use base::{Name, Timestamp, grouped};
use engine::Detail;
use monitor::{
    Member, Point, Status,
    cause::{Cause, Ranking},
};
use serde::Serialize;
use store::{IncidentRecord, Silence};

use super::{
    plain::{line, lines},
    table::aligned,
    tickets::minute,
};

/// Facts of a cause that are shown.
const FACTS: usize = 4;
/// Patterns of charts that are shown.
const PATTERNS: usize = 6;
/// Signals that are shown; the JSON has all.
const SIGNALS: usize = 20;

/// An incident with its number.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Shown {
    pub(crate) number: u64,
    pub(crate) monitor: Name,
    #[serde(flatten)]
    pub(crate) detail: Detail,
}

/// One line an incident, the newest first.
pub(crate) fn list(records: &[IncidentRecord], all: bool) -> String {
    if records.is_empty() {
        let all = if all { "" } else { "; `kaizen incidents --all` shows those that are resolved" };
        return format!("no incidents{all}");
    }
    let row = |record: &IncidentRecord| {
        vec![
            record.id.to_string(),
            format!("monitor.{}", record.monitor),
            record.status.as_str().to_owned(),
            record.severity.clone(),
            format!("since {}", minute(record.onset)),
            record.title.clone(),
        ]
    };
    let rows: Vec<_> = records.iter().map(row).collect();
    format!("{}`kaizen incidents NUMBER` shows one with its causes\n", aligned(&rows, 0))
}

/// All of one.
pub(crate) fn one(shown: &Shown) -> String {
    let incident = &shown.detail.incident;
    let mut text = format!("incident {}: {}\n", shown.number, line(&incident.title));
    text.push_str(&format!("{} of monitor.{}, {}\n", life(&shown.detail), shown.monitor, incident.severity));
    text.push_str(&format!("{}\n\nsignals:\n", lines(&incident.text)));
    let rows: Vec<_> = incident.signals.iter().take(SIGNALS).map(signal).collect();
    text.push_str(&aligned(&rows, 2));
    if incident.signals.len() > SIGNALS {
        text.push_str(&format!("  and {} more; --json has them\n", incident.signals.len() - SIGNALS));
    }
    for pattern in shown.detail.patterns.iter().take(PATTERNS) {
        text.push_str(&format!("  chart: {pattern}\n"));
    }
    match &shown.detail.ranking {
        Some(ranking) => text.push_str(&causes(ranking)),
        None => text.push_str("\ncauses are sought once it is confirmed\n"),
    }
    if let Some(told) = &shown.detail.told {
        text.push_str(&format!("\n{}\n", lines(told)));
    }
    text
}

/// `confirmed 2013-04-15 00:00, onset 2013-04-03 12:00`
fn life(detail: &Detail) -> String {
    let incident = &detail.incident;
    let at = |time: Option<Timestamp>| time.map(minute).unwrap_or_default();
    let state = match incident.status {
        Status::Open => format!("open since {}", minute(incident.reopened)),
        Status::Confirmed => format!("confirmed {}", at(incident.confirmed)),
        Status::Resolved => format!("resolved {}", at(incident.resolved)),
    };
    let flaps = match incident.flaps {
        0 => String::new(),
        1 => ", came back once".to_owned(),
        flaps => format!(", came back {flaps} times"),
    };
    format!("{state}, onset {}{flaps}", minute(incident.onset))
}

fn signal(member: &Member) -> Vec<String> {
    let Member { signal, since, latest, .. } = member;
    vec![
        signal.to_string(),
        figure(latest),
        latest
            .expected
            .map_or(String::new(), |expected| format!("{} in the reference", number(expected.value))),
        latest.limit.map_or(String::new(), |limit| format!("limit {}", number(limit))),
        format!("since {}", minute(*since)),
        format!("{} rows", grouped(latest.rows)),
    ]
}

/// `0.4812 [0.4701, 0.4923]`
fn figure(point: &Point) -> String {
    match (point.lower, point.upper) {
        (Some(lower), Some(upper)) => {
            format!("{} [{}, {}]", number(point.value), number(lower), number(upper))
        }
        _ => number(point.value),
    }
}

/// Four digits that matter, whatever the size.
pub(super) fn number(value: f64) -> String {
    if value.abs() >= 100.0 { format!("{value:.1}") } else { format!("{value:.4}") }
}

fn causes(ranking: &Ranking) -> String {
    let mut text = "\ncauses, the likeliest first:\n".to_owned();
    for (place, cause) in ranking.causes.iter().enumerate() {
        text.push_str(&one_cause(place + 1, cause));
    }
    if ranking.unexplained > 0.005 {
        text.push_str(&format!("  {:.0} % of the loss is not explained\n", ranking.unexplained * 100.0));
    }
    text.push_str("\nwhy:\n");
    for why in &ranking.whys {
        text.push_str(&format!("  {}\n    {}\n", line(&why.question), line(&why.answer)));
    }
    text
}

fn one_cause(place: usize, cause: &Cause) -> String {
    let share =
        cause.share_of_loss.map(|share| format!(", {:.0} % of the loss", share * 100.0)).unwrap_or_default();
    let sure = cause.confidence * 100.0;
    let (title, explanation) = (line(&cause.title), line(&cause.explanation));
    let mut text = format!("  {place}. {title} (confidence {sure:.0} %{share})\n     {explanation}\n");
    for fact in cause.evidence.iter().take(FACTS) {
        let rows = fact.rows.map(|rows| format!(" (of {} rows)", grouped(rows))).unwrap_or_default();
        text.push_str(&format!("       {}: {}{rows}\n", line(&fact.what), line(&fact.value)));
    }
    text
}

/// One line a silence.
pub(crate) fn silences(silences: &[Silence]) -> String {
    if silences.is_empty() {
        return "nothing is silenced".to_owned();
    }
    let row = |silence: &Silence| {
        vec![
            silence.id.to_string(),
            format!("monitor.{}", silence.monitor),
            silence.signal.clone().unwrap_or_else(|| "all signals".to_owned()),
            format!("until {}", minute(silence.until)),
            format!("{}: {}", silence.by, silence.because),
        ]
    };
    aligned(&silences.iter().map(row).collect::<Vec<_>>(), 0)
}
