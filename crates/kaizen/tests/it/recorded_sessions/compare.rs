//! Whether two JSON values are the same but for what a server makes up.

use std::fmt;

use serde_json::{Map, Value};

use crate::recorded_sessions::placeholders::Placeholders;

/// What MLflow's errors name besides, and no client reads.
const UNREAD: [&str; 2] = ["sqlstate", "error_class"];
/// Lists in no order of their own, and the field to put them in one by. A history's metrics have their order, those of `data` have none.
const SETS: [(&str, &str); 5] = [
    ("tags", "key"),
    ("params", "key"),
    ("data.metrics", "key"),
    ("aliases", "alias"),
    ("dataset_summaries", "name"),
];

/// A difference in an answer.
#[derive(Debug)]
pub(super) struct Found {
    /// `run.data.metrics[0].value`, or `status`.
    pub(super) place: String,
    pub(super) theirs: String,
    pub(super) ours: String,
}

impl Found {
    pub(super) fn new(place: &str, theirs: &str, ours: &str) -> Self {
        Self { place: place.to_owned(), theirs: theirs.to_owned(), ours: ours.to_owned() }
    }
}

impl fmt::Display for Found {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "  {}\n    theirs: {}\n    ours:   {}", self.place, self.theirs, self.ours)
    }
}

/// Finds what differs, and learns what placeholders stand for.
pub(super) fn compare(
    place: &str,
    theirs: &Value,
    ours: &Value,
    placeholders: &mut Placeholders,
    found: &mut Vec<Found>,
) {
    match (theirs, ours) {
        (Value::Object(theirs), Value::Object(ours)) => objects(place, theirs, ours, placeholders, found),
        (Value::Array(theirs), Value::Array(ours)) if theirs.len() == ours.len() => {
            let (theirs, ours) = (sorted(place, theirs), sorted(place, ours));
            for (index, (theirs, ours)) in theirs.iter().zip(ours).enumerate() {
                compare(&format!("{place}[{index}]"), theirs, ours, placeholders, found);
            }
        }
        (Value::String(theirs), Value::String(ours)) if placeholders.fits(theirs, ours) => {}
        (Value::String(time), Value::Number(ours)) if time == "<time>" && placeholders.is_now(ours) => {}
        (theirs, ours) if theirs == ours => {}
        (theirs, ours) => found.push(Found::new(place, &written(theirs), &written(ours))),
    }
}

fn objects(
    place: &str,
    theirs: &Map<String, Value>,
    ours: &Map<String, Value>,
    placeholders: &mut Placeholders,
    found: &mut Vec<Found>,
) {
    let inner = |key: &str| if place.is_empty() { key.to_owned() } else { format!("{place}.{key}") };
    for (key, theirs) in theirs.iter().filter(|(key, _)| !UNREAD.contains(&key.as_str())) {
        match ours.get(key) {
            Some(ours) => compare(&inner(key), theirs, ours, placeholders, found),
            None => found.push(Found::new(&inner(key), &written(theirs), "")),
        }
    }
    for (key, ours) in ours.iter().filter(|(key, _)| !theirs.contains_key(*key)) {
        found.push(Found::new(&inner(key), "", &written(ours)));
    }
}

/// The items in an order to compare them in.
fn sorted<'a>(place: &str, items: &'a [Value]) -> Vec<&'a Value> {
    let mut items: Vec<&Value> = items.iter().collect();
    if let Some((_, field)) = SETS.iter().find(|(list, _)| place.ends_with(list)) {
        items.sort_by_key(|item| item[field].as_str());
    }
    items
}

/// A value as text, texts without quotes.
fn written(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}
