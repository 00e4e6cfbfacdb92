//! One tree: the leaf with the largest gain is split until none gains or there are enough.

use std::ops::Range;

use crate::{
    gbdt::{
        Settings,
        bins::{Bins, MISSING},
        histogram::{Counter, Histogram, Sum},
        tree::{Node, Tree},
    },
    objective::Gradient,
};

/// A gain below this is rounding, not learning.
const LEAST_GAIN: f64 = 1e-7;
/// Histograms of the leaves of one tree may take this much memory together.
const HISTOGRAM_BYTES: usize = 256 << 20;

/// What growing needs that outlives a tree.
pub(crate) struct Grower<'a> {
    bins: &'a Bins,
    settings: &'a Settings,
    leaves: usize,
    /// Row numbers; the rows of a leaf lie together.
    rows: Vec<u32>,
    spare_rows: Vec<u32>,
    spare_histograms: Vec<Histogram>,
}

struct Leaf {
    node: usize,
    rows: Range<usize>,
    sum: Sum,
    histogram: Histogram,
    split: Option<Split>,
}

#[derive(Debug, Clone, Copy)]
struct Split {
    gain: f64,
    column: usize,
    bin: u8,
    missing_left: bool,
    left: Sum,
}

impl<'a> Grower<'a> {
    pub(crate) fn new(bins: &'a Bins, settings: &'a Settings) -> Self {
        let rows = u32::try_from(bins.rows()).expect("fewer than 2^32 rows");
        let affordable = HISTOGRAM_BYTES / Histogram::bytes(bins).max(1);
        Self {
            bins,
            settings,
            leaves: settings.leaves.min(affordable.max(4)),
            rows: (0..rows).collect(),
            spare_rows: vec![0; bins.rows()],
            spare_histograms: Vec::new(),
        }
    }

    /// Grows a tree on these columns and adds each row's leaf value to `added`.
    pub(crate) fn grow(
        &mut self,
        gradients: &[Gradient],
        columns: &[usize],
        mut added: impl FnMut(usize, f32),
    ) -> Tree {
        let counter = Counter::new(self.bins, columns, gradients, self.settings.threads);
        let mut nodes = vec![Node::Leaf(0.0)];
        let mut leaves = vec![self.root(&counter)];
        while leaves.len() < self.leaves {
            let Some(position) = best(&leaves) else { break };
            let leaf = leaves.swap_remove(position);
            let (left, right) = self.split(leaf, &counter, &mut nodes);
            leaves.extend([left, right]);
        }
        for leaf in leaves {
            let value = self.value(leaf.sum);
            nodes[leaf.node] = Node::Leaf(value);
            self.rows[leaf.rows].iter().for_each(|row| added(*row as usize, value));
            self.spare_histograms.push(leaf.histogram);
        }
        Tree { nodes }
    }

    fn value(&self, sum: Sum) -> f32 {
        (-self.settings.learning_rate * sum.first / (sum.second + self.settings.l2)) as f32
    }

    fn root(&mut self, counter: &Counter<'_>) -> Leaf {
        // Rows are put back in order: the layout left by the last tree would scatter every read.
        self.rows.iter_mut().zip(0..).for_each(|(row, position)| *row = position);
        let sum = counter.total();
        let histogram = self.count(0..self.rows.len(), counter);
        let split = self.best_split(&histogram, sum, counter.columns());
        Leaf { node: 0, rows: 0..self.rows.len(), sum, histogram, split }
    }

    fn count(&mut self, rows: Range<usize>, counter: &Counter<'_>) -> Histogram {
        let mut histogram = self.spare_histograms.pop().unwrap_or_else(|| Histogram::empty(self.bins));
        counter.count(&self.rows[rows], &mut histogram);
        histogram
    }

