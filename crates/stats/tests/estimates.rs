//! Quality estimated without labels, against NannyML's answers on NannyML's data and against what is planted.

use base::Random;
use serde_json::Value;
use stats::cbpe::{
    Binary, Calibration, Estimated, Measure, Multiclass, Reference, Rows, Worth, limits, realised,
};

/// The measures that are NannyML's.
const SHARED: [Measure; 7] = [
    Measure::RocAuc,
    Measure::AveragePrecision,
    Measure::F1,
    Measure::Precision,
    Measure::Recall,
    Measure::Specificity,
    Measure::Accuracy,
];

struct Part {
    scores: Vec<f64>,
    labels: Vec<bool>,
}

impl Part {
    fn of(part: &Value) -> Self {
        let scores = numbers(&part["scores"]).iter().map(|score| score / 1e4).collect();
        let labels = part["labels"].as_str().expect("text").chars().map(|label| label == '1').collect();
        Self { scores, labels }
    }

    fn reference(&self, threshold: f64) -> Reference<'_> {
        Reference { scores: &self.scores, labels: &self.labels, threshold }
    }
}

fn census() -> (Part, Part, Value) {
    let all: Value =
        serde_json::from_str(include_str!("reference/estimates/census.json")).expect("make.py writes JSON");
    (Part::of(&all["reference"]), Part::of(&all["current"]), all)
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|one| one.as_f64().expect("a number")).collect()
}

/// Scores whose meaning is known: the label comes with probability score².
fn squared(seed: u64, rows: usize, most: f64) -> Part {
    let mut random = Random::new(seed);
    let scores: Vec<f64> = (0..rows).map(|_| random.unit() * most).collect();
    let labels = scores.iter().map(|score| random.unit() < score * score).collect();
    Part { scores, labels }
}

fn estimate(binary: &Binary, scores: &[f64], measure: Measure) -> Option<Estimated> {
    binary.window(scores)?.estimate(measure, 0.95)
}

#[track_caller]
fn near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let distance = (found - expected).abs();
    assert!(distance <= tolerance, "{what}: {found} where {expected} is expected, {distance:e} apart");
}

#[test]
fn estimates_and_what_is_measured_are_nannymls() {
    let (reference, current, all) = census();
    let binary = Binary::fit(reference.reference(0.5)).unwrap();
    assert_eq!(Some(binary.calibration().was_needed()), all["needs_calibration"].as_bool());
    let chunk = all["chunk"].as_u64().unwrap() as usize;
    let scores = reference.scores.chunks(chunk).chain(current.scores.chunks(chunk));
    let labels = reference.labels.chunks(chunk).chain(current.labels.chunks(chunk));
    for (place, (scores, labels)) in scores.zip(labels).enumerate() {
        for measure in SHARED {
            let expected = &all["metrics"][measure.name()];
            let what = format!("{} of chunk {place}", measure.name());
            let found = estimate(&binary, scores, measure).unwrap();
            near(&what, found.estimate.value, numbers(&expected["estimated"])[place], 1e-9);
            let true_value = realised(measure, scores, labels, 0.5).unwrap();
            near(&what, true_value, numbers(&expected["realized"])[place], 1e-12);
        }
    }
}

#[test]
fn sampling_errors_are_nannymls() {
    let (reference, current, all) = census();
    let binary = Binary::fit(reference.reference(0.5)).unwrap();
    for measure in SHARED {
        let found = estimate(&binary, &current.scores[..2_000], measure).unwrap().sampling_error;
        let expected = numbers(&all["metrics"][measure.name()]["sampling_error"])[8];
        let tolerance = match measure {
            // NannyML takes 50 unseeded resamples: its own figure moves by a tenth from run to run.
            Measure::AveragePrecision => 0.4,
            // NannyML orders equal scores by chance.
            Measure::RocAuc => 1e-3,
            _ => 1e-9,
        };
        near(measure.name(), found / expected, 1.0, tolerance);
    }
}

#[test]
fn limits_are_nannymls() {
    let (reference, _, all) = census();
    for measure in SHARED {
        let chunks = reference.scores.chunks(2_000).zip(reference.labels.chunks(2_000));
        let values: Vec<f64> =
            chunks.map(|(scores, labels)| realised(measure, scores, labels, 0.5).unwrap()).collect();
        let (lower, upper) = limits(measure, &values).unwrap();
        let expected = &all["metrics"][measure.name()];
        near(measure.name(), lower, expected["lower_threshold"].as_f64().unwrap(), 1e-9);
        near(measure.name(), upper, expected["upper_threshold"].as_f64().unwrap(), 1e-9);
    }
    assert_eq!(limits(Measure::RocAuc, &[]), None);
    assert_eq!(limits(Measure::RocAuc, &[0.9, 1.0]).unwrap().1, 1.0);
}

