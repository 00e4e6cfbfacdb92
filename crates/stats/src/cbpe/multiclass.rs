//! Estimates for a model of several classes: each class is calibrated against the rest, and a row's calibrated
//! probabilities are made to add up to 1 again, as NannyML does.

use serde::{Deserialize, Serialize};

use crate::{
    brier_rows,
    cbpe::{Calibration, Estimated, Measure, curve, estimated::Errors, sampling::Component},
    log_loss_rows, standard_error,
};

/// Predictions of several classes.
#[derive(Debug, Clone, Copy)]
pub struct Rows<'a> {
    /// `classes` probabilities a row.
    pub probabilities: &'a [f64],
    /// How many classes there are.
    pub classes: usize,
}

/// What the reference taught about a model's probabilities.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Multiclass {
    calibrations: Vec<Calibration>,
    /// For each class the spread of its area; none of a class that the reference does not show.
    areas: Vec<Option<Component>>,
    accuracy: Component,
    log_loss: Component,
    brier: Component,
}

impl Multiclass {
    /// Learns what probabilities mean; `labels` are the positions of the true classes. Rows with a probability that is
    /// not finite are passed over. Nothing unless two classes are left.
    ///
    /// # Panics
    /// When there is not one label a row, or a label is no class.
    pub fn fit(rows: Rows<'_>, labels: &[usize]) -> Option<Self> {
        assert_eq!(rows.probabilities.len(), labels.len() * rows.classes, "one label a row");
        let kept = rows.finite();
        let labels: Vec<usize> = kept.iter().map(|row| labels[*row]).collect();
        let probabilities: Vec<f64> = kept.iter().flat_map(|row| rows.row(*row)).copied().collect();
        let rows = Rows { probabilities: &probabilities, ..rows };
        let fits: Vec<Option<Calibration>> = (0..rows.classes)
            .map(|class| Calibration::fit(&rows.class(class), &is(&labels, class)))
            .collect();
        if fits.iter().flatten().count() < 2 {
            return None;
        }
        let right =
            labels.iter().enumerate().map(|(row, label)| f64::from(u8::from(rows.best(row) == *label)));
        Some(Self {
            areas: (0..rows.classes)
                .map(|class| Component::of_area(&rows.class(class), &is(&labels, class)))
                .collect(),
            calibrations: fits.into_iter().map(|fit| fit.unwrap_or_else(Calibration::none)).collect(),
            accuracy: Component::of_mean(&right.collect::<Vec<_>>())?,
            log_loss: Component::of_mean(&log_loss_rows(&probabilities, &labels, rows.classes))?,
            brier: Component::of_mean(&brier_rows(&probabilities, &labels, rows.classes))?,
        })
    }

    /// The measure to be expected of a window, with its interval at this confidence. Rows with a probability that is not finite are
    /// passed over.
    ///
    /// Nothing for a measure not in [`Measure::MULTICLASS`], for other classes than the reference's, without a row, or
    /// for the area when the window is expected to have a single class.
    pub fn estimate(&self, rows: Rows<'_>, measure: Measure, confidence: f64) -> Option<Estimated> {
        if rows.classes != self.calibrations.len() {
            return None;
        }
        let kept: Vec<f64> = rows.finite().iter().flat_map(|row| rows.row(*row)).copied().collect();
        let rows = Rows { probabilities: &kept, ..rows };
        let value = self.expected(rows, measure, &self.calibrated(rows, Calibration::apply))?;
        let replicates = self.calibrations.iter().map(Calibration::replicates).max().unwrap_or(0);
        let by = |position| {
            let calibrated = self.calibrated(rows, |one, score| one.replicate(position, score));
            self.expected(rows, measure, &calibrated)
        };
        let moved: Vec<f64> = (0..replicates).filter_map(by).collect();
        let errors = Errors {
            sampling: self.sampling_error(measure, rows.len())?,
            reference: standard_error(&moved).unwrap_or(0.0),
        };
        Some(Estimated::new(value, errors, rows.len(), (confidence, measure.range())))
    }

