use serde::{Deserialize, Serialize};

/// Decisions against the truth, in rows.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Confusion {
    /// Said yes, was yes.
    pub true_positive: f64,
    /// Said yes, was no.
    pub false_positive: f64,
    /// Said no, was no.
    pub true_negative: f64,
    /// Said no, was yes.
    pub false_negative: f64,
}

impl Confusion {
    /// Counts one row, or `weight` rows, of this decision and truth.
    pub fn count(&mut self, decision: bool, truth: bool, weight: f64) {
        let cell = match (decision, truth) {
            (true, true) => &mut self.true_positive,
            (true, false) => &mut self.false_positive,
            (false, false) => &mut self.true_negative,
            (false, true) => &mut self.false_negative,
        };
        *cell += weight;
    }

    /// Of those said yes, the share that were; nothing when none was.
    pub fn precision(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_positive)
    }

    /// Of those that were yes, the share said so; nothing when none was.
    pub fn recall(&self) -> Option<f64> {
        share(self.true_positive, self.true_positive + self.false_negative)
    }

    /// The harmonic mean of precision and recall; nothing when nothing was or was said yes.
    pub fn f1(&self) -> Option<f64> {
        share(2.0 * self.true_positive, 2.0 * self.true_positive + self.false_positive + self.false_negative)
    }
}

fn share(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