#[test]
fn a_shift_of_the_inputs_is_seen_without_labels_by_every_measure() {
    let reference = squared(1, 40_000, 1.0);
    // High scores have gone: the mix is another, what a score means is not.
    let current = squared(2, 40_000, 0.7);
    let binary = Binary::fit(reference.reference(0.5)).unwrap();
    for measure in Measure::BINARY {
        let before = estimate(&binary, &reference.scores, measure).unwrap().estimate;
        let after = estimate(&binary, &current.scores, measure).unwrap().estimate;
        let measured = realised(measure, &current.scores, &current.labels, 0.5).unwrap();
        assert!(after.lower <= measured && measured <= after.upper, "{measure:?}: {measured} and {after:?}");
        if measure != Measure::Recall {
            assert!((before.value - measured).abs() > 3.0 * after.standard_error, "{measure:?} did not move");
        }
    }
}

#[test]
fn intervals_hold_the_measured_figure_as_often_as_they_say() {
    let worth = Worth { true_positive: 12.0, false_positive: -3.0, ..Worth::default() };
    let (mut inside, mut asked) = (0, 0);
    for seed in 0..60 {
        let binary = Binary::fit(squared(1_000 + seed, 2_000, 1.0).reference(0.5)).unwrap();
        let current = squared(2_000 + seed, 1_000, 0.9);
        let window = binary.window(&current.scores).unwrap();
        for measure in Measure::BINARY {
            let found = window.estimate(measure, 0.95).unwrap().estimate;
            let measured = realised(measure, &current.scores, &current.labels, 0.5).unwrap();
            inside += usize::from(found.lower <= measured && measured <= found.upper);
            asked += 1;
        }
        let decided = current.scores.iter().zip(&current.labels);
        let value: f64 = decided.map(|(score, label)| worth.of(*score >= 0.5, *label)).sum();
        let found = window.value_per_1000(&worth, 0.95).unwrap().estimate;
        inside += usize::from(found.lower <= value && value <= found.upper);
        asked += 1;
    }
    let share = inside as f64 / asked as f64;
    assert!((0.91..=0.985).contains(&share), "{share} of {asked}");
}

#[test]
fn both_parts_of_the_uncertainty_shrink_with_their_own_rows() {
    let window = squared(3, 4_000, 1.0).scores;
    let small = Binary::fit(squared(4, 1_000, 1.0).reference(0.5)).unwrap();
    let large = Binary::fit(squared(4, 100_000, 1.0).reference(0.5)).unwrap();
    let of = |binary, rows| estimate(binary, &window[..rows], Measure::Accuracy).unwrap();
    assert!(of(&small, 4_000).reference_error > 4.0 * of(&large, 4_000).reference_error);
    near("half the error", of(&large, 4_000).sampling_error * 2.0, of(&large, 1_000).sampling_error, 1e-12);
    let found = of(&small, 4_000);
    near("joined", found.estimate.standard_error, found.sampling_error.hypot(found.reference_error), 1e-15);
    assert_eq!(found.estimate.rows, 4_000);
}

#[test]
fn calibration_brings_scores_to_what_they_mean_and_calibrated_ones_stay() {
    let mut random = Random::new(5);
    let scores: Vec<f64> = (0..20_000).map(|_| random.unit()).collect();
    let labels: Vec<bool> = scores.iter().map(|score| random.unit() < *score).collect();
    let kept = Calibration::fit(&scores, &labels).unwrap();
    near("score 0.3 means 0.3", kept.apply(0.3), 0.3, 0.06);
    let Part { scores, labels } = squared(6, 20_000, 1.0);
    let corrected = Calibration::fit(&scores, &labels).unwrap();
    assert!(corrected.was_needed());
    near("score 0.6 means 0.36", corrected.apply(0.6), 0.36, 0.06);
}

