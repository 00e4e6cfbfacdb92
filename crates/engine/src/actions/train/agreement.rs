//! Whether a converted model predicts what the model predicted that it was made of, on rows that it was trained on.

use onnx::{Model, Signature};
use serde::Serialize;

use super::{
    super::Failure,
    convert::{self, Original},
    rows::Rows,
};

/// How far a probability may be off on average.
const PROBABILITY: f64 = 1e-3;
/// How far a number may be off on average, as a share of how much the predictions vary.
const SHARE: f64 = 1e-3;
/// So many times the average is far off: where a value lies on the border of a branch, its last bit decides.
const FAR: f64 = 50.0;
/// The share of rows that may be far off.
const BORDER: f64 = 0.005;

/// How the predictions of two models on the same rows compare.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Agreement {
    /// The rows that were compared.
    pub(super) rows: usize,
    /// How far a prediction may be off on average.
    pub(super) tolerance: f64,
    /// How far the predictions are off on average.
    pub(super) mean: f64,
    /// The rows that are far off: more than 50 times what may be on average.
    pub(super) outside: usize,
    /// The largest difference.
    pub(super) largest: f64,
}

/// Compares the model with its original; `classes` are the original's, in our spelling.
///
/// # Errors
/// When they disagree.
pub(super) fn of(
    rows: &Rows,
    (model, signature): (&Model, &Signature),
    original: &Original,
    classes: &[String],
) -> Result<Agreement, Failure> {
    let compared: Vec<usize> = rows.division.train.iter().copied().step_by(convert::every(rows)).collect();
    let table = rows.table.take(&compared);
    let ours = onnx::score(model, signature, &table).map_err(|error| {
        Failure::failed(format!("its converted model does not run: {}", base::causes(&error)))
    })?;
    let theirs = in_our_order(&original.predictions, signature, classes);
    let Some(theirs) = theirs.filter(|theirs| theirs.len() == ours.len()) else {
        let (rows, numbers) = (compared.len(), original.predictions.iter().map(Vec::len).sum::<usize>());
        let why = format!("it predicts {numbers} numbers for {rows} rows");
        return Err(Failure::failed(format!("{why}; let it predict the task of the project file")));
    };
    let agreement = compare(&theirs, &ours, (compared.len(), !signature.classes.is_empty()));
    if agreement.holds() { Ok(agreement) } else { Err(agreement.refusal(original)) }
}

/// Their predictions as [`onnx::score()`] gives ours.
fn in_our_order(theirs: &[Vec<f64>], signature: &Signature, classes: &[String]) -> Option<Vec<f64>> {
    let wanted: Vec<&String> = match signature.classes.as_slice() {
        [] => {
            return theirs
                .iter()
                .map(|row| if row.len() == 1 { row.first().copied() } else { None })
                .collect();
        }
        [_, positive] => vec![positive],
        all => all.iter().collect(),
    };
    let mut ordered = Vec::with_capacity(theirs.len() * wanted.len());
    for row in theirs {
        for class in &wanted {
            let place = classes.iter().position(|other| other == *class)?;
            ordered.push(*row.get(place)?);
        }
    }
    Some(ordered)
}

/// Compares row by row. A probability has a fixed tolerance, a number one in proportion to how much they vary.
fn compare(theirs: &[f64], ours: &[f64], (rows, is_probability): (usize, bool)) -> Agreement {
    let width = (theirs.len() / rows.max(1)).max(1);
    let tolerance = if is_probability { PROBABILITY } else { SHARE * spread(theirs) };
    let (mut outside, mut largest, mut sum) = (0, 0.0_f64, 0.0);
    for (theirs, ours) in theirs.chunks(width).zip(ours.chunks(width)) {
        let differences = theirs.iter().zip(ours).map(|(one, other)| (one - other).abs());
        // What is no number is as far off as can be.
        let worst = differences.map(|off| if off.is_nan() { f64::MAX } else { off }).fold(0.0, f64::max);
        largest = largest.max(worst);
        sum += worst;
        outside += usize::from(worst > FAR * tolerance);
    }
    Agreement { rows, tolerance, mean: sum / rows.max(1) as f64, outside, largest }
}

/// The standard deviation, or for a constant its size.
fn spread(values: &[f64]) -> f64 {
    let count = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / count;
    let deviation = (values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / count).sqrt();
    if deviation > 0.0 { deviation } else { mean.abs().max(f64::MIN_POSITIVE) }
}

