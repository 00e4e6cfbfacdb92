use std::ops::Range;

use table::{Column, Table, Values};

/// Rows in the order of their event time, each with an id, and what became of them.
#[derive(Debug)]
pub(crate) struct Stream {
    pub(crate) table: Table,
    /// The event times in microseconds, in order.
    pub(crate) times: Vec<i64>,
    /// What each row's request is called.
    pub(crate) ids: Vec<String>,
    pub(crate) labels: Option<Labels>,
    /// Rows that were left out since they have no event time.
    pub(crate) timeless: usize,
}

/// The outcome of each row, and when it is known.
#[derive(Debug)]
pub(crate) struct Labels {
    pub(crate) values: Values,
    /// In microseconds; nothing for a row whose outcome is never known.
    pub(crate) known: Vec<Option<i64>>,
}

impl Stream {
    /// The rows that have an event time in `time`, in its order; `id` names a column that tells rows apart.
    pub(crate) fn new(table: &Table, time: &str, id: Option<&str>) -> Result<Self, String> {
        let times = instants(column(table, time)?)?;
        let mut rows: Vec<usize> = (0..table.rows()).filter(|row| times[*row].is_some()).collect();
        rows.sort_by_key(|row| times[*row]);
        let timeless = table.rows() - rows.len();
        let sorted: Vec<i64> = rows.iter().filter_map(|row| times[*row]).collect();
        let table = table.take(&rows);
        let ids = match id {
            Some(id) => ids(&table, id)?,
            None => instant_ids(&sorted),
        };
        Ok(Self { table, times: sorted, ids, labels: None, timeless })
    }

    /// Sends the values of `value` as labels, when the column `time` says or `delay` after the event.
    pub(crate) fn label(&mut self, value: &str, time: Option<&str>, delay: i64) -> Result<(), String> {
        let values = column(&self.table, value)?.values.clone();
        let known = match time {
            Some(time) => instants(column(&self.table, time)?)?,
            None => self.times.iter().map(|time| Some(time.saturating_add(delay))).collect(),
        };
        self.labels = Some(Labels { values, known });
        Ok(())
    }

    /// The rows of one request that this row goes in: at most `size`, and all of one instant.
    ///
    /// Counted within the instant, they are the same wherever a replay begins. The server names rows by their
    /// request, so that a replay that goes on names none of them in another way.
    pub(crate) fn batch(&self, row: usize, size: usize) -> Range<usize> {
        let at = self.times[row];
        let first = self.times.partition_point(|time| *time < at);
        let begin = row - (row - first) % size;
        let rest = &self.times[begin..];
        begin..begin + rest.partition_point(|time| *time == at).min(size)
    }

    /// The first rows alone.
    pub(crate) fn limit(&mut self, rows: usize) {
        let keep: Vec<usize> = (0..self.times.len().min(rows)).collect();
        self.table = self.table.take(&keep);
        self.times.truncate(rows);
        self.ids.truncate(rows);
        if let Some(labels) = &mut self.labels {
            labels.known.truncate(rows);
        }
    }
}

impl Labels {
    /// The label of a row as JSON; nothing for a row without an outcome.
    pub(crate) fn json(&self, row: usize) -> Option<String> {
        match &self.values {
            Values::Number(values) => values[row].is_finite().then(|| values[row].to_string()),
            Values::Text(text) => text.get(row).map(|text| serde_json::Value::from(text).to_string()),
            Values::Boolean(values) => values[row].map(|value| value.to_string()),
            Values::Time(values) => {
                values[row].map(|micros| format!("\"{}\"", base::Timestamp::from_micros(micros)))
            }
        }
    }
}

/// The column of this name, or which there are.
pub(crate) fn column<'a>(table: &'a Table, name: &str) -> Result<&'a Column, String> {
    table.column(name).ok_or_else(|| {
        let names: Vec<_> = table.columns().iter().map(|column| column.name.as_str()).collect();
        let near = base::nearest(name, names.iter().copied());
        let hint = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("the rows have no column `{name}`{hint} (they have {})", names.join(", "))
    })
}

