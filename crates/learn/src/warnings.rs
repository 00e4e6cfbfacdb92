//! What the person who reads the verdict should know about the data first.

use serde::{Deserialize, Serialize};
use stats::Task;

use crate::{candidates::Prepared, features::Scope, gbdt::Bins, objective::Objective};

/// A single column that orders rows or explains the target this well has seen the answer.
const LEAK: f64 = 0.98;
/// Fewer validation rows of a class than this order themselves by chance.
const LEAST_TO_JUDGE: usize = 10;
/// With fewer rows of a class, no metric of it can be told from luck.
const FEW_OF_A_CLASS: usize = 50;

/// A finding about the data, with what to do about it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Warning {
    /// What kind of finding.
    pub concern: Concern,
    /// The column it is about.
    pub column: Option<String>,
    /// The finding and the way out, as a sentence fragment.
    pub message: String,
}

/// Kinds of findings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Concern {
    /// One column alone nearly gives the target away.
    Leakage,
    /// A class with too few rows to learn or to judge.
    FewOfAClass,
    /// A column that never changes; it is left out.
    Constant,
    /// A column that is missing everywhere; it is left out.
    Empty,
    /// A column whose texts hardly ever repeat; it is left out.
    Identifier,
    /// Training ended because its time did.
    OutOfTime,
}

impl Warning {
    pub(crate) fn about(column: &str, concern: Concern, message: String) -> Self {
        Self { concern, column: Some(column.to_owned()), message }
    }
}

/// Warns of classes with few rows among those to learn from.
pub(crate) fn few_of_a_class(scope: Scope<'_>, rows: &[usize]) -> Vec<Warning> {
    let targets = scope.targets(rows);
    let mut warnings = Vec::new();
    for (number, class) in scope.target.classes.iter().enumerate() {
        let count = targets.iter().filter(|target| **target == number as f64).count();
        if count < FEW_OF_A_CLASS {
            let message = format!(
                "only {count} rows to learn from are of class `{class}`; expect wide intervals, and collect \
                 more of them"
            );
            warnings.push(Warning { concern: Concern::FewOfAClass, column: None, message });
        }
    }
    warnings
}

/// Warns of raw columns that predict the target nearly perfectly on their own.
pub(crate) fn leakage(task: Task, objective: Objective, prepared: &Prepared) -> Vec<Warning> {
    let bins = Bins::new(&prepared.train);
    let mut warnings: Vec<Warning> = Vec::new();
    for (column, origin) in prepared.plan.origins().into_iter().enumerate() {
        if warnings.iter().any(|warning| warning.column.as_deref() == Some(origin)) {
            continue;
        }
        let Some(power) = power(objective, prepared, &bins, column) else { continue };
        if power > LEAK {
            let measure = if task == Task::Regression { "R²" } else { "ROC AUC" };
            let message = format!(
                "column `{origin}` alone predicts the target with {measure} {power:.3}; if it is not known \
                 at the time of prediction, add it: exclude = [\"{origin}\"]"
            );
            warnings.push(Warning::about(origin, Concern::Leakage, message));
        }
    }
    warnings
}

/// How well one column predicts validation rows: ROC AUC (the mean of one class against the rest), or R².
fn power(objective: Objective, prepared: &Prepared, bins: &Bins, column: usize) -> Option<f64> {
    let codes: Vec<usize> =
        prepared.validation.column(column).map(|value| usize::from(bins.code_of(column, value))).collect();
    if objective == Objective::Squared {
        let means = means(bins, column, &prepared.train_targets);
        let predictions: Vec<f64> = codes.iter().map(|code| means[*code]).collect();
        let weights = vec![1.0; predictions.len()];
        return stats::r2(&predictions, &prepared.validation_targets, &weights);
    }
    let classes = objective.outputs().max(2);
    let mut areas = Vec::new();
    for class in (0..classes).skip(usize::from(classes == 2)) {
        let hit = |target: &f64| *target == class as f64;
        let labels: Vec<bool> = prepared.validation_targets.iter().map(hit).collect();
        let positives = labels.iter().filter(|label| **label).count();
        if positives < LEAST_TO_JUDGE || labels.len() - positives < LEAST_TO_JUDGE {
            continue;
        }
        let shares: Vec<f64> =
            prepared.train_targets.iter().map(|target| f64::from(u8::from(hit(target)))).collect();
        let means = means(bins, column, &shares);
        let scores: Vec<f64> = codes.iter().map(|code| means[*code]).collect();
        areas.extend(stats::roc_auc(&scores, &labels));
    }
    (!areas.is_empty()).then(|| areas.iter().sum::<f64>() / areas.len() as f64)
}

/// The mean target of each bin; of all rows where a bin is empty.
fn means(bins: &Bins, column: usize, targets: &[f64]) -> Vec<f64> {
    let mean = targets.iter().sum::<f64>() / targets.len() as f64;
    let mut sums = [(0.0, 0.0); 256];
    for (code, target) in bins.column(column).codes().zip(targets) {
        let sum = &mut sums[usize::from(code)];
        *sum = (sum.0 + 1.0, sum.1 + target);
    }
    sums.iter().map(|(rows, sum)| if *rows > 0.0 { sum / rows } else { mean }).collect()
}
