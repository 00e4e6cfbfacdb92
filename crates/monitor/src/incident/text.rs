//! What an incident says to people.

use base::Timestamp;

use super::{Incident, Member, Resolution, Status, advance::Scene};
use crate::{Measure, Point, Severity, SignalName};

/// So many columns are named; of the others the number.
const NAMED: usize = 2;

/// One line: `drift in temp, dewp and 3 more since 2013-04-08; log_loss estimated +0.021 (+0.010 to +0.032)`.
pub(super) fn title(incident: &Incident, scene: &Scene<'_>) -> String {
    let mut parts = Vec::new();
    parts.extend(service(&incident.signals));
    parts.extend(inputs(&incident.signals));
    let mut title = parts.join(", ");
    let mut losses = losses(&incident.signals);
    losses.truncate(1);
    if title.is_empty() {
        title = losses.join(", ");
        return format!("{title} since {}", date(incident.onset));
    }
    title.push_str(&format!(" since {}", date(incident.onset)));
    if losses.is_empty() {
        title.push_str(unharmed(scene).map_or("", |_| "; no loss of quality seen"));
    } else {
        title.push_str(&format!("; {}", losses.join(", ")));
    }
    title
}

/// How it stands and why it is as severe as it is.
pub(super) fn text(incident: &Incident, scene: &Scene<'_>) -> String {
    let mut sentences = vec![standing(incident)];
    let columns = incident.signals.iter().filter(|member| member.signal.is_drift()).count();
    if columns == incident.signals.len() {
        sentences.push(match unharmed(scene) {
            Some(how) => format!("What comes in has changed; quality is {how} to be as before."),
            None => "What comes in has changed; what that does to quality is not known.".to_owned(),
        });
    } else if incident.severity >= Severity::Major {
        sentences.push("The loss is beyond the margin.".to_owned());
    }
    if incident.flaps > 0 {
        sentences.push(format!("It came back {}.", times(incident.flaps)));
    }
    sentences.join(" ")
}

fn standing(incident: &Incident) -> String {
    match (incident.status, incident.confirmed, incident.resolved) {
        (Status::Resolved, _, Some(at)) => {
            let why = match incident.resolution {
                Some(Resolution::Released) => "a new version was released, and its signals are within limits",
                Some(Resolution::JudgedAgain) => {
                    "the gate kept the version on newer rows, and its signals are within their limits"
                }
                Some(Resolution::Passed) => "it was never confirmed",
                _ => "all signals are back within their limits",
            };
            format!("Resolved at {at}: {why}.")
        }
        (Status::Confirmed, Some(at), _) => format!("Confirmed at {at}."),
        _ => format!("Seen in one window, which ended at {}; not confirmed.", incident.reopened),
    }
}

/// Of what nothing departs: how quality is known to be as before, if it is known at all.
pub(crate) fn unharmed(scene: &Scene<'_>) -> Option<&'static str> {
    let points = scene.departures.iter().filter_map(|(name, points, _)| Some((name, points.last()?)));
    let known: Vec<&SignalName> = points
        .filter(|(name, point)| name.measure().is_some() && point.standard() == scene.standard)
        .filter(|(_, point)| scene.now.since(point.window) <= i64::from(scene.settings.patience))
        .map(|(name, _)| name)
        .collect();
    if known.iter().any(|name| matches!(name, SignalName::Measured(_))) {
        return Some("measured");
    }
    (!known.is_empty()).then_some("estimated")
}

fn inputs(members: &[Member]) -> Option<String> {
    let mut columns: Vec<&str> = Vec::new();
    for column in members.iter().filter_map(|member| member.signal.column()) {
        if !columns.contains(&column) {
            columns.push(column);
        }
    }
    if columns.is_empty() {
        let drift = members.iter().find(|member| member.signal.is_drift())?;
        let predictions = drift.signal == SignalName::DriftPrediction;
        return Some(
            if predictions { "drift in the predictions" } else { "drift in all columns together" }.to_owned(),
        );
    }
    let named = columns.iter().take(NAMED).copied().collect::<Vec<_>>().join(", ");
    let more = columns.len().saturating_sub(NAMED);
    Some(if more > 0 { format!("drift in {named} and {more} more") } else { format!("drift in {named}") })
}

/// The lost quality by measure, the clearest first: as measured, or before there are labels as estimated.
fn losses(members: &[Member]) -> Vec<String> {
    let mut said: Vec<Measure> = Vec::new();
    let mut losses = Vec::new();
    for measured in [true, false] {
        for member in members {
            let Some(measure) = member.signal.measure() else { continue };
            if matches!(member.signal, SignalName::Measured(_)) == measured && !said.contains(&measure) {
                said.push(measure);
                losses.push(loss(measure, measured, &member.latest));
            }
        }
    }
    losses
}

fn loss(measure: Measure, measured: bool, point: &Point) -> String {
    let how = if measured { "measured" } else { "estimated" };
    let from = point.expected.map_or(0.0, |expected| expected.value);
    let interval = point.lower.zip(point.upper);
    let interval =
        interval.map(|(lower, upper)| format!(" ({} to {})", signed(lower - from), signed(upper - from)));
    format!("{} {how} {}{}", measure.name(), signed(point.value - from), interval.unwrap_or_default())
}

fn service(members: &[Member]) -> Vec<String> {
    let is_service = |member: &&Member| !member.signal.is_drift() && member.signal.measure().is_none();
    members
        .iter()
        .filter(is_service)
        .map(|member| format!("{} at {}", member.signal, plain(member.latest.value)))
        .collect()
}

fn signed(value: f64) -> String {
    if value < 0.0 { format!("−{}", plain(-value)) } else { format!("+{}", plain(value)) }
}

/// Three digits that matter, as far as they are there.
fn plain(value: f64) -> String {
    let size = value.abs();
    if size == 0.0 {
        "0".to_owned()
    } else if size >= 100.0 {
        format!("{value:.0}")
    } else if size >= 1.0 {
        format!("{value:.2}")
    } else {
        format!("{value:.3}")
    }
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn date(time: Timestamp) -> String {
    let text = time.to_string();
    text.strip_suffix("T00:00:00Z").map(str::to_owned).unwrap_or(text)
}