    fn split(&mut self, leaf: Leaf, counter: &Counter<'_>, nodes: &mut Vec<Node>) -> (Leaf, Leaf) {
        let split = leaf.split.expect("only a leaf with a split is chosen");
        let (left_rows, right_rows) = self.partition(leaf.rows, split);
        let (left_sum, right_sum) = (split.left, leaf.sum.minus(split.left));
        let left_is_smaller = left_rows.len() <= right_rows.len();
        let smaller_rows = if left_is_smaller { left_rows.clone() } else { right_rows.clone() };
        let smaller = self.count(smaller_rows, counter);
        let mut larger = leaf.histogram;
        counter.subtract(&smaller, &mut larger);
        let (left_histogram, right_histogram) =
            if left_is_smaller { (smaller, larger) } else { (larger, smaller) };
        let (left, right) = (nodes.len(), nodes.len() + 1);
        nodes.extend([Node::Leaf(0.0), Node::Leaf(0.0)]);
        nodes[leaf.node] = Node::Split {
            column: split.column,
            threshold: self.bins.threshold(split.column, split.bin),
            missing_left: split.missing_left,
            left,
            right,
        };
        let leaf = |node, rows, sum, histogram| {
            let split = self.best_split(&histogram, sum, counter.columns());
            Leaf { node, rows, sum, histogram, split }
        };
        (leaf(left, left_rows, left_sum, left_histogram), leaf(right, right_rows, right_sum, right_histogram))
    }

    /// Moves the rows that go left before those that go right, each in their order.
    fn partition(&mut self, range: Range<usize>, split: Split) -> (Range<usize>, Range<usize>) {
        let column = self.bins.column(split.column);
        let (mut kept, mut moved) = (range.start, 0);
        for position in range.clone() {
            let row = self.rows[position];
            let code = column.code(row as usize);
            let goes_left = (code <= split.bin) | (split.missing_left & (code == MISSING));
            // Both are written and one counts: which way a row goes is too hard to guess for a branch.
            self.rows[kept] = row;
            self.spare_rows[moved] = row;
            kept += usize::from(goes_left);
            moved += usize::from(!goes_left);
        }
        self.rows[kept..range.end].copy_from_slice(&self.spare_rows[..moved]);
        (range.start..kept, kept..range.end)
    }

    fn best_split(&self, histogram: &Histogram, sum: Sum, columns: &[usize]) -> Option<Split> {
        let mut best: Option<Split> = None;
        for column in columns {
            self.scan(*column, histogram.column(*column), sum, &mut best);
        }
        best
    }

    /// Tries every threshold of a column with the missing values on either side.
    fn scan(&self, column: usize, bins: &[Sum], sum: Sum, best: &mut Option<Split>) {
        let missing = bins[usize::from(MISSING)];
        let count = self.bins.count(column);
        let mut seen = Sum::default();
        // With missing values there is one more cut: all numbers against the missing.
        let cuts = if missing.rows > 0 { count } else { count - 1 };
        for (bin, here) in bins[..cuts].iter().enumerate() {
            seen = seen.plus(*here);
            let bin = bin as u8;
            if missing.rows > 0 {
                self.consider(
                    Split { gain: 0.0, column, bin, missing_left: true, left: seen.plus(missing) },
                    sum,
                    best,
                );
                self.consider(Split { gain: 0.0, column, bin, missing_left: false, left: seen }, sum, best);
            } else if here.rows > 0 {
                // Nothing here says where a missing value belongs: it joins the larger side.
                let missing_left = seen.rows * 2 > sum.rows;
                self.consider(Split { gain: 0.0, column, bin, missing_left, left: seen }, sum, best);
            }
        }
    }

    fn consider(&self, split: Split, sum: Sum, best: &mut Option<Split>) {
        let left = split.left;
        let Settings { min_rows, min_weight, l2, .. } = *self.settings;
        if left.rows < min_rows || sum.rows - left.rows < min_rows {
            return;
        }
        let right = sum.minus(left);
        if left.second < min_weight || right.second < min_weight {
            return;
        }
        let score = |side: Sum| side.first * side.first / (side.second + l2);
        let gain = score(left) + score(right) - score(sum);
        if gain > best.map_or(LEAST_GAIN, |best| best.gain) {
            *best = Some(Split { gain, ..split });
        }
    }
}

/// The leaf whose split gains most; the first of equals.
fn best(leaves: &[Leaf]) -> Option<usize> {
    let mut best: Option<(f64, usize)> = None;
    for (position, leaf) in leaves.iter().enumerate() {
        if let Some(split) = leaf.split
            && best.is_none_or(|(gain, _)| split.gain > gain)
        {
            best = Some((split.gain, position));
        }
    }
    best.map(|(_, position)| position)
}
