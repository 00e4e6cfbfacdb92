//! The gate by its outcomes: what is promoted, held and rejected, and what is no evidence at all.

mod common;

use base::canonical_json;
use common::{binary, binary_terms, check, terms};
use gate::{Decision, Error, Predictions, Slice, Status, Terms, Value, Verdict, best_threshold, judge};
use proptest::prelude::*;
use stats::{Metric, Task};

/// The verdict in a few lines.
fn summary(verdict: &Verdict) -> String {
    let mut lines = vec![format!("{:?}", verdict.decision)];
    for check in &verdict.checks {
        lines.push(format!("{} {:?}: {}", check.name, check.status, check.explanation));
    }
    lines.join("\n")
}

fn flat_value() -> Value {
    Value {
        true_positive: 12.0,
        false_positive: -3.0,
        true_negative: 0.0,
        false_negative: 0.0,
        currency: "EUR".to_owned(),
    }
}

#[test]
fn a_better_model_is_promoted() {
    let verdict = judge(&binary_terms(Metric::RocAuc, 0.01), &binary(600, 2.0, Some(1.0), 1)).unwrap();
    assert_eq!(verdict.decision, Decision::Promote, "{}", summary(&verdict));
    let champion = check(&verdict, "no_worse_than_champion");
    assert!(champion.lower.unwrap() > 0.0 && champion.p_value.unwrap() < 1e-6, "{champion:?}");
}

#[test]
fn too_few_rows_to_tell_are_held_and_say_how_many_would_do() {
    let verdict = judge(&binary_terms(Metric::RocAuc, 0.02), &binary(120, 1.5, Some(1.5), 3)).unwrap();
    assert_eq!(verdict.decision, Decision::Hold, "{}", summary(&verdict));
    let champion = check(&verdict, "no_worse_than_champion");
    assert_eq!(champion.status, Status::Undecided);
    assert!(champion.rows_needed.unwrap() > 120, "{champion:?}");
    assert!(champion.explanation.contains(&champion.rows_needed.unwrap().to_string()), "{champion:?}");
}

#[test]
fn a_worse_model_is_rejected() {
    let verdict = judge(&binary_terms(Metric::RocAuc, 0.01), &binary(600, 1.0, Some(2.0), 1)).unwrap();
    assert_eq!(verdict.decision, Decision::Reject, "{}", summary(&verdict));
    assert!(check(&verdict, "no_worse_than_champion").upper.unwrap() < -0.01);
}

#[test]
fn a_model_no_better_than_a_constant_is_rejected() {
    let mut predictions = binary(3_000, 1.0, None, 5);
    predictions.candidate = binary(3_000, 0.0, None, 6).candidate;
    let verdict = judge(&binary_terms(Metric::RocAuc, 0.1), &predictions).unwrap();
    assert_eq!(check(&verdict, "beat_baseline").status, Status::Failed, "{}", summary(&verdict));
    assert_eq!(verdict.decision, Decision::Reject);
}

#[test]
fn without_a_champion_there_is_no_check_against_one() {
    let verdict = judge(&binary_terms(Metric::LogLoss, 0.005), &binary(400, 2.0, None, 2)).unwrap();
    assert_eq!(verdict.decision, Decision::Promote, "{}", summary(&verdict));
    assert!(verdict.checks.iter().all(|check| check.name != "no_worse_than_champion"));
}

#[test]
fn the_champion_itself_is_no_worse_whatever_the_metric_and_the_margin() {
    let mut predictions = binary(200, 1.5, None, 4);
    predictions.champion = Some(predictions.candidate.clone());
    for metric in Metric::ALL.into_iter().filter(|metric| metric.suits(Task::Binary)) {
        let verdict = judge(&binary_terms(metric, 0.0), &predictions).unwrap();
        let found = check(&verdict, "no_worse_than_champion");
        assert_eq!((found.status, found.estimate), (Status::Passed, Some(0.0)), "{metric}: {found:?}");
    }
}

#[test]
fn a_lower_loss_is_an_improvement() {
    for metric in [Metric::LogLoss, Metric::Brier] {
        let verdict = judge(&binary_terms(metric, 0.0), &binary(500, 2.5, Some(1.0), 8)).unwrap();
        assert!(check(&verdict, "no_worse_than_champion").estimate.unwrap() > 0.0, "{metric}");
    }
}

