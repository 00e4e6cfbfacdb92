use serde::{Deserialize, Serialize};
use stats::drift::{CategoryCounts, NumberCounts};

/// Both distributions of a column in a few bins, for charts; shares of the rows with a value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Histogram {
    /// Nothing to show.
    Empty,
    /// Bins of numbers, each open below and closed above, the outer two reaching to infinity.
    Numbers {
        /// The inner edges, one fewer than there are bins.
        edges: Vec<f64>,
        /// The reference's share in each bin.
        reference: Vec<f64>,
        /// The current share in each bin.
        current: Vec<f64>,
    },
    /// The commonest categories, and all others in a last bin.
    Categories {
        /// Their names, one fewer than there are bins when some are not named.
        names: Vec<String>,
        /// The reference's share in each bin.
        reference: Vec<f64>,
        /// The current share in each bin.
        current: Vec<f64>,
    },
}

impl Histogram {
    /// Equally wide bins between the 1st and the 99th percentile of the reference.
    pub(super) fn of_numbers(reference: &NumberCounts, current: &NumberCounts, bins: usize) -> Self {
        let Some(ends) = reference.quantiles(&[0.01, 0.99]).or_else(|| current.quantiles(&[0.01, 0.99]))
        else {
            return Self::Empty;
        };
        let step = (ends[1] - ends[0]) / bins.saturating_sub(2).max(1) as f64;
        let edges = (0..bins.saturating_sub(1)).map(|edge| ends[0] + edge as f64 * step);
        let mut edges: Vec<f64> = edges.filter(|edge| edge.is_finite()).collect();
        edges.dedup();
        let (one, other) = (reference.in_bins(&edges), current.in_bins(&edges));
        Self::Numbers {
            edges,
            reference: shares(&one, reference.total()),
            current: shares(&other, current.total()),
        }
    }

    /// The categories of most rows in either sample.
    pub(super) fn of_categories(reference: &CategoryCounts, current: &CategoryCounts, bins: usize) -> Self {
        if reference.total() + current.total() == 0 {
            return Self::Empty;
        }
        let mut commonest: Vec<(u64, &str)> = top(reference, bins);
        commonest.extend(top(current, bins));
        commonest.sort_unstable_by(|one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
        let mut names: Vec<String> = Vec::new();
        for (_, category) in commonest {
            if names.len() + 1 < bins && !names.iter().any(|name| name == category) {
                names.push(category.to_owned());
            }
        }
        let rows = |counts: &CategoryCounts| {
            let mut rows: Vec<u64> = names.iter().map(|name| counts.count(name)).collect();
            rows.push(counts.total() - rows.iter().sum::<u64>());
            shares(&rows, counts.total())
        };
        let (mut reference, mut current) = (rows(reference), rows(current));
        if reference.last() == Some(&0.0) && current.last() == Some(&0.0) {
            reference.pop();
            current.pop();
        }
        Self::Categories { names, reference, current }
    }
}

fn top(counts: &CategoryCounts, most: usize) -> Vec<(u64, &str)> {
    let mut all: Vec<(u64, &str)> = counts.iter().map(|(category, count)| (count, category)).collect();
    if all.len() > most {
        all.select_nth_unstable_by(most, |one, other| other.0.cmp(&one.0).then(one.1.cmp(other.1)));
        all.truncate(most);
    }
    all
}

fn shares(rows: &[u64], total: u64) -> Vec<f64> {
    rows.iter().map(|rows| *rows as f64 / total.max(1) as f64).collect()
}
