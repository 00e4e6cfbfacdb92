//! Makes probabilities mean what they say, where they do not already.
//!
//! Platt scaling for two classes (a slope and a shift of the log odds), temperature scaling for more
//! (a slope alone; Guo et al., 2017), fitted on validation rows. Both keep the order of rows. Called by
//! `train` for the chosen candidate.

use serde::{Deserialize, Serialize};

use crate::{
    lbfgs, loss,
    objective::{Gradient, Objective},
};

/// A smaller drop of the validation log loss than this share is as likely chance as calibration.
const WORTHWHILE: f64 = 0.005;

/// Calibrated margin = `slope` × margin + `shift`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Calibration {
    pub(crate) slope: f64,
    pub(crate) shift: f64,
}

impl Calibration {
    /// The correction with the least log loss, if it is one that is worth making.
    pub(crate) fn fit(objective: Objective, margins: &[f64], targets: &[f64]) -> Option<Self> {
        if objective == Objective::Squared {
            return None;
        }
        let found = lbfgs::minimise(vec![1.0, 0.0], 100, &mut |at, slope| {
            evaluate(objective, (margins, targets), Self { slope: at[0], shift: at[1] }, slope)
        });
        let calibration = Self { slope: found[0], shift: found[1] };
        let loss = |margins: &[f64]| loss::total(objective, &objective.predictions(margins), targets);
        let drop = 1.0 - loss(&calibration.apply(margins)) / loss(margins);
        (calibration.slope > 0.0 && drop > WORTHWHILE).then_some(calibration)
    }

    pub(crate) fn apply(&self, margins: &[f64]) -> Vec<f64> {
        margins.iter().map(|margin| self.slope * margin + self.shift).collect()
    }
}

fn evaluate(
    objective: Objective,
    (margins, targets): (&[f64], &[f64]),
    at: Calibration,
    slope: &mut [f64],
) -> f64 {
    let outputs = objective.outputs();
    let calibrated = at.apply(margins);
    let mut gradients = vec![Gradient::default(); targets.len()];
    slope.fill(0.0);
    for output in 0..outputs {
        objective.gradients(&calibrated, targets, output, &mut gradients);
        for (gradient, margins) in gradients.iter().zip(margins.chunks_exact(outputs)) {
            slope[0] += f64::from(gradient.first) * margins[output];
            // One shift for all classes changes no probability.
            slope[1] += if outputs == 1 { f64::from(gradient.first) } else { 0.0 };
        }
    }
    let rows = targets.len() as f64;
    slope.iter_mut().for_each(|slope| *slope /= rows);
    loss::total(objective, &objective.predictions(&calibrated), targets)
}

#[cfg(test)]
mod tests {
    use base::Random;

    use super::Calibration;
    use crate::objective::{Objective, sigmoid};

    fn drawn(rows: usize) -> (Vec<f64>, Vec<f64>) {
        let mut random = Random::new(1);
        (0..rows)
            .map(|_| {
                let margin = random.unit() * 6.0 - 3.0;
                (margin, f64::from(u8::from(random.unit() < sigmoid(margin))))
            })
            .unzip()
    }

    #[test]
    fn overconfident_margins_are_drawn_back() {
        let (margins, targets) = drawn(20_000);
        let wrong: Vec<f64> = margins.iter().map(|margin| 3.0 * margin + 1.0).collect();
        let found = Calibration::fit(Objective::Logistic, &wrong, &targets).unwrap();
        assert!(
            (found.slope - 1.0 / 3.0).abs() < 0.02 && (found.shift + 1.0 / 3.0).abs() < 0.05,
            "{found:?}"
        );
    }

    #[test]
    fn calibrated_margins_are_left_alone() {
        let (margins, targets) = drawn(5_000);
        assert_eq!(Calibration::fit(Objective::Logistic, &margins, &targets), None);
    }

    #[test]
    fn several_classes_share_a_temperature() {
        let (margins, targets) = drawn(20_000);
        let wrong: Vec<f64> = margins.iter().flat_map(|margin| [0.0, 4.0 * margin, -50.0]).collect();
        let found = Calibration::fit(Objective::Softmax(3), &wrong, &targets).unwrap();
        assert!((found.slope - 0.25).abs() < 0.02 && found.shift == 0.0, "{found:?}");
    }
}