fn instants(column: &Column) -> Result<Vec<Option<i64>>, String> {
    match &column.values {
        Values::Time(times) => Ok(times.clone()),
        other => Err(format!(
            "column `{}` holds {}s, not times; name a column of times",
            column.name,
            other.kind()
        )),
    }
}

fn ids(table: &Table, name: &str) -> Result<Vec<String>, String> {
    let values = &column(table, name)?.values;
    let text = |row| values.label(row).ok_or_else(|| format!("row {row} has no `{name}` to be its id"));
    (0..table.rows()).map(text).collect()
}

/// Ids of rows without a key: the instant and the place within it, so that a row has the same one in each replay.
fn instant_ids(times: &[i64]) -> Vec<String> {
    let instants = times.chunk_by(|one, other| one == other);
    instants
        .flat_map(|rows| rows.iter().enumerate().map(|(place, at)| format!("replay-{at}-{place}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use table::{Column, Table, Values};

    use super::Stream;

    fn table() -> Table {
        Table::new(vec![
            Column::new("at", Values::Time(vec![Some(30), None, Some(10), Some(20)])),
            Column::new("key", Values::Number(vec![3.0, 9.0, 1.0, 2.0])),
            Column::new("late", Values::Boolean(vec![Some(true), None, Some(false), None])),
        ])
        .unwrap()
    }

    #[test]
    fn rows_go_out_in_event_time_order_and_those_without_one_are_counted() {
        let mut stream = Stream::new(&table(), "at", Some("key")).unwrap();
        assert_eq!((stream.times.as_slice(), stream.timeless), ([10, 20, 30].as_slice(), 1));
        assert_eq!(stream.ids, ["1", "2", "3"]);
        stream.label("late", None, 5).unwrap();
        let labels = stream.labels.as_ref().unwrap();
        assert_eq!(labels.known, [Some(15), Some(25), Some(35)]);
        let json: Vec<_> = (0..3).map(|row| labels.json(row)).collect();
        assert_eq!(json, [Some("false".to_owned()), None, Some("true".to_owned())]);
    }

    #[test]
    fn rows_beyond_the_limit_go_out_neither_themselves_nor_as_labels() {
        let mut stream = Stream::new(&table(), "at", Some("key")).unwrap();
        stream.label("late", None, 5).unwrap();
        stream.limit(2);
        assert_eq!((stream.times.as_slice(), stream.table.rows()), ([10, 20].as_slice(), 2));
        assert_eq!(stream.labels.unwrap().known, [Some(15), Some(25)]);
    }

    fn of_instants(instants: &[i64]) -> Stream {
        let times = instants.iter().copied().map(Some).collect();
        Stream::new(&Table::new(vec![Column::new("at", Values::Time(times))]).unwrap(), "at", None).unwrap()
    }

    #[test]
    fn without_a_key_a_row_has_the_same_id_wherever_the_replay_begins() {
        let whole = of_instants(&[10, 10, 20, 20, 20, 30]);
        assert_eq!(whole.ids[..3], ["replay-10-0", "replay-10-1", "replay-20-0"]);
        assert_eq!(of_instants(&[20, 20, 20, 30]).ids, whole.ids[2..]);
    }

    #[test]
    fn a_request_holds_the_same_rows_wherever_the_replay_begins() {
        let batches =
            |stream: &Stream| -> Vec<_> { (0..stream.times.len()).map(|row| stream.batch(row, 2)).collect() };
        let whole = batches(&of_instants(&[10, 20, 20, 20, 30]));
        assert_eq!(whole, [0..1, 1..3, 1..3, 3..4, 4..5]);
        let later = batches(&of_instants(&[20, 20, 20, 30]));
        assert_eq!(later, [0..2, 0..2, 2..3, 3..4], "those of the whole, one row on");
    }

    #[test]
    fn a_misspelt_column_is_named_with_the_near_one() {
        let refused = Stream::new(&table(), "att", None).unwrap_err();
        assert!(refused.contains("did you mean `at`?"), "{refused}");
        let refused = Stream::new(&table(), "key", None).unwrap_err();
        assert!(refused.contains("holds numbers, not times"), "{refused}");
    }
}
