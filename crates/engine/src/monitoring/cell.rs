use base::{Hash, Timestamp};
use serving::capture::Captured;
use table::Table;

/// The most rows of one window and version that are held; of more, an even sample by the hash of their ids.
pub(super) const MOST_ROWS: usize = 20_000;

/// Pieces that are joined at the latest, so that many small ones take no more than a few large ones.
const PIECES: usize = 64;

/// The rows that one version of a model answered in one window.
#[derive(Debug, Default)]
pub(super) struct Cell {
    pieces: Vec<Table>,
    pub(super) ids: Vec<String>,
    pub(super) events: Vec<i64>,
    pub(super) predictions: Vec<f64>,
    pub(super) width: usize,
    pub(super) latencies_ms: Vec<f64>,
    pub(super) labels: Vec<Option<f64>>,
    pub(super) delays: Vec<Option<f64>>,
    /// Rows that came, those that were left out of the sample included.
    pub(super) seen: u64,
    /// Rows are held whose hash begins with this many zero bits.
    level: u32,
    /// Whether rows or labels came since it was last assessed.
    pub(super) changed: bool,
}

impl Cell {
    /// Adds those rows of a piece; says from which place on rows are new, or have moved.
    pub(super) fn add(&mut self, captured: &Captured, rows: &[usize], events: &[i64]) -> usize {
        let mut from = self.ids.len();
        self.seen += rows.len() as u64;
        self.changed = true;
        self.width = captured.header.width();
        let kept: Vec<usize> = rows.iter().copied().filter(|row| self.holds(&captured.ids[*row])).collect();
        let taken = captured.take(&kept);
        self.events.extend(kept.iter().map(|row| events[*row]));
        self.labels.resize(self.labels.len() + kept.len(), None);
        self.delays.resize(self.delays.len() + kept.len(), None);
        self.ids.extend(taken.ids);
        self.latencies_ms.extend(taken.latency.iter().map(|micros| f64::from(*micros) / 1e3));
        self.predictions.extend(taken.predictions);
        self.pieces.push(taken.inputs);
        if self.pieces.len() >= PIECES {
            self.table();
        }
        while self.ids.len() > MOST_ROWS {
            self.thin();
            from = 0;
        }
        from
    }

    /// The inputs of the rows, as one table.
    pub(super) fn table(&mut self) -> &Table {
        if self.pieces.len() != 1 {
            let mut pieces = std::mem::take(&mut self.pieces).into_iter();
            let first = pieces.next().unwrap_or_default();
            self.pieces.push(pieces.fold(first, |all, piece| all.append(&piece)));
        }
        &self.pieces[0]
    }

    /// Notes the label of a row, and how long after its event it was known; false when it had it already.
    pub(super) fn label(&mut self, row: usize, value: f64, known: Option<Timestamp>) -> bool {
        let delay = known.map(|known| (known.micros() - self.events[row]) as f64 / 1e6);
        let new = self.labels[row] != Some(value);
        self.labels[row] = Some(value);
        self.delays[row] = delay.filter(|delay| *delay >= 0.0);
        self.changed |= new;
        new
    }

    fn holds(&self, id: &str) -> bool {
        self.level == 0 || leading_zeros(id) >= self.level
    }

    /// Halves the sample.
    fn thin(&mut self) {
        self.level += 1;
        let kept: Vec<usize> = (0..self.ids.len()).filter(|row| self.holds(&self.ids[*row])).collect();
        let table = self.table().take(&kept);
        self.pieces = vec![table];
        let width = self.width;
        let prediction = |row: &usize| self.predictions[row * width..(row + 1) * width].to_vec();
        self.predictions = kept.iter().flat_map(prediction).collect();
        self.ids = kept.iter().map(|row| std::mem::take(&mut self.ids[*row])).collect();
        self.events = kept.iter().map(|row| self.events[*row]).collect();
        self.latencies_ms = kept.iter().map(|row| self.latencies_ms[*row]).collect();
        self.labels = kept.iter().map(|row| self.labels[*row]).collect();
        self.delays = kept.iter().map(|row| self.delays[*row]).collect();
    }
}

/// The same for an id wherever it is asked, and even over ids whatever they look like.
fn leading_zeros(id: &str) -> u32 {
    Hash::of(id).prefix().leading_zeros()
}
