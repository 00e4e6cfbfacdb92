//! Captured rows and totals as tables, which is how they stand in Parquet segments.

use std::sync::Arc;

use table::{Column, Field, Table, Text, Values};

use super::{
    captured::{Captured, Failure},
    header::Header,
    latencies::{BUCKETS, Latencies},
    outcome::Outcome,
    totals::Totals,
};

/// What stands before the name of an input, so that no input can take the name of another column.
const INPUT: &str = "input.";
/// The predictions of a regression or of two classes.
const PREDICTION: &str = "prediction";
/// What stands before the name of a class, where there are more than two.
const PROBABILITY: &str = "probability.";

/// A segment that is not one of ours, or damaged.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a segment of captured traffic has no {kind} column `{column}`; a later kaizen may have written it")]
pub struct Malformed {
    column: String,
    kind: &'static str,
}

impl Captured {
    /// The rows and then the failures, one a row: `id`, `received`, `latency_us`, `outcome`, `version`,
    /// `sequence`, each input as `input.NAME`, and `prediction` or one `probability.CLASS` a class.
    /// A failure has no inputs and no predictions.
    ///
    /// # Errors
    /// Never: the columns have one length and distinct names.
    pub fn into_table(self) -> Result<Table, table::Error> {
        let failed = self.failures.len();
        let mut columns = self.common();
        let width = self.header.width();
        let of_class = |place: usize| {
            let values = self.predictions.iter().skip(place).step_by(width).copied();
            let values = values.chain(std::iter::repeat_n(f64::NAN, failed)).collect();
            Column::new(self.prediction_name(place), Values::Number(values))
        };
        let predictions: Vec<Column> = (0..width).map(of_class).collect();
        let inputs = self.inputs.into_columns().into_iter();
        columns.extend(
            inputs
                .map(|column| Column::new(format!("{INPUT}{}", column.name), padded(column.values, failed))),
        );
        columns.extend(predictions);
        Table::new(columns)
    }

    fn common(&self) -> Vec<Column> {
        let failures = || self.failures.iter();
        let ids = self.ids.iter().map(String::as_str).chain(failures().map(|failure| failure.id.as_str()));
        let received = self.received.iter().copied().chain(failures().map(|failure| failure.received));
        let latency = self.latency.iter().copied().chain(failures().map(|failure| failure.latency));
        let sequence = self.sequence.iter().copied().chain(failures().map(|failure| failure.sequence));
        let answered = std::iter::repeat_n(Outcome::Answered, self.rows());
        let outcome =
            answered.chain(failures().map(|failure| failure.outcome)).map(|outcome| Some(outcome.name()));
        let version =
            std::iter::repeat_n(Some(self.header.version.as_str()), self.rows() + self.failures.len());
        vec![
            Column::new("id", Values::Text(ids.map(Some).collect())),
            Column::new("received", Values::Time(received.map(Some).collect())),
            Column::new("latency_us", Values::Number(latency.map(f64::from).collect())),
            Column::new("outcome", Values::Text(outcome.collect())),
            Column::new("version", Values::Text(version.collect())),
            Column::new("sequence", Values::Number(sequence.map(|number| number as f64).collect())),
        ]
    }

    fn prediction_name(&self, place: usize) -> String {
        if self.header.width() == 1 {
            return PREDICTION.to_owned();
        }
        format!("{PROBABILITY}{}", self.header.classes[place])
    }

    /// What a segment of this service and model holds.
    ///
    /// Of two classes a segment does not know the names, so the header's `classes` has none then.
    ///
    /// # Errors
    /// When the table has not the columns of [`Captured::into_table`].
    pub fn from_table(service: &str, model: &str, table: &Table) -> Result<Self, Malformed> {
        let (ids, outcomes, versions) =
            (text(table, "id")?, text(table, "outcome")?, text(table, "version")?);
        let (received, latency, sequence) =
            (times(table, "received")?, numbers(table, "latency_us")?, numbers(table, "sequence")?);
        let outcome =
            |row: usize| outcomes.get(row).and_then(Outcome::of_name).unwrap_or(Outcome::ServerError);
        let (answered, failed): (Vec<usize>, Vec<usize>) =
            (0..table.rows()).partition(|row| outcome(*row) == Outcome::Answered);
        let failure = |row: &usize| Failure {
            id: ids.get(*row).unwrap_or_default().to_owned(),
            sequence: sequence[*row] as u64,
            received: received[*row].unwrap_or_default(),
            latency: latency[*row] as u32,
            outcome: outcome(*row),
        };
        let version = if table.rows() == 0 { None } else { versions.get(0) };
        let (inputs, names) = inputs(table, &answered);
        let (classes, predictions) = predictions(table, &answered)?;
        let header = Header {
            service: service.to_owned(),
            model: model.to_owned(),
            version: version.unwrap_or_default().to_owned(),
            columns: names,
            classes,
        };
        Ok(Self {
            header: Arc::new(header),
            ids: answered.iter().map(|row| ids.get(*row).unwrap_or_default().to_owned()).collect(),
            sequence: answered.iter().map(|row| sequence[*row] as u64).collect(),
            received: answered.iter().map(|row| received[*row].unwrap_or_default()).collect(),
            latency: answered.iter().map(|row| latency[*row] as u32).collect(),
            inputs,
            predictions,
            failures: failed.iter().map(failure).collect(),
        })
    }
}

