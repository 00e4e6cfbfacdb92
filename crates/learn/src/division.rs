//! The rows of a model that is trained elsewhere: those to learn from, and those held out. Called by the engine before
//! it starts a training command.

use stats::Task;
use table::{Kind, Table};

use crate::{
    baseline::Baseline, error::Error, objective::Objective, settings::Settings, split, target,
    train::check_features,
};

/// A table divided as [`train()`](crate::train()) divides it.
#[derive(Debug, Clone)]
pub struct Division {
    /// Rows of the table to learn from, in order.
    pub train: Vec<usize>,
    /// Rows of the table that no part of training may see, in order.
    pub test: Vec<usize>,
    /// The targets of the held-out rows: class numbers, or values.
    pub test_targets: Vec<f64>,
    /// The classes by number; `[negative, positive]` for two; none for regression.
    pub classes: Vec<String>,
    /// What the target column holds.
    pub target_kind: Kind,
    /// The constant that has to be beaten.
    pub baseline: Baseline,
    /// Rows left out because their target is missing.
    pub dropped: usize,
}

/// Divides the rows of a table.
///
/// # Errors
/// When the settings do not fit the table or nothing can be learned from it; the message names the column and the fix.
pub fn divide(table: &Table, settings: &Settings) -> Result<Division, Error> {
    let target = target::read(table, settings)?;
    check_features(table, settings)?;
    let split = split::split(table, &target, settings)?;
    let rest = split.rest();
    let rows = |positions: &[usize]| positions.iter().map(|row| target.rows[*row]).collect::<Vec<_>>();
    let values = |positions: &[usize]| positions.iter().map(|row| target.values[*row]).collect::<Vec<_>>();
    let objective = Objective::new(settings.task, target.classes.len());
    Ok(Division {
        train: rows(&rest),
        test: rows(&split.test),
        test_targets: values(&split.test),
        baseline: Baseline::fit(objective, &values(&rest)),
        target_kind: target.kind,
        dropped: target.dropped,
        classes: target.classes,
    })
}

impl Division {
    /// What a model of these rows predicts, before it is known which columns it reads.
    pub fn signature(&self, settings: &Settings) -> onnx::Signature {
        let is_binary = settings.task == Task::Binary;
        let threshold = settings.value.as_ref().map_or(0.5, indifferent);
        onnx::Signature {
            inputs: Vec::new(),
            task: settings.task.name().to_owned(),
            positive: self.classes.last().filter(|_| is_binary).cloned(),
            classes: self.classes.clone(),
            // As a number that `f32` holds too: the model compares in `f32`.
            threshold: is_binary.then(|| f64::from(threshold as f32)),
        }
    }
}

/// The probability at which yes and no are worth the same, if probabilities are right. There are no rows to choose it
/// on: the command has learned from all that it may see.
fn indifferent(value: &gate::Value) -> f64 {
    let gain = value.of(true, true) - value.of(false, true);
    let cost = value.of(false, false) - value.of(true, false);
    if cost <= 0.0 {
        return 0.0;
    }
    if gain <= 0.0 { f64::from(1.0_f32.next_up()) } else { cost / (cost + gain) }
}

#[cfg(test)]
mod tests {
    use gate::Value;

    use super::indifferent;

    fn value(true_positive: f64, false_positive: f64, true_negative: f64, false_negative: f64) -> Value {
        let currency = "EUR".to_owned();
        Value { true_positive, false_positive, true_negative, false_negative, currency }
    }

    #[test]
    fn the_threshold_is_where_yes_and_no_are_worth_the_same() {
        assert!((indifferent(&value(12.0, -3.0, 0.0, 0.0)) - 0.2).abs() < 1e-12);
        assert!((indifferent(&value(1.0, -1.0, 1.0, -1.0)) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn what_costs_nothing_is_always_said_and_what_gains_nothing_never() {
        assert_eq!(indifferent(&value(1.0, 0.0, 0.0, 0.0)), 0.0);
        assert!(indifferent(&value(0.0, -1.0, 0.0, 0.0)) > 1.0);
    }
}