    /// The true probabilities of every row, as far as they are known.
    fn calibrated(&self, rows: Rows<'_>, apply: impl Fn(&Calibration, f64) -> f64) -> Vec<f64> {
        let mut calibrated = Vec::with_capacity(rows.probabilities.len());
        for row in rows.probabilities.chunks_exact(rows.classes) {
            let raised: Vec<f64> =
                self.calibrations.iter().zip(row).map(|(one, score)| apply(one, *score)).collect();
            let whole: f64 = raised.iter().sum();
            let even = 1.0 / rows.classes as f64;
            calibrated.extend(raised.iter().map(|part| if whole > 0.0 { part / whole } else { even }));
        }
        calibrated
    }

    fn expected(&self, rows: Rows<'_>, measure: Measure, calibrated: &[f64]) -> Option<f64> {
        let truth = Rows { probabilities: calibrated, ..rows };
        match measure {
            Measure::RocAuc => self.area(rows, truth),
            Measure::Accuracy => rows.mean(|row| truth.row(row)[rows.best(row)]),
            Measure::LogLoss => rows.mean(|row| expected_loss(truth.row(row), rows.row(row), log_loss_rows)),
            Measure::Brier => rows.mean(|row| expected_loss(truth.row(row), rows.row(row), brier_rows)),
            _ => None,
        }
    }

    /// The mean over the reference's classes of the expected area of one against the rest.
    fn area(&self, rows: Rows<'_>, truth: Rows<'_>) -> Option<f64> {
        let mut areas = Vec::with_capacity(rows.classes);
        for class in (0..rows.classes).filter(|class| self.areas[*class].is_some()) {
            let mut order: Vec<usize> = (0..rows.len()).collect();
            let score = |row: &usize| rows.row(*row)[class];
            order.sort_by(|one, other| score(other).total_cmp(&score(one)));
            let ranked: Vec<f64> = order.iter().map(|row| truth.row(*row)[class]).collect();
            areas.push(curve::roc_auc(&ranked)?);
        }
        crate::mean(&areas)
    }

    fn sampling_error(&self, measure: Measure, rows: usize) -> Option<f64> {
        match measure {
            Measure::RocAuc => {
                let errors: Vec<f64> = self.areas.iter().flatten().map(|one| one.error(rows)).collect();
                let squares: f64 = errors.iter().map(|error| error * error).sum();
                Some(squares.sqrt() / errors.len() as f64)
            }
            Measure::Accuracy => Some(self.accuracy.error(rows)),
            Measure::LogLoss => Some(self.log_loss.error(rows)),
            Measure::Brier => Some(self.brier.error(rows)),
            _ => None,
        }
    }
}

impl<'a> Rows<'a> {
    fn len(self) -> usize {
        self.probabilities.len().checked_div(self.classes).unwrap_or(0)
    }

    fn row(self, row: usize) -> &'a [f64] {
        &self.probabilities[row * self.classes..(row + 1) * self.classes]
    }

    fn class(self, class: usize) -> Vec<f64> {
        self.probabilities.iter().skip(class).step_by(self.classes).copied().collect()
    }

    /// The most probable class, the first among equals.
    fn best(self, row: usize) -> usize {
        let row = self.row(row);
        (1..row.len()).fold(0, |best, class| if row[class] > row[best] { class } else { best })
    }

    fn finite(self) -> Vec<usize> {
        (0..self.len()).filter(|row| self.row(*row).iter().all(|value| value.is_finite())).collect()
    }

    fn mean(self, of: impl Fn(usize) -> f64) -> Option<f64> {
        crate::mean(&(0..self.len()).map(of).collect::<Vec<_>>())
    }
}

/// A row's loss in expectation over the true class.
fn expected_loss(truth: &[f64], said: &[f64], rows: fn(&[f64], &[usize], usize) -> Vec<f64>) -> f64 {
    let of = |(class, chance): (usize, &f64)| chance * rows(said, &[class], said.len())[0];
    truth.iter().enumerate().map(of).sum()
}

fn is(labels: &[usize], class: usize) -> Vec<bool> {
    labels.iter().map(|label| *label == class).collect()
}