/// The inputs of the answered rows under their own names.
fn inputs(table: &Table, rows: &[usize]) -> (Table, Vec<Field>) {
    let named = table.columns().iter().filter_map(|column| Some((column, column.name.strip_prefix(INPUT)?)));
    let columns = named.map(|(column, name)| Column::new(name, column.values.clone())).collect();
    // Distinct and of one length in the table, so they are here.
    let inputs = Table::new(columns).unwrap_or_default().take(rows);
    let fields = inputs.fields();
    (inputs, fields)
}

/// The classes, where a segment names them, and the predictions row after row.
fn predictions(table: &Table, rows: &[usize]) -> Result<(Vec<String>, Vec<f64>), Malformed> {
    if let Ok(values) = numbers(table, PREDICTION) {
        return Ok((Vec::new(), rows.iter().map(|row| values[*row]).collect()));
    }
    let named = table.columns().iter().filter_map(|column| column.name.strip_prefix(PROBABILITY));
    let classes: Vec<String> = named.map(str::to_owned).collect();
    if classes.is_empty() {
        return Err(Malformed { column: PREDICTION.to_owned(), kind: "number" });
    }
    let column = |class: &String| numbers(table, &format!("{PROBABILITY}{class}"));
    let columns: Vec<&[f64]> = classes.iter().map(column).collect::<Result<_, _>>()?;
    let values = rows.iter().flat_map(|row| columns.iter().map(|column| column[*row])).collect();
    Ok((classes, values))
}

/// Totals with their places in the journal as a table: `from`, `until`, `answered`, `client_errors`,
/// `server_errors`, `left_out`, `dropped`, `latencies` and `sequence`.
///
/// # Errors
/// Never: the columns have one length and distinct names.
pub fn totals_to_table(totals: &[(u64, Totals)]) -> Result<Table, table::Error> {
    let number = |name: &str, of: fn(&Totals) -> u64| {
        Column::new(name, Values::Number(totals.iter().map(|(_, totals)| of(totals) as f64).collect()))
    };
    let time = |name: &str, of: fn(&Totals) -> i64| {
        Column::new(name, Values::Time(totals.iter().map(|(_, totals)| Some(of(totals))).collect()))
    };
    let latencies: Vec<String> = totals.iter().map(|(_, totals)| written(&totals.latencies)).collect();
    Table::new(vec![
        time("from", |totals| totals.from),
        time("until", |totals| totals.until),
        number("answered", |totals| totals.answered),
        number("client_errors", |totals| totals.client_errors),
        number("server_errors", |totals| totals.server_errors),
        number("left_out", |totals| totals.left_out),
        number("dropped", |totals| totals.dropped),
        Column::new("latencies", Values::Text(latencies.iter().map(|text| Some(text.as_str())).collect())),
        Column::new("sequence", Values::Number(totals.iter().map(|(place, _)| *place as f64).collect())),
    ])
}

/// The totals of such a table.
///
/// # Errors
/// When the table has other columns.
pub fn totals_from_table(table: &Table) -> Result<Vec<(u64, Totals)>, Malformed> {
    let (from, until, latencies) = (times(table, "from")?, times(table, "until")?, text(table, "latencies")?);
    let names = ["answered", "client_errors", "server_errors", "left_out", "dropped", "sequence"];
    let counts: Vec<&[f64]> = names.iter().map(|name| numbers(table, name)).collect::<Result<_, _>>()?;
    let read = |row: usize| {
        let count = |place: usize| counts[place][row] as u64;
        let totals = Totals {
            from: from[row].unwrap_or_default(),
            until: until[row].unwrap_or_default(),
            answered: count(0),
            client_errors: count(1),
            server_errors: count(2),
            left_out: count(3),
            dropped: count(4),
            latencies: parsed(latencies.get(row).unwrap_or_default()),
        };
        (count(5), totals)
    };
    Ok((0..table.rows()).map(read).collect())
}

/// `bucket:count` for each bucket, with spaces between.
fn written(latencies: &Latencies) -> String {
    let buckets = latencies.buckets().iter().map(|(bucket, count)| format!("{bucket}:{count}"));
    buckets.collect::<Vec<_>>().join(" ")
}

fn parsed(text: &str) -> Latencies {
    let bucket = |pair: &str| {
        let (bucket, count) = pair.split_once(':')?;
        let bucket = bucket.parse().ok().filter(|bucket| usize::from(*bucket) < BUCKETS)?;
        Some((bucket, count.parse().ok()?))
    };
    Latencies::of(text.split(' ').filter_map(bucket))
}

fn numbers<'a>(table: &'a Table, name: &str) -> Result<&'a [f64], Malformed> {
    match table.column(name).map(|column| &column.values) {
        Some(Values::Number(values)) => Ok(values),
        _ => Err(Malformed { column: name.to_owned(), kind: "number" }),
    }
}

fn times<'a>(table: &'a Table, name: &str) -> Result<&'a [Option<i64>], Malformed> {
    match table.column(name).map(|column| &column.values) {
        Some(Values::Time(values)) => Ok(values),
        _ => Err(Malformed { column: name.to_owned(), kind: "time" }),
    }
}

fn text<'a>(table: &'a Table, name: &str) -> Result<&'a Text, Malformed> {
    match table.column(name).map(|column| &column.values) {
        Some(Values::Text(values)) => Ok(values),
        _ => Err(Malformed { column: name.to_owned(), kind: "text" }),
    }
}

/// The values with this many missing ones after them.
fn padded(mut values: Values, missing: usize) -> Values {
    match &mut values {
        Values::Number(values) => values.extend(std::iter::repeat_n(f64::NAN, missing)),
        Values::Boolean(values) => values.extend(std::iter::repeat_n(None, missing)),
        Values::Time(values) => values.extend(std::iter::repeat_n(None, missing)),
        Values::Text(text) => text.extend_missing(missing),
    }
    values
}
