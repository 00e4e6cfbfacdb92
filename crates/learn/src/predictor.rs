//! A fitted candidate, of whichever kind.

use crate::{calibration::Calibration, gbdt::Ensemble, linear, matrix::Matrix, objective::Objective};

/// What was learned.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Learned {
    Linear(linear::Model),
    Trees(Ensemble),
}

impl Learned {
    /// The margins of every row, row-major.
    pub(crate) fn margins(&self, matrix: &Matrix) -> Vec<f64> {
        match self {
            Self::Linear(model) => model.margins(matrix),
            Self::Trees(ensemble) => ensemble.margins(matrix),
        }
    }
}

/// What is exported: what was learned, and the correction of its probabilities.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Predictor {
    pub(crate) objective: Objective,
    pub(crate) learned: Learned,
    pub(crate) calibration: Option<Calibration>,
}

impl Predictor {
    /// Probabilities or values, as the exported model gives them.
    #[cfg(test)]
    pub(crate) fn predictions(&self, matrix: &Matrix) -> Vec<f64> {
        predictions(self.objective, self.calibration, &self.learned.margins(matrix))
    }
}

/// Probabilities or values of these margins, corrected.
pub(crate) fn predictions(
    objective: Objective,
    calibration: Option<Calibration>,
    margins: &[f64],
) -> Vec<f64> {
    match calibration {
        Some(calibration) => objective.predictions(&calibration.apply(margins)),
        None => objective.predictions(margins),
    }
}