impl Agreement {
    fn holds(&self) -> bool {
        self.mean <= self.tolerance && self.outside as f64 <= BORDER * self.rows as f64
    }

    fn refusal(&self, original: &Original) -> Failure {
        let Self { rows, tolerance, mean, outside, largest } = self;
        let why = format!(
            "its {} does not survive the conversion to ONNX: the predictions of {rows} training rows are {mean:.2e} off on \
             average, and {tolerance:.2e} may be; {outside} of them are far off, by up to {largest:.3}",
            original.estimator
        );
        let fix = "fill missing values and encode text inside the model, or write an ONNX file to $KAIZEN_MODEL yourself";
        let detail = serde_json::json!({ "agreement": self, "versions": original.versions });
        Failure::Failed { message: format!("{why}; {fix}"), detail }
    }
}

#[cfg(test)]
mod tests {
    use super::{Agreement, compare, in_our_order};

    fn signature(classes: &[&str]) -> onnx::Signature {
        onnx::Signature {
            inputs: Vec::new(),
            task: String::new(),
            classes: classes.iter().map(|class| (*class).to_owned()).collect(),
            positive: None,
            threshold: None,
        }
    }

    #[test]
    fn predictions_are_brought_into_the_order_of_our_classes() {
        let classes = ["no", "yes"].map(str::to_owned);
        let theirs = vec![vec![0.1, 0.9], vec![0.7, 0.3]];
        assert_eq!(in_our_order(&theirs, &signature(&["no", "yes"]), &classes), Some(vec![0.9, 0.3]));
        assert_eq!(in_our_order(&theirs, &signature(&["yes", "no"]), &classes), Some(vec![0.1, 0.7]));
        assert_eq!(in_our_order(&theirs, &signature(&["a", "b"]), &classes), None);
        let three = ["c", "a", "b"].map(str::to_owned);
        let theirs = vec![vec![0.5, 0.2, 0.3]];
        assert_eq!(in_our_order(&theirs, &signature(&["a", "b", "c"]), &three), Some(vec![0.2, 0.3, 0.5]));
    }

    #[test]
    fn a_regression_has_one_number_a_row() {
        assert_eq!(in_our_order(&[vec![1.0], vec![2.0]], &signature(&[]), &[]), Some(vec![1.0, 2.0]));
        assert_eq!(in_our_order(&[vec![1.0, 2.0]], &signature(&[]), &[]), None);
    }

    #[test]
    fn rounding_is_no_disagreement_and_neither_are_a_few_rows_on_a_border() {
        let theirs: Vec<f64> = (0..1_000).map(|row| f64::from(row) / 1_000.0).collect();
        let mut ours: Vec<f64> = theirs.iter().map(|value| value + 1e-7).collect();
        assert!(compare(&theirs, &ours, (1_000, true)).holds());
        // One tree of sixty decides otherwise for some rows.
        ours[..30].iter_mut().for_each(|value| *value += 1.0 / 60.0);
        assert!(compare(&theirs, &ours, (1_000, true)).holds());
        ours[..5].iter_mut().for_each(|value| *value += 0.06);
        let agreement = compare(&theirs, &ours, (1_000, true));
        assert!(agreement.holds() && agreement.outside == 5 && agreement.largest > 0.07);
        let mut far = theirs.clone();
        far[..6].iter_mut().for_each(|value| *value += 0.06);
        assert!(!compare(&theirs, &far, (1_000, true)).holds());
    }

    #[test]
    fn many_small_differences_are_a_disagreement() {
        let theirs: Vec<f64> = (0..1_000).map(|row| f64::from(row) / 1_000.0).collect();
        let mut ours = theirs.clone();
        ours[..80].iter_mut().for_each(|value| *value += 0.03);
        assert!(!compare(&theirs, &ours, (1_000, true)).holds());
    }

    #[test]
    fn numbers_are_held_to_their_own_scale_and_no_number_is_far_off() {
        let theirs: Vec<f64> = (0..100).map(|row| f64::from(row) * 1e6).collect();
        let ours: Vec<f64> = theirs.iter().map(|value| value + 10.0).collect();
        assert!(compare(&theirs, &ours, (100, false)).holds());
        assert!(!compare(&theirs, &ours, (100, true)).holds());
        let Agreement { outside, .. } = compare(&[1.0, 2.0], &[f64::NAN, 2.0], (2, false));
        assert_eq!(outside, 1);
    }
}
