//! The history, and what it says about a time.

use std::collections::BTreeMap;

use base::{Name, Timestamp};
use store::{Event, Serving};

use super::table::aligned;

/// Newest first, one line an entry.
pub(crate) fn events(events: &[Event]) -> String {
    if events.is_empty() {
        return "the history is empty: nothing has been promoted or served yet".to_owned();
    }
    let row = |event: &Event| {
        let because = event.because.clone().unwrap_or_default();
        vec![event.sequence.to_string(), event.at.to_string(), event.actor.clone(), change(event), because]
    };
    aligned(&events.iter().map(row).collect::<Vec<_>>(), 0)
}

fn change(event: &Event) -> String {
    let word =
        |key: &str| event.detail.get(key).map(|value| value.to_string().replace('"', "")).unwrap_or_default();
    match event.kind.as_str() {
        "alias_set" => format!("{}: version {} is {}", event.subject, word("version"), word("alias")),
        "alias_removed" => format!("{}: no {} any more", event.subject, word("alias")),
        "service_set" => {
            format!("{}: answers with model.{} version {}", event.subject, word("model"), word("version"))
        }
        "service_removed" => format!("{}: no longer answers", event.subject),
        kind => format!("{}: {kind}", event.subject),
    }
}

/// What each service answered with at a time.
pub(crate) fn serving(serving: &BTreeMap<Name, Serving>, time: Timestamp) -> String {
    if serving.is_empty() {
        return format!("nothing was assigned to serve at {time}");
    }
    let row = |(service, serving): (&Name, &Serving)| {
        let because = serving.because.as_ref().map(|because| format!(": {because}")).unwrap_or_default();
        vec![
            format!("service.{service}"),
            format!("model.{} version {}", serving.model, serving.version),
            format!("since {}", serving.since),
            format!("by {}{because}", serving.actor),
        ]
    };
    aligned(&serving.iter().map(row).collect::<Vec<_>>(), 0)
}
