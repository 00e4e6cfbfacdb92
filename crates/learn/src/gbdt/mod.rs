//! Gradient-boosted trees on histograms, grown leaf by leaf.
//!
//! Columns are cut into at most 255 bins once; every tree then only counts. The method is the one
//! of LightGBM (Ke et al., 2017) with Newton leaves (Chen and Guestrin, 2016): a node's histogram
//! is its parent's less its sibling's, the leaf with the largest gain is split next, and missing
//! values go to the side where they help. Called by `candidates`, `feasibility` and `train`.

mod bins;
mod boost;
mod grow;
mod histogram;
mod tree;

pub(crate) use bins::Bins;
pub(crate) use boost::{Data, Fit, Fitting, fit};
pub(crate) use tree::{Ensemble, Node};

/// How trees are grown and when growing ends.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Settings {
    /// The most rounds; each grows a tree an output.
    pub(crate) rounds: usize,
    /// What share of each tree's correction is taken.
    pub(crate) learning_rate: f64,
    /// The most leaves of a tree.
    pub(crate) leaves: usize,
    /// The fewest rows in a leaf.
    pub(crate) min_rows: u32,
    /// The least sum of second derivatives in a leaf.
    pub(crate) min_weight: f64,
    /// Penalty on the square of a leaf's value.
    pub(crate) l2: f64,
    /// Rounds without a better validation loss after which growing ends.
    pub(crate) patience: usize,
    /// The share of columns each tree may split on.
    pub(crate) column_share: f64,
    /// Seeds the choice of columns.
    pub(crate) seed: u64,
    /// Threads that count histograms. The result does not depend on it.
    pub(crate) threads: usize,
}

impl Settings {
    /// What suits data of this size.
    pub(crate) fn suited(rows: usize, outputs: usize) -> Self {
        // Small data overfits with large trees, and several classes grow several trees a round.
        let leaves = match rows {
            0..2_000 => 8,
            50_000.. if outputs == 1 => 63,
            _ => 31,
        };
        let min_rows = match rows {
            0..2_000 => 10,
            2_000..20_000 => 20,
            // Rows near in time share their weather or their market: a leaf must span several such groups.
            _ => 100,
        };
        Self {
            rounds: 500,
            learning_rate: 0.06,
            leaves,
            min_rows,
            min_weight: 1e-3,
            l2: if rows < 20_000 { 1.0 } else { 10.0 },
            patience: 30,
            column_share: 0.4,
            seed: 0,
            threads: 1,
        }
    }
}

#[cfg(test)]
mod tests;
