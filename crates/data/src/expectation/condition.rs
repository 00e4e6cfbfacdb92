//! What a violating row looks like, in SQL.

use base::Timestamp;
use table::Kind;

use super::Impossible;
use crate::{ColumnInfo, Error, Manifest, schema};
use spec::{ColumnType, Test};

/// The rows that violate a test of one column.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    /// The column, as it is written.
    pub column: String,
    /// Which rows have a value.
    pub present: String,
    /// Which rows violate the test.
    pub violated: String,
}

/// The condition of a test on a column's values; nothing for the tests that are made another way, and
/// for those that a column without any value passes.
pub(super) fn of(manifest: &Manifest, test: &Test) -> Result<Option<Condition>, Impossible> {
    let column = match test {
        Test::Rows { .. } | Test::Sql { .. } => return Ok(None),
        Test::Type { column, .. }
        | Test::Nulls { column, .. }
        | Test::Unique { column }
        | Test::OneOf { column, .. }
        | Test::Range { column, .. } => column,
    };
    let field = manifest
        .field(column)
        .ok_or_else(|| Impossible(Error::unknown_column(column, manifest.names()).to_string()))?;
    let visible = schema::of_view(manifest).is_ok_and(|schema| schema.index_of(column).is_ok());
    if !visible {
        return Err(Impossible(format!("{column}: it cannot be tested; it is {}", field.data_type)));
    }
    let name = identifier(column);
    let missing = missing(field);
    let present = format!("NOT ({missing})");
    let violated = match test {
        Test::Nulls { .. } => missing,
        _ if field.data_type == "Null" => return empty(test, column),
        Test::Unique { .. } | Test::Rows { .. } | Test::Sql { .. } => return Ok(None),
        Test::OneOf { values, .. } => format!("{present} AND NOT ({})", among(field, &name, values)?),
        Test::Range { min, max, .. } => format!("{present} AND ({})", outside(field, &name, *min, *max)?),
        Test::Type { is, .. } => format!("{present} AND {}", of_another_type(field, &name, *is)),
    };
    Ok(Some(Condition { column: column.clone(), present, violated }))
}

/// A column without values has no type; other tests have nothing to say against it.
fn empty(test: &Test, column: &str) -> Result<Option<Condition>, Impossible> {
    match test {
        Test::Type { .. } => Err(Impossible(format!("{column}: every value is missing, so it has no type"))),
        _ => Ok(None),
    }
}

fn missing(field: &ColumnInfo) -> String {
    let name = identifier(&field.name);
    // A table takes NaN as missing, and so do its tests.
    let floating = field.data_type.starts_with("Float");
    if floating { format!("{name} IS NULL OR isnan({name})") } else { format!("{name} IS NULL") }
}

fn among(field: &ColumnInfo, name: &str, values: &[String]) -> Result<String, Impossible> {
    let literals: Vec<String> = match field.kind {
        Some(Kind::Text) => values.iter().map(|value| text(value)).collect(),
        Some(Kind::Number) => values.iter().filter_map(|value| number(value.parse().ok()?)).collect(),
        Some(Kind::Boolean) => {
            values.iter().filter(|value| ["true", "false"].contains(&value.as_str())).cloned().collect()
        }
        Some(Kind::Time) => {
            let times = values.iter().filter_map(|value| value.parse::<Timestamp>().ok());
            times.map(|time| text(&time.to_string())).collect()
        }
        None => return Err(unfit(field, "one_of needs a number, text, boolean or time")),
    };
    if literals.is_empty() {
        return Ok("false".to_owned());
    }
    Ok(format!("{name} IN ({})", literals.join(", ")))
}

fn outside(field: &ColumnInfo, name: &str, min: Option<f64>, max: Option<f64>) -> Result<String, Impossible> {
    if field.kind != Some(Kind::Number) {
        return Err(unfit(field, "a range needs a number"));
    }
    let below = min.and_then(number).map(|min| format!("{name} < {min}"));
    let above = max.and_then(number).map(|max| format!("{name} > {max}"));
    let bounds: Vec<_> = [below, above].into_iter().flatten().collect();
    Ok(if bounds.is_empty() { "false".to_owned() } else { bounds.join(" OR ") })
}

/// Where the whole column is of another type, the values that are to blame, if some are more than others.
fn of_another_type(field: &ColumnInfo, name: &str, is: ColumnType) -> String {
    let numeric = matches!(is, ColumnType::Number | ColumnType::Integer);
    match (field.kind, is) {
        (Some(Kind::Number), ColumnType::Integer) if !whole(field) => {
            format!("CAST({name} AS DOUBLE) <> floor(CAST({name} AS DOUBLE))")
        }
        _ if has_type(field, is) => "false".to_owned(),
        (Some(Kind::Text), _) if numeric => format!("TRY_CAST({name} AS DOUBLE) IS NULL"),
        _ => "true".to_owned(),
    }
}

/// Whether the column as a whole is of the type.
pub(super) fn has_type(field: &ColumnInfo, is: ColumnType) -> bool {
    let kind = match is {
        ColumnType::Number | ColumnType::Integer => Kind::Number,
        ColumnType::Text => Kind::Text,
        ColumnType::Boolean => Kind::Boolean,
        ColumnType::Time => Kind::Time,
    };
    field.kind == Some(kind)
}

fn whole(field: &ColumnInfo) -> bool {
    field.data_type.starts_with("Int") || field.data_type.starts_with("UInt")
}

fn unfit(field: &ColumnInfo, needs: &str) -> Impossible {
    let found = field.kind.map_or_else(|| field.data_type.clone(), |kind| kind.to_string());
    Impossible(format!("{}: {needs}, and this is {found}", field.name))
}

/// A name as SQL, whatever is in it.
pub(super) fn identifier(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn text(value: &str) -> String {
    format!("'{}'", value.replace('\'', "''"))
}

/// A number as SQL; an infinite one bounds nothing.
fn number(value: f64) -> Option<String> {
    value.is_finite().then(|| format!("CAST({} AS DOUBLE)", text(&value.to_string())))
}
