//! The tests of single values: one pass that counts, then examples of what is wrong.

use arrow::{
    array::cast::AsArray,
    compute::cast,
    datatypes::{DataType, Int64Type},
};
use base::grouped;
use serde_json::Value;

use super::{
    EXAMPLES, Outcome,
    condition::{self, Condition, identifier},
    rows,
};
use crate::{Error, View, session::Session};
use spec::{ColumnType, Test};

/// Values named in a message, at most.
const NAMED: usize = 3;

/// What the pass counted for one condition.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Counts {
    present: u64,
    violated: u64,
}

/// Counts for every condition at once.
pub(super) async fn count<'a>(
    session: &Session,
    view: &View,
    conditions: impl Iterator<Item = &'a Condition>,
) -> Result<Vec<Counts>, Error> {
    let mut counted = Vec::new();
    for Condition { present, violated, .. } in conditions {
        for condition in [present, violated] {
            let position = counted.len();
            counted.push(format!("count(*) FILTER (WHERE {condition}) AS \"{position}\""));
        }
    }
    if counted.is_empty() {
        return Ok(Vec::new());
    }
    let sql = format!("SELECT {} FROM {}", counted.join(", "), identifier(&view.name));
    let plan = session.plan(&sql).await?;
    let batches = session.run(plan).await?.collect().await?;
    let mut numbers = Vec::new();
    for column in batches.iter().flat_map(|batch| batch.columns()) {
        let column = cast(column, &DataType::Int64).map_err(|error| Error::Sql(error.to_string()))?;
        numbers.push(column.as_primitive::<Int64Type>().values().first().copied().unwrap_or_default());
    }
    let counts = numbers.chunks(2).map(|pair| Counts { present: pair[0] as u64, violated: pair[1] as u64 });
    Ok(counts.collect())
}

/// Whether the counts are as the test wants them, with examples when they are not.
pub(super) async fn judge(
    session: &Session,
    view: &View,
    (test, condition): (&Test, &Condition),
    counts: Counts,
) -> Result<Outcome, Error> {
    let column = &condition.column;
    let all_rows = view.manifest.rows;
    let (passed, of) = match test {
        Test::Nulls { max, .. } => (counts.violated as f64 <= max * all_rows as f64, all_rows),
        Test::Type { is, .. } => {
            let field = view.manifest.field(column);
            let fits = field.is_some_and(|field| condition::has_type(field, *is));
            (fits && counts.violated == 0, counts.present)
        }
        _ => (counts.violated == 0, counts.present),
    };
    let found = if counts.violated == 1 { "value is" } else { "values are" };
    let (violated, of) = (grouped(counts.violated), grouped(of));
    let mut message = format!("{column}: {violated} of {of} {found} {}", wrong(test));
    if passed {
        return Ok(Outcome { passed, message, violations: counts.violated, examples: Vec::new() });
    }
    let (view_name, violation) = (identifier(&view.name), &condition.violated);
    let sql = format!("SELECT * FROM {view_name} WHERE {violation} LIMIT {EXAMPLES}");
    let examples = rows::read(session, &sql).await?;
    if let Test::Type { is, .. } = test {
        message = mistyped(view, column, *is, &message);
    } else if !matches!(test, Test::Nulls { .. }) {
        message.push_str(&named(&examples, column));
    }
    Ok(Outcome { passed, message, violations: counts.violated, examples })
}

/// What is wrong with a violating value.
fn wrong(test: &Test) -> String {
    match test {
        Test::Nulls { max, .. } => format!("missing; at most {} % may be", max * 100.0),
        Test::OneOf { values, .. } if values.len() <= 8 => format!("not one of {}", values.join(", ")),
        Test::OneOf { values, .. } => format!("not one of the {} that are expected", values.len()),
        Test::Range { min: Some(min), max: Some(max), .. } => format!("outside {min} to {max}"),
        Test::Range { min: Some(min), .. } => format!("below {min}"),
        Test::Range { max: Some(max), .. } => format!("above {max}"),
        Test::Type { is: ColumnType::Integer, .. } => "not whole".to_owned(),
        Test::Type { is, .. } => format!("not {}", word(*is)),
        _ => "not as expected".to_owned(),
    }
}

/// A type that does not fit is a matter of the column, and its note may name the slip.
fn mistyped(view: &View, column: &str, is: ColumnType, counted: &str) -> String {
    let field = view.manifest.field(column);
    let kind = field.and_then(|field| field.kind);
    if field.is_some_and(|field| condition::has_type(field, is)) {
        return counted.to_owned();
    }
    let found = kind.map_or_else(|| "of another type".to_owned(), |kind| kind.to_string());
    let note =
        field.and_then(|field| field.note.as_ref()).map(|note| format!("; {note}")).unwrap_or_default();
    format!("{column}: it is {found}, not {}{note}", word(is))
}

fn word(is: ColumnType) -> &'static str {
    match is {
        ColumnType::Number => "a number",
        ColumnType::Integer => "a whole number",
        ColumnType::Text => "text",
        ColumnType::Boolean => "boolean",
        ColumnType::Time => "a time",
    }
}

/// The first few different values among the examples.
fn named(examples: &[Value], column: &str) -> String {
    let mut values: Vec<String> = Vec::new();
    for value in examples.iter().filter_map(|row| row.get(column)) {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        let value: String = value.chars().take(40).collect();
        if !values.contains(&value) && values.len() < NAMED {
            values.push(value);
        }
    }
    if values.is_empty() { String::new() } else { format!("; examples: {}", values.join(", ")) }
}