#[test]
fn a_ranking_without_a_mistake_is_not_calibrated() {
    let scores: Vec<f64> = (0..1_000).map(|row| f64::from(row) / 1e3).collect();
    let labels: Vec<bool> = (0..1_000).map(|row| row >= 500).collect();
    let calibration = Calibration::fit(&scores, &labels).unwrap();
    assert!(!calibration.was_needed());
    assert_eq!([calibration.apply(0.3), calibration.apply(1.2)], [0.3, 1.0]);
}

#[test]
fn one_class_in_the_reference_teaches_nothing() {
    let scores = [0.1, 0.5, 0.9];
    for label in [false, true] {
        assert!(Binary::fit(Reference { scores: &scores, labels: &[label; 3], threshold: 0.5 }).is_none());
    }
    assert!(Binary::fit(Reference { scores: &[], labels: &[], threshold: 0.5 }).is_none());
    assert!(
        Binary::fit(Reference { scores: &[f64::NAN; 2], labels: &[true, false], threshold: 0.5 }).is_none()
    );
}

#[test]
fn constant_scores_rank_nothing_and_are_worth_what_they_mean() {
    let labels: Vec<bool> = (0..1_000).map(|row| row % 4 == 0).collect();
    let constant = Reference { scores: &[0.7; 1_000], labels: &labels, threshold: 0.5 };
    let binary = Binary::fit(constant).unwrap();
    near("roc_auc", estimate(&binary, &[0.7; 500], Measure::RocAuc).unwrap().estimate.value, 0.5, 1e-9);
    near("accuracy", estimate(&binary, &[0.7; 500], Measure::Accuracy).unwrap().estimate.value, 0.25, 1e-9);
}

#[test]
fn scores_that_are_not_finite_are_passed_over_on_either_side() {
    let mut reference = squared(7, 3_000, 1.0);
    let clean = Binary::fit(reference.reference(0.5)).unwrap();
    reference.scores.extend([f64::NAN, f64::INFINITY, f64::NEG_INFINITY]);
    reference.labels.extend([true, false, true]);
    let binary = Binary::fit(reference.reference(0.5)).unwrap();
    assert_eq!(binary, clean);
    let found = estimate(&binary, &[0.2, f64::NAN, 0.9, f64::INFINITY, 0.4], Measure::RocAuc);
    assert_eq!(found, estimate(&binary, &[0.2, 0.9, 0.4], Measure::RocAuc));
    assert_eq!(found.unwrap().estimate.rows, 3);
    assert!(binary.window(&[f64::NAN; 4]).is_none());
    assert!(binary.window(&[]).is_none());
    assert_eq!(realised(Measure::Accuracy, &[f64::NAN], &[true], 0.5), None);
}

#[test]
fn one_row_has_an_estimate_as_wide_as_it_must_be() {
    let binary = Binary::fit(squared(8, 5_000, 1.0).reference(0.5)).unwrap();
    let found = estimate(&binary, &[0.8], Measure::Accuracy).unwrap();
    near("accuracy", found.estimate.value, 0.64, 0.1);
    assert!(found.sampling_error > 0.3);
    assert_eq!((found.estimate.upper, found.estimate.rows), (1.0, 1));
    near(
        "one row ranks nothing",
        estimate(&binary, &[0.8], Measure::RocAuc).unwrap().estimate.value,
        0.5,
        1e-9,
    );
}

#[test]
fn a_threshold_that_decides_everything_leaves_the_empty_shares_out() {
    let data = squared(9, 5_000, 0.99);
    let always = Binary::fit(data.reference(0.0)).unwrap();
    let ask =
        |binary: &Binary, measure| estimate(binary, &data.scores, measure).map(|one| one.estimate.value);
    assert_eq!(ask(&always, Measure::Recall), Some(1.0));
    assert_eq!(ask(&always, Measure::Specificity), Some(0.0));
    let never = Binary::fit(data.reference(1.0)).unwrap();
    assert_eq!(ask(&never, Measure::Recall), Some(0.0));
    assert_eq!(ask(&never, Measure::Specificity), Some(1.0));
    assert_eq!(ask(&never, Measure::Precision), None);
    assert_eq!(ask(&never, Measure::F1), Some(0.0));
    assert!(ask(&never, Measure::RocAuc).is_some());
}

#[test]
fn what_was_learned_survives_being_written_down() {
    let binary = Binary::fit(squared(10, 500, 1.0).reference(0.3)).unwrap();
    let text = serde_json::to_string(&binary).unwrap();
    assert_eq!(serde_json::from_str::<Binary>(&text).unwrap(), binary);
}

