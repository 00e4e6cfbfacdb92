use std::{ops::Range, sync::Arc};

use table::{Table, Values};

use super::{header::Header, outcome::Outcome};

/// Requests that one version of a model answered, row by row, and those that failed.
///
/// Everything with a value a row has the same length, that of `ids`.
#[derive(Debug, Clone, PartialEq)]
pub struct Captured {
    /// What answered and what the columns are.
    pub header: Arc<Header>,
    /// The ids of the rows, by which labels name them.
    pub ids: Vec<String>,
    /// The place of each row's request in its journal; requests come in the order in which they were answered.
    pub sequence: Vec<u64>,
    /// When each row's request had arrived, in microseconds since 1970.
    pub received: Vec<i64>,
    /// How long its answer took, in microseconds.
    pub latency: Vec<u32>,
    /// What the model took, by column; missing values are as in [`table::Values`].
    pub inputs: Table,
    /// [`Header::width`] predictions a row, row after row.
    pub predictions: Vec<f64>,
    /// The requests that got no predictions.
    pub failures: Vec<Failure>,
}

/// A request that got no predictions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// Its id.
    pub id: String,
    /// Its place in its journal.
    pub sequence: u64,
    /// When it had arrived, in microseconds since 1970.
    pub received: i64,
    /// How long the answer took, in microseconds.
    pub latency: u32,
    /// Whose fault it was.
    pub outcome: Outcome,
}

impl Captured {
    /// The number of rows with predictions.
    pub fn rows(&self) -> usize {
        self.ids.len()
    }

    /// Whether there are neither rows nor failures.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty() && self.failures.is_empty()
    }

    /// The rows at these positions, without the failures.
    ///
    /// # Panics
    /// When a position is not below [`Captured::rows`].
    #[must_use]
    pub fn take(&self, positions: &[usize]) -> Self {
        let width = self.header.width();
        let prediction = |row: &usize| &self.predictions[row * width..(row + 1) * width];
        Self {
            header: Arc::clone(&self.header),
            ids: positions.iter().map(|row| self.ids[*row].clone()).collect(),
            sequence: positions.iter().map(|row| self.sequence[*row]).collect(),
            received: positions.iter().map(|row| self.received[*row]).collect(),
            latency: positions.iter().map(|row| self.latency[*row]).collect(),
            inputs: self.inputs.take(positions),
            predictions: positions.iter().flat_map(prediction).copied().collect(),
            failures: Vec::new(),
        }
    }

    /// What came at these places of the journal.
    #[must_use]
    pub fn within(self, places: &Range<u64>) -> Self {
        let failures =
            self.failures.iter().filter(|failure| places.contains(&failure.sequence)).cloned().collect();
        // Rows stand in the order of their places.
        let ends = [self.sequence.first(), self.sequence.last()];
        if ends.into_iter().flatten().all(|end| places.contains(end)) {
            return Self { failures, ..self };
        }
        let inside: Vec<usize> =
            (0..self.rows()).filter(|row| places.contains(&self.sequence[*row])).collect();
        Self { failures, ..self.take(&inside) }
    }

    /// The event time of each row in microseconds since 1970: the input of this name, and the time of
    /// receipt where that is missing, is no time, or no name is given.
    pub fn event_times(&self, input: Option<&str>) -> Vec<i64> {
        match input.and_then(|name| self.inputs.column(name)).map(|column| &column.values) {
            Some(Values::Time(times)) => {
                times.iter().zip(&self.received).map(|(time, received)| time.unwrap_or(*received)).collect()
            }
            _ => self.received.clone(),
        }
    }
}