#[test]
fn a_slice_that_is_worse_is_rejected_and_named() {
    let mut predictions = binary(1_200, 2.0, Some(2.0), 9);
    let carrier = |row: usize| if row % 6 < 2 { "UA" } else { "AA" };
    for (row, score) in predictions.candidate.iter_mut().enumerate() {
        if carrier(row) == "UA" {
            *score = 1.0 - *score;
        }
    }
    let values = (0..1_200).map(|row| carrier(row).to_owned()).collect();
    predictions.slices = vec![Slice { column: "carrier".to_owned(), values }];
    let terms = binary_terms(Metric::RocAuc, 0.01);
    let verdict = judge(&terms, &predictions).unwrap();
    let slices = check(&verdict, "slices");
    assert_eq!((slices.status, verdict.decision), (Status::Failed, Decision::Reject));
    assert!(slices.explanation.contains("UA") && !slices.explanation.contains("AA"), "{slices:?}");
}

#[test]
fn a_slice_too_small_to_judge_is_reported() {
    let mut predictions = binary(200, 2.0, Some(2.0), 9);
    let values = (0..200).map(|row| if row < 4 { "" } else { "AA" }.to_owned()).collect();
    predictions.slices = vec![Slice { column: "carrier".to_owned(), values }];
    let verdict = judge(&binary_terms(Metric::LogLoss, 0.5), &predictions).unwrap();
    let scores = &verdict.evaluation.slices;
    let small = scores.iter().find(|slice| slice.rows == 4).expect("the missing value is a slice");
    assert_eq!(small.better, None);
    assert_eq!(scores.iter().map(|slice| slice.rows).sum::<u64>(), 200);
}

#[test]
fn a_slow_model_is_rejected_and_an_unmeasured_one_is_held() {
    let mut terms = binary_terms(Metric::LogLoss, 0.005);
    terms.policy.max_latency_p99_ms = Some(5.0);
    let predictions = binary(400, 2.0, None, 2);
    assert_eq!(judge(&terms, &predictions).unwrap().decision, Decision::Hold);
    terms.latency_ms = vec![9.0; 500];
    assert_eq!(judge(&terms, &predictions).unwrap().decision, Decision::Reject);
    terms.latency_ms = vec![0.1; 500];
    assert_eq!(judge(&terms, &predictions).unwrap().decision, Decision::Promote);
}

#[test]
fn decisions_worth_less_than_asked_are_rejected() {
    let mut terms = binary_terms(Metric::LogLoss, 0.005);
    terms.value = Some(flat_value());
    terms.threshold = Some(0.2);
    terms.policy.min_value_per_1000 = Some(6_001.0);
    let verdict = judge(&terms, &binary(400, 2.0, None, 2)).unwrap();
    assert_eq!(check(&verdict, "value").status, Status::Failed, "{}", summary(&verdict));
    terms.policy.min_value_per_1000 = Some(1.0);
    assert_eq!(judge(&terms, &binary(400, 2.0, None, 2)).unwrap().decision, Decision::Promote);
}

#[test]
fn one_class_or_one_row_is_held() {
    let whole = binary(400, 2.0, Some(2.0), 2);
    let mut one_class = whole.clone();
    one_class.target.fill(1.0);
    let first = |values: &[f64]| values[..1].to_vec();
    let one_row = Predictions {
        target: first(&whole.target),
        candidate: first(&whole.candidate),
        baseline: first(&whole.baseline),
        champion: whole.champion.as_deref().map(first),
        ..whole
    };
    for metric in Metric::ALL.into_iter().filter(|metric| metric.suits(Task::Binary)) {
        for predictions in [&one_class, &one_row] {
            let verdict = judge(&binary_terms(metric, 0.005), predictions).unwrap();
            assert_eq!(verdict.decision, Decision::Hold, "{metric}: {}", summary(&verdict));
        }
    }
}

#[test]
fn what_is_no_number_is_refused_and_named() {
    for wrong in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let mut predictions = binary(50, 1.0, Some(1.0), 1);
        predictions.champion.as_mut().unwrap()[3] = wrong;
        let error = judge(&binary_terms(Metric::LogLoss, 0.005), &predictions).unwrap_err();
        assert!(matches!(&error, Error::NotFinite { row: 3, .. }), "{error}");
        assert!(error.to_string().contains("champion"), "{error}");
    }
}