/// Three classes whose probabilities are overconfident: the truth lies half way to an even chance.
fn overconfident(seed: u64, rows: usize, tilt: f64) -> (Vec<f64>, Vec<usize>) {
    let mut random = Random::new(seed);
    let (mut probabilities, mut labels) = (Vec::new(), Vec::new());
    for _ in 0..rows {
        let raw = [random.unit().powi(3) + tilt, random.unit().powi(3), random.unit().powi(3)];
        let whole: f64 = raw.iter().sum();
        let said = raw.map(|part| part / whole);
        let truth = said.map(|part| 0.5 * part + 0.5 / 3.0);
        let draw = random.unit();
        labels.push(usize::from(draw > truth[0]) + usize::from(draw > truth[0] + truth[1]));
        probabilities.extend(said);
    }
    (probabilities, labels)
}

fn rows(probabilities: &[f64]) -> Rows<'_> {
    Rows { probabilities, classes: 3 }
}

fn measured(probabilities: &[f64], labels: &[usize], measure: Measure) -> f64 {
    let class = |class: usize| {
        let scores: Vec<f64> = probabilities.iter().skip(class).step_by(3).copied().collect();
        let labels: Vec<bool> = labels.iter().map(|label| *label == class).collect();
        stats::roc_auc(&scores, &labels).expect("every class comes")
    };
    let right = |(row, label): (usize, &usize)| {
        let row = &probabilities[row * 3..row * 3 + 3];
        f64::from(u8::from(row.iter().all(|one| *one <= row[*label])))
    };
    match measure {
        Measure::RocAuc => (0..3).map(class).sum::<f64>() / 3.0,
        Measure::Accuracy => labels.iter().enumerate().map(right).sum::<f64>() / labels.len() as f64,
        Measure::LogLoss => stats::mean(&stats::log_loss_rows(probabilities, labels, 3)).expect("rows"),
        _ => stats::mean(&stats::brier_rows(probabilities, labels, 3)).expect("rows"),
    }
}

#[test]
fn several_classes_are_estimated_after_a_shift_and_overconfidence_is_seen_through() {
    let (probabilities, labels) = overconfident(11, 20_000, 0.0);
    let fitted = Multiclass::fit(rows(&probabilities), &labels).unwrap();
    let (probabilities, labels) = overconfident(12, 10_000, 0.4);
    for measure in Measure::MULTICLASS {
        let found = fitted.estimate(rows(&probabilities), measure, 0.99).unwrap();
        let truth = measured(&probabilities, &labels, measure);
        // Renormalising is not exact: a tenth of a deviation of one row is allowed on top of the interval.
        near(measure.name(), found.estimate.value, truth, 3.0 * found.estimate.standard_error + 0.005);
        assert!(found.sampling_error > 0.0 && found.reference_error > 0.0);
    }
    assert_eq!(fitted.estimate(rows(&probabilities), Measure::F1, 0.95), None);
}

#[test]
fn several_classes_have_defined_outcomes_at_the_edges() {
    let (mut probabilities, mut labels) = overconfident(13, 2_000, 0.0);
    assert!(Multiclass::fit(rows(&probabilities), &vec![1; 2_000]).is_none());
    assert!(Multiclass::fit(rows(&[]), &[]).is_none());
    // The third class is never seen: its scores are taken as they are, and it has no area.
    let two: Vec<usize> = labels.iter().map(|label| label % 2).collect();
    assert!(Multiclass::fit(rows(&probabilities), &two).is_some());
    let clean = Multiclass::fit(rows(&probabilities), &labels).unwrap();
    let one = clean.estimate(rows(&probabilities[..3]), Measure::Accuracy, 0.95).unwrap();
    assert_eq!((one.estimate.rows, one.estimate.upper), (1, 1.0));
    assert_eq!(clean.estimate(rows(&[]), Measure::LogLoss, 0.95), None);
    let other = Rows { probabilities: &[0.5, 0.5], classes: 2 };
    assert_eq!(clean.estimate(other, Measure::Accuracy, 0.95), None);
    probabilities.extend([f64::NAN, 0.5, 0.5]);
    labels.push(0);
    assert_eq!(Multiclass::fit(rows(&probabilities), &labels).unwrap(), clean);
    let found = clean.estimate(rows(&probabilities), Measure::Brier, 0.95).unwrap();
    assert_eq!(found.estimate.rows, 2_000);
}
