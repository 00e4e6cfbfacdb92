//! The loss of one row, measured or expected.

use serde::{Deserialize, Serialize};
use stats::PROBABILITY_FLOOR;

/// How the loss of a row is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Measure {
    /// The log loss of the probability of the positive class, in nats.
    LogLoss,
    /// The squared error, in the square of the target's unit.
    SquaredError,
}

impl Measure {
    /// Its name in sentences.
    pub fn name(self) -> &'static str {
        match self {
            Self::LogLoss => "log loss",
            Self::SquaredError => "squared error",
        }
    }

    /// The loss of a guess.
    ///
    /// The truth may also be a probability, and then the loss is the one to be expected: the cross-entropy, which is
    /// what CBPE gives when the truth is the guess itself.
    pub fn loss(self, guess: f64, truth: f64) -> f64 {
        match self {
            Self::LogLoss => {
                let guess = guess.clamp(PROBABILITY_FLOOR, 1.0 - PROBABILITY_FLOOR);
                -truth * guess.ln() - (1.0 - truth) * (1.0 - guess).ln()
            }
            Self::SquaredError => (guess - truth) * (guess - truth),
        }
    }
}
