//! What monitors see, as it happens and for `kaizen status`.

use base::{Name, grouped};
use engine::{Detail, MonitorStatus, Oddities, Status};
use monitor::{Assessment, Measure, SignalName};

use super::{incidents::number, plain::line, tickets::minute};

/// Drifted columns that a line names.
const COLUMNS: usize = 4;

/// A window in a line: its rows, what drifted, and quality as estimated and as measured.
pub(crate) fn window(monitor: &Name, assessment: &Assessment) -> String {
    let Assessment { window, rows, .. } = assessment;
    let mut parts = vec![format!("{} rows", grouped(*rows)), drifted(assessment)];
    parts.extend(quality(assessment));
    let (start, end) = (minute(window.start), minute(window.end));
    format!(
        "monitor.{monitor}  {} to {}  v{}  {}",
        &start[..10],
        &end[..10],
        assessment.version,
        parts.join("; ")
    )
}

/// `drift in temp 0.71, dewp 0.55 and 2 more`
fn drifted(assessment: &Assessment) -> String {
    let mut columns: Vec<_> =
        assessment.drift.iter().flat_map(|drift| &drift.columns).filter(|column| column.drifted).collect();
    columns.sort_by(|one, other| other.effect.value.total_cmp(&one.effect.value));
    if columns.is_empty() {
        return "no drift".to_owned();
    }
    let named = |column: &&monitor::drift::ColumnDrift| {
        format!("{} {:.2}", line(&column.column), column.effect.value)
    };
    let shown: Vec<String> = columns.iter().take(COLUMNS).map(named).collect();
    let more = columns.len().saturating_sub(COLUMNS);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("drift in {}{more}", shown.join(", "))
}

/// `log_loss est. 0.4731, measured 0.4812 (labels 98 %)`
fn quality(assessment: &Assessment) -> Option<String> {
    let value = |wanted: fn(Measure) -> SignalName, measure: Measure| {
        let wanted = wanted(measure);
        assessment.points.iter().find(|(name, _)| *name == wanted).map(|(_, point)| point.value)
    };
    let measures = assessment.points.iter().filter_map(|(name, _)| match name {
        SignalName::Estimated(measure) | SignalName::Measured(measure) => Some(*measure),
        _ => None,
    });
    let preferred = |measure: &Measure| match measure {
        Measure::Metric(stats::Metric::LogLoss | stats::Metric::Rmse) => 0,
        Measure::Metric(_) => 1,
        Measure::ValuePer1000 => 2,
    };
    let measure = measures.min_by_key(preferred)?;
    let mut text = measure.name().to_owned();
    if let Some(estimated) = value(SignalName::Estimated, measure) {
        text.push_str(&format!(" est. {}", number(estimated)));
    }
    if let Some(measured) = value(SignalName::Measured, measure) {
        text.push_str(&format!(", measured {}", number(measured)));
    }
    let coverage = assessment.coverage.unwrap_or_default() * 100.0;
    Some(format!("{text} (labels {coverage:.0} %)"))
}

/// What became of an incident, in a few lines.
pub(crate) fn incident(monitor: &Name, what: &str, detail: &Detail) -> String {
    let incident = &detail.incident;
    let number = incident.id.map(|id| format!(" {id}")).unwrap_or_default();
    let title = line(&incident.title);
    let mut text = format!("!  monitor.{monitor}  incident{number} {what} ({}): {title}", incident.severity);
    let causes = detail.ranking.iter().flat_map(|ranking| &ranking.causes).take(2);
    for cause in causes.filter(|_| what != "resolved") {
        text.push_str(&format!("\n   cause: {}", line(&cause.title)));
    }
    text
}

/// Where the monitors stand: a few lines each.
pub(crate) fn status(status: &Status) -> String {
    let mut text = String::new();
    for (name, monitor) in &status.monitors {
        text.push_str(&one(name, monitor));
    }
    if status.tickets > 0 {
        text.push_str(&format!(
            "{} to be done; see `kaizen tickets`\n",
            counted(status.tickets as u64, "ticket")
        ));
    }
    text
}

fn one(name: &Name, status: &MonitorStatus) -> String {
    let clock = status.clock.map_or("no traffic yet".to_owned(), |clock| format!("clock {}", minute(clock)));
    let (rows, labelled) = (grouped(status.rows), grouped(status.labelled));
    let mut text = format!(
        "  monitor.{name}  watches service.{}, {clock}, {rows} rows, {labelled} of them labelled\n",
        status.service
    );
    if let Some(latest) = &status.latest {
        text.push_str(&format!("    latest window: {}\n", window(name, latest)));
        for note in &latest.notes {
            text.push_str(&format!("    {}\n", line(&note.to_string())));
        }
    }
    match &status.incident {
        Some(incident) => text.push_str(&format!(
            "    incident {}, {}, {}: {}\n",
            incident.id,
            incident.status.as_str(),
            incident.severity,
            line(&incident.title)
        )),
        None => text.push_str("    no incident\n"),
    }
    let odd = oddities(&status.oddities);
    if !odd.is_empty() {
        text.push_str(&format!("    set aside: {}\n", odd.join(", ")));
    }
    text
}

fn oddities(odd: &Oddities) -> Vec<String> {
    let counts = [
        (odd.repeated_ids, "row whose id had come before", "rows whose id had come before"),
        (odd.of_the_future, "row of the future", "rows of the future"),
        (odd.too_late, "row too late for its window", "rows too late for their windows"),
        (odd.unmatched_labels, "label without a row", "labels without a row"),
        (odd.unusable_labels, "label that is no class or number", "labels that are no class or number"),
    ];
    let there = counts.into_iter().filter(|(count, ..)| *count > 0);
    there
        .map(|(count, one, many)| format!("{} {}", grouped(count), if count == 1 { one } else { many }))
        .collect()
}

fn counted(count: u64, what: &str) -> String {
    if count == 1 { format!("1 {what}") } else { format!("{} {what}s", grouped(count)) }
}
