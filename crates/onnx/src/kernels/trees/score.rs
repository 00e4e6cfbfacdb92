//! What the leaves that a row reaches add up to.

use super::ensemble::{Ensemble, LANES, Weights};
use crate::{Problem, attributes::Node};

/// How the weights of several leaves become one score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aggregate {
    Sum,
    Average,
    Min,
    Max,
}

/// Scores, row after row.
pub(super) struct Scores {
    pub(super) values: Vec<f32>,
    /// Whether any leaf had a weight for the score.
    pub(super) present: Vec<bool>,
}

impl Aggregate {
    pub(super) fn of(node: &Node<'_>) -> Result<Self, Problem> {
        Ok(match node.text("aggregate_function")? {
            None | Some("SUM") => Self::Sum,
            Some("AVERAGE") => Self::Average,
            Some("MIN") => Self::Min,
            Some("MAX") => Self::Max,
            Some(other) => {
                let known = "SUM, AVERAGE, MIN or MAX";
                return Err(Problem::attribute("aggregate_function", format!("{known}, not {other}")));
            }
        })
    }

    /// Takes one more weight into a score.
    #[inline]
    fn take(self, score: &mut f32, present: &mut bool, weight: f32) {
        let better = match self {
            Self::Sum | Self::Average => {
                *score += weight;
                false
            }
            Self::Min => !*present || weight < *score,
            Self::Max => !*present || weight > *score,
        };
        if better {
            *score = weight;
        }
        *present = true;
    }

    /// Turns sums into averages where these are asked for.
    pub(super) fn finish(self, scores: &mut Scores, ensemble: &Ensemble) {
        if self == Self::Average {
            let count = ensemble.trees.len().max(1) as f32;
            scores.values.iter_mut().for_each(|score| *score /= count);
        }
    }
}

/// The scores of rows, each of which has at least [`Ensemble::columns`] values.
///
/// Many rows go through one tree together, so that the tree stays in the cache; rows that are left over
/// go through many trees at once. Either way a row takes the trees in their order.
pub(super) fn score(ensemble: &Ensemble, aggregate: Aggregate, values: &[f32], rows: usize) -> Scores {
    let count = rows * ensemble.targets;
    let mut scores = Scores { values: vec![0.0; count], present: vec![false; count] };
    let columns = values.len().checked_div(rows).unwrap_or_default();
    let row = |row: usize| &values[row * columns..(row + 1) * columns];
    let together = rows - rows % LANES;
    for tree in &ensemble.trees {
        for start in (0..together).step_by(LANES) {
            let lanes: [&[f32]; LANES] = std::array::from_fn(|lane| row(start + lane));
            for (lane, leaf) in ensemble.rows(tree, lanes).into_iter().enumerate() {
                scores.add(ensemble, aggregate, start + lane, leaf);
            }
        }
    }
    for rest in together..rows {
        let (groups, left) = ensemble.trees.as_chunks::<LANES>();
        for group in groups {
            for leaf in ensemble.trees(group, row(rest)) {
                scores.add(ensemble, aggregate, rest, leaf);
            }
        }
        for tree in left {
            let [leaf] = ensemble.rows(tree, [row(rest)]);
            scores.add(ensemble, aggregate, rest, leaf);
        }
    }
    scores
}

impl Scores {
    #[inline]
    fn add(&mut self, ensemble: &Ensemble, aggregate: Aggregate, row: usize, leaf: u32) {
        match &ensemble.weights {
            Weights::One(weights) => {
                aggregate.take(&mut self.values[row], &mut self.present[row], weights[leaf as usize]);
            }
            Weights::Many { starts, outputs } => {
                let range = starts[leaf as usize] as usize..starts[leaf as usize + 1] as usize;
                for (target, weight) in &outputs[range] {
                    let position = row * ensemble.targets + *target as usize;
                    aggregate.take(&mut self.values[position], &mut self.present[position], *weight);
                }
            }
        }
    }
}