#[test]
fn evidence_that_does_not_fit_together_is_refused() {
    let terms = binary_terms(Metric::LogLoss, 0.005);
    let whole = binary(50, 1.0, Some(1.0), 1);
    let mut empty = binary(0, 1.0, None, 1);
    assert_eq!(judge(&terms, &empty).unwrap_err(), Error::NoRows);
    empty = whole.clone();
    empty.candidate.pop();
    assert!(matches!(judge(&terms, &empty), Err(Error::Shape { found: 49, .. })));
    let mut stranger = whole.clone();
    stranger.target[7] = 2.0;
    assert!(matches!(judge(&terms, &stranger), Err(Error::Target { row: 7, .. })));
    let mut short = whole;
    short.slices = vec![Slice { column: "carrier".to_owned(), values: vec![String::new(); 3] }];
    assert!(matches!(judge(&terms, &short), Err(Error::Shape { .. })));
}

#[test]
fn terms_of_another_task_are_refused() {
    let predictions = binary(50, 1.0, None, 1);
    for task in [Task::Multiclass, Task::Regression] {
        assert!(judge(&terms(task), &predictions).is_err(), "{task}");
    }
}

#[test]
fn the_same_evidence_gives_the_same_bytes_also_after_it_was_stored() {
    let mut terms = binary_terms(Metric::AveragePrecision, 0.01);
    terms.value = Some(flat_value());
    terms.threshold = Some(0.2);
    terms.latency_ms = vec![0.1, 0.3, 0.2];
    let mut predictions = binary(300, 1.7, Some(1.5), 12);
    let values = (0..300).map(|row| ["", "AA", "UA"][row % 3].to_owned()).collect();
    predictions.slices = vec![Slice { column: "carrier".to_owned(), values }];
    let bytes = canonical_json(&judge(&terms, &predictions).unwrap());
    assert_eq!(canonical_json(&judge(&terms, &predictions).unwrap()), bytes);

    let stored: Terms = serde_json::from_str(&canonical_json(&terms)).unwrap();
    let read = Predictions::from_table(&predictions.to_table(), Task::Binary, 2).unwrap();
    assert_eq!((&stored, &read), (&terms, &predictions));
    assert_eq!(canonical_json(&judge(&stored, &read).unwrap()), bytes);
    let verdict: Verdict = serde_json::from_str(&bytes).unwrap();
    assert_eq!(canonical_json(&verdict), bytes);
}

#[test]
fn several_classes_and_values_survive_being_stored() {
    let multiclass = Predictions {
        task: Task::Multiclass,
        classes: 3,
        target: vec![0.0, 2.0],
        candidate: vec![0.2, 0.3, 0.5, 0.1, 0.1, 0.8],
        baseline: vec![1.0 / 3.0; 6],
        champion: None,
        slices: Vec::new(),
    };
    let read = Predictions::from_table(&multiclass.to_table(), Task::Multiclass, 3).unwrap();
    assert_eq!(read, multiclass);
    let values = common::regression(20, 1.0, 2.0, 3);
    assert_eq!(Predictions::from_table(&values.to_table(), Task::Regression, 0).unwrap(), values);
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Scores such as 32-bit models give, the ends included.
    #[test]
    fn no_threshold_is_worth_more_than_the_best(
        rows in prop::collection::vec((0_u8..=8, any::<bool>()), 1..30),
        cells in prop::array::uniform4(-5_i8..=5),
    ) {
        let scores: Vec<f64> = rows.iter().map(|(score, _)| f64::from(*score) / 8.0).collect();
        let labels: Vec<bool> = rows.iter().map(|(_, label)| *label).collect();
        let [true_positive, false_positive, true_negative, false_negative] = cells.map(f64::from);
        let currency = "EUR".to_owned();
        let value = Value { true_positive, false_positive, true_negative, false_negative, currency };
        let worth = |threshold: f64| -> f64 {
            scores.iter().zip(&labels).map(|(score, label)| value.of(*score >= threshold, *label)).sum()
        };
        let best = worth(best_threshold(&scores, &labels, &value));
        for threshold in scores.iter().copied().chain([2.0]) {
            prop_assert!(best >= worth(threshold), "{} at {threshold}, {best}", worth(threshold));
        }
    }
}
