//! From the scores of a row to its class and probabilities, with ONNX Runtime's reading of
//! the cases that the format leaves open for two classes.

use std::collections::HashSet;

use super::{super::post_transform::logistic, PostTransform, read::RawLeaf};
use crate::{Problem, attributes::Node};

/// How a classifier decides.
pub(super) struct Decision {
    base: Vec<f32>,
    transform: PostTransform,
    /// Two classes, and the leaves speak of one of them only.
    one_sided: bool,
    /// No weight is negative: the scores are taken as probabilities.
    probabilities: bool,
}

impl Decision {
    pub(super) fn of(node: &Node<'_>, leaves: &[RawLeaf], classes: usize) -> Result<Self, Problem> {
        let base = node.floats("base_values").to_vec();
        if base.len() > classes {
            return Err(Problem::attribute("base_values", format!("at most {classes} values")));
        }
        let spoken_of: HashSet<i64> = leaves.iter().map(|leaf| leaf.target).collect();
        Ok(Self {
            base,
            transform: PostTransform::of(node)?,
            one_sided: classes == 2 && spoken_of.len() == 1,
            probabilities: leaves.iter().all(|leaf| leaf.weight >= 0.0),
        })
    }

    /// Replaces the scores by the final ones and gives the position of the class.
    pub(super) fn decide(&self, scores: &mut [f32], present: &mut [bool]) -> usize {
        match scores {
            [first, second] => self.binary([first, second], [present[0], present[1]]),
            _ => self.multiclass(scores, present),
        }
    }

    fn multiclass(&self, scores: &mut [f32], present: &mut [bool]) -> usize {
        for ((score, present), base) in scores.iter_mut().zip(&mut *present).zip(&self.base) {
            *score += base;
            *present = true;
        }
        let mut best: Option<usize> = None;
        for position in (0..scores.len()).filter(|position| present[*position]) {
            if best.is_none_or(|best| scores[position] > scores[best]) {
                best = Some(position);
            }
        }
        self.transform.apply(scores);
        best.unwrap_or_default()
    }

    fn binary(&self, [first, second]: [&mut f32; 2], [present_first, two_scores]: [bool; 2]) -> usize {
        match *self.base {
            [_, base] if two_scores => {
                *second = base + *first;
                *first = -*second;
            }
            [base_first, base_second] => {
                *first += base_first;
                *second += base_second;
            }
            [base] => *first += base,
            _ => {}
        }
        let positive = if two_scores { *second } else { *first };
        let threshold = if self.one_sided && self.probabilities { 0.5 } else { 0.0 };
        let mut both = self.spread(positive);
        if two_scores || self.base.len() == 2 {
            // A class that no leaf spoke of counts as 0, whatever its base value.
            both = [if present_first { *first } else { 0.0 }, if two_scores { *second } else { 0.0 }];
            self.transform.apply(&mut both);
        }
        [*first, *second] = both;
        usize::from(positive > threshold)
    }

    /// The scores of both classes from the one there is.
    fn spread(&self, score: f32) -> [f32; 2] {
        if !self.one_sided && !self.base.is_empty() {
            // ONNX Runtime leaves the second open here.
            return [score, 0.0];
        }
        match self.transform {
            PostTransform::Logistic => [logistic(-score), logistic(score)],
            _ if self.one_sided && self.probabilities => [1.0 - score, score],
            _ => [-score, score],
        }
    }
}
