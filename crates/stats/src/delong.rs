use crate::{Difference, rank::midranks};

/// The area under the ROC curve with the placement values that its variance rests on.
///
/// DeLong, DeLong and Clarke-Pearson, "Comparing the areas under two or more correlated
/// receiver operating characteristic curves", Biometrics 44 (1988), computed from midranks as
/// in Sun and Xu, IEEE Signal Processing Letters 21 (2014).
#[derive(Debug, Clone, PartialEq)]
pub struct Auc {
    /// The probability that a positive row scores higher than a negative one, ties counting half.
    pub value: f64,
    /// For each positive row, the share of negatives it beats.
    positives: Vec<f64>,
    /// For each negative row, the share of positives that beat it.
    negatives: Vec<f64>,
}

impl Auc {
    /// The area for these scores; nothing unless both classes are there and no score is NaN.
    pub fn of(scores: &[f64], labels: &[bool]) -> Option<Self> {
        let pick = |wanted: bool| -> Vec<f64> {
            scores
                .iter()
                .zip(labels)
                .filter(|(_, label)| **label == wanted)
                .map(|(score, _)| *score)
                .collect()
        };
        let (positive, negative) = (pick(true), pick(false));
        if positive.is_empty() || negative.is_empty() || scores.iter().any(|score| score.is_nan()) {
            return None;
        }
        let (m, n) = (positive.len() as f64, negative.len() as f64);
        let all: Vec<f64> = positive.iter().chain(&negative).copied().collect();
        let together = midranks(&all);
        let within_positive = midranks(&positive);
        let within_negative = midranks(&negative);
        let (of_positive, of_negative) = together.split_at(positive.len());
        let positives: Vec<f64> =
            of_positive.iter().zip(&within_positive).map(|(all, own)| (all - own) / n).collect();
        let negatives: Vec<f64> =
            of_negative.iter().zip(&within_negative).map(|(all, own)| 1.0 - (all - own) / m).collect();
        let value = positives.iter().sum::<f64>() / m;
        Some(Self { value, positives, negatives })
    }

    /// The variance of the area; nothing with fewer than two rows of a class.
    pub fn variance(&self) -> Option<f64> {
        let of = |placements: &[f64]| Some(covariance(placements, placements)? / placements.len() as f64);
        Some(of(&self.positives)? + of(&self.negatives)?)
    }
}

/// The area under the ROC curve alone; nothing unless both classes are there.
pub fn roc_auc(scores: &[f64], labels: &[bool]) -> Option<f64> {
    Auc::of(scores, labels).map(|auc| auc.value)
}

/// How much larger one area is than another on the same rows, by DeLong's paired variance.
///
/// Nothing when the areas are not of the same rows or a class has fewer than two.
pub fn paired_auc(better: &Auc, than: &Auc) -> Option<Difference> {
    let (m, n) = (better.positives.len(), better.negatives.len());
    if (m, n) != (than.positives.len(), than.negatives.len()) {
        return None;
    }
    let difference = |one: &[f64], other: &[f64]| -> Vec<f64> {
        one.iter().zip(other).map(|(one, other)| one - other).collect()
    };
    let positives = difference(&better.positives, &than.positives);
    let negatives = difference(&better.negatives, &than.negatives);
    let variance =
        covariance(&positives, &positives)? / m as f64 + covariance(&negatives, &negatives)? / n as f64;
    let value = better.value - than.value;
    Some(Difference { value, standard_error: variance.max(0.0).sqrt(), rows: (m + n) as u64 })
}

fn covariance(one: &[f64], other: &[f64]) -> Option<f64> {
    if one.len() < 2 {
        return None;
    }
    let count = one.len() as f64;
    let mean_one = one.iter().sum::<f64>() / count;
    let mean_other = other.iter().sum::<f64>() / count;
    let products = one.iter().zip(other).map(|(one, other)| (one - mean_one) * (other - mean_other));
    Some(products.sum::<f64>() / (count - 1.0))
}
