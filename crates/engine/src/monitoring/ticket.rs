//! What the ticket of an incident says.

use store::{Link, NewTicket};

use super::Detail;

/// Causes that a ticket names.
const CAUSES: usize = 5;
/// Signals that a ticket names.
const SIGNALS: usize = 12;

/// The ticket of an incident, with its evidence as it is now.
pub(super) fn of(detail: &Detail, monitor: &base::Name) -> NewTicket {
    let incident = &detail.incident;
    NewTicket {
        fingerprint: Some(incident.fingerprint.clone()),
        title: incident.title.clone(),
        severity: incident.severity.to_string(),
        body: body(detail),
        evidence: serde_json::to_value(detail).expect("incidents have string keys"),
        links: vec![Link { rel: "monitor".to_owned(), target: format!("monitor/{monitor}") }],
    }
}

fn body(detail: &Detail) -> String {
    let incident = &detail.incident;
    let mut text =
        format!("{}\n\nOnset {}; seen by version {}.\n", incident.text, incident.onset, incident.version);
    text.push_str("\n## Signals\n\n");
    for member in incident.signals.iter().take(SIGNALS) {
        text.push_str(&format!("- `{}`{}\n", member.signal, figure(&member.latest)));
    }
    if incident.signals.len() > SIGNALS {
        text.push_str(&format!("- and {} more\n", incident.signals.len() - SIGNALS));
    }
    let Some(ranking) = &detail.ranking else { return text };
    text.push_str("\n## Causes, the likeliest first\n\n");
    for (place, cause) in ranking.causes.iter().take(CAUSES).enumerate() {
        let share = cause.share_of_loss.map(|share| format!(" ({:.0} % of the loss)", share * 100.0));
        text.push_str(&format!(
            "{}. **{}**{}: {}\n",
            place + 1,
            cause.title,
            share.unwrap_or_default(),
            cause.explanation
        ));
    }
    text.push_str("\n## Why\n\n");
    for why in &ranking.whys {
        text.push_str(&format!("- {} {}\n", why.question, why.answer));
    }
    text
}

fn figure(point: &monitor::Point) -> String {
    let expected = point.expected.map(|expected| format!(", {:.4} in the reference", expected.value));
    let rows = base::grouped(point.rows);
    format!(": {:.4}{} (on {rows} rows)", point.value, expected.unwrap_or_default())
}
