//! The statistics against numpy, scipy and scikit-learn; `reference/make.py` asked them.

use proptest::prelude::*;
use serde_json::Value;
use stats::{Auc, Confusion, Difference, Estimate};

fn reference() -> Value {
    serde_json::from_str(include_str!("reference/reference.json")).expect("make.py writes JSON")
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().expect("a list").iter().map(|one| one.as_f64().expect("a number")).collect()
}

fn flags(value: &Value) -> Vec<bool> {
    value.as_array().expect("a list").iter().map(|one| one.as_bool().expect("a flag")).collect()
}

fn classes(value: &Value) -> Vec<usize> {
    numbers(value).into_iter().map(|one| one as usize).collect()
}

/// Within 1e-9 of the larger of 1 and the expected value.
#[track_caller]
fn agree(what: &str, found: f64, expected: &Value) {
    let expected = expected.as_f64().expect("a number");
    let distance = (found - expected).abs();
    assert!(distance <= 1e-9 * expected.abs().max(1.0), "{what}: {found} where {expected} is expected");
}

#[test]
fn distributions_are_scipys() {
    let reference = &reference()["distributions"];
    for pair in reference["normal_cdf"].as_array().unwrap() {
        agree("normal cdf", stats::normal_cdf(numbers(pair)[0]), &pair[1]);
    }
    for pair in reference["normal_quantile"].as_array().unwrap() {
        agree("normal quantile", stats::normal_quantile(numbers(pair)[0]), &pair[1]);
    }
    for triple in reference["student_quantile"].as_array().unwrap() {
        let given = numbers(triple);
        agree(&format!("t quantile {given:?}"), stats::student_quantile(given[0], given[1]), &triple[2]);
    }
}

#[test]
fn binary_metrics_are_scikit_learns() {
    for case in reference()["binary"].as_array().unwrap() {
        let (scores, labels) = (numbers(&case["first"]), flags(&case["labels"]));
        let once = vec![1.0; labels.len()];
        agree("roc_auc", stats::roc_auc(&scores, &labels).unwrap(), &case["roc_auc"]);
        let precision = stats::average_precision(&scores, &labels, &once).unwrap();
        agree("average_precision", precision, &case["average_precision"]);

        let both: Vec<f64> = scores.iter().flat_map(|score| [1.0 - score, *score]).collect();
        let target: Vec<usize> = labels.iter().map(|label| usize::from(*label)).collect();
        let log_loss = stats::mean(&stats::log_loss_rows(&both, &target, 2)).unwrap();
        agree("log_loss", log_loss, &case["log_loss"]);
        agree("brier", stats::mean(&stats::brier_rows(&both, &target, 2)).unwrap(), &case["brier"]);

        let mut confusion = Confusion::default();
        for (score, label) in scores.iter().zip(&labels) {
            confusion.count(*score >= 0.5, *label, 1.0);
        }
        agree("precision", confusion.precision().unwrap(), &case["precision"]);
        agree("recall", confusion.recall().unwrap(), &case["recall"]);
        agree("f1", confusion.f1().unwrap(), &case["f1"]);
        for (rank, expected) in stats::midranks(&scores).iter().zip(case["midranks"].as_array().unwrap()) {
            agree("midrank", *rank, expected);
        }
    }
}

#[test]
fn delongs_variances_follow_from_the_definition_pair_by_pair() {
    for case in reference()["binary"].as_array().unwrap() {
        let labels = flags(&case["labels"]);
        let first = Auc::of(&numbers(&case["first"]), &labels).unwrap();
        let second = Auc::of(&numbers(&case["second"]), &labels).unwrap();
        agree("variance", first.variance().unwrap(), &case["variance"]);
        let apart = stats::paired_auc(&first, &second).unwrap();
        agree("difference", apart.value, &case["difference"]);
        agree("paired variance", apart.standard_error.powi(2), &case["difference_variance"]);
        assert_eq!(apart.rows, labels.len() as u64);
    }
}

#[test]
fn multiclass_losses_are_scikit_learns() {
    let case = &reference()["multiclass"];
    let (probabilities, labels) = (numbers(&case["probabilities"]), classes(&case["labels"]));
    let count = case["classes"].as_u64().unwrap() as usize;
    let log_loss = stats::log_loss_rows(&probabilities, &labels, count);
    agree("log_loss", stats::mean(&log_loss).unwrap(), &case["log_loss"]);
    agree("brier", stats::mean(&stats::brier_rows(&probabilities, &labels, count)).unwrap(), &case["brier"]);
}

#[test]
fn regression_metrics_are_scikit_learns() {
    let case = &reference()["regression"];
    let (predicted, target) = (numbers(&case["predicted"]), numbers(&case["target"]));
    let (once, weights) = (vec![1.0; target.len()], numbers(&case["weights"]));
    agree("rmse", stats::rmse(&predicted, &target, &once).unwrap(), &case["rmse"]);
    agree("r2", stats::r2(&predicted, &target, &once).unwrap(), &case["r2"]);
    agree("weighted rmse", stats::rmse(&predicted, &target, &weights).unwrap(), &case["weighted_rmse"]);
    agree("weighted r2", stats::r2(&predicted, &target, &weights).unwrap(), &case["weighted_r2"]);
}

#[test]
fn calibration_is_numpys_over_equal_bins() {
    let case = &reference()["calibration"];
    let bins = case["bins"].as_u64().unwrap() as usize;
    let curve = stats::reliability(&numbers(&case["probabilities"]), &flags(&case["labels"]), bins);
    for (at, bin) in curve.iter().enumerate() {
        agree("predicted", bin.predicted, &case["predicted"][at]);
        agree("observed", bin.observed, &case["observed"][at]);
    }
    assert_eq!(curve.len(), bins);
    agree("error", stats::calibration_error(&curve).unwrap(), &case["error"]);
}

#[test]
fn sample_statistics_are_numpys() {
    let case = &reference()["sample"];
    let values = numbers(&case["values"]);
    agree("mean", stats::mean(&values).unwrap(), &case["mean"]);
    agree("deviation", stats::standard_error(&values).unwrap(), &case["deviation"]);
    let mut sorted = values;
    sorted.sort_by(f64::total_cmp);
    for pair in case["quantiles"].as_array().unwrap() {
        agree("quantile", stats::quantile(&sorted, numbers(pair)[0]).unwrap(), &pair[1]);
    }
}

#[test]
fn holms_adjustment_follows_from_the_definition() {
    let case = &reference()["holm"];
    for (at, adjusted) in stats::holm(&numbers(&case["p_values"])).into_iter().enumerate() {
        agree("adjusted", adjusted, &case["adjusted"][at]);
    }
}

#[test]
fn a_bound_and_its_p_value_say_the_same() {
    let apart = Difference { value: 0.4, standard_error: 0.2, rows: 100 };
    for confidence in [0.8, 0.95, 0.999] {
        assert!((apart.p_value(apart.lower(confidence)) - (1.0 - confidence)).abs() < 1e-9, "{confidence}");
    }
    let estimate = Estimate::normal(0.0, 1.0, 100, 0.95);
    assert!((estimate.upper - 1.959_963_984_540_054).abs() < 1e-9, "{estimate:?}");
}

#[test]
fn the_rows_needed_have_the_power_that_was_asked_for() {
    let seen = Difference { value: 0.01, standard_error: 0.02, rows: 400 };
    let rows = stats::rows_needed(&seen, -0.005, 0.95, 0.8).unwrap();
    // At that many rows the lower bound lies above the threshold in 80 % of repetitions.
    let error = seen.standard_error * (400.0 / rows as f64).sqrt();
    let power = stats::normal_cdf((0.01 + 0.005) / error - stats::normal_quantile(0.95));
    assert!((power - 0.8).abs() < 1e-3, "{power}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_area_is_the_share_of_pairs_in_order(rows in prop::collection::vec((0_u8..6, any::<bool>()), 0..40)) {
        let scores: Vec<f64> = rows.iter().map(|(score, _)| f64::from(*score)).collect();
        let labels: Vec<bool> = rows.iter().map(|(_, label)| *label).collect();
        let (mut won, mut pairs) = (0.0, 0.0);
        for (high, _) in rows.iter().filter(|(_, label)| *label) {
            for (low, _) in rows.iter().filter(|(_, label)| !*label) {
                pairs += 1.0;
                won += if high > low { 1.0 } else if high == low { 0.5 } else { 0.0 };
            }
        }
        match stats::roc_auc(&scores, &labels) {
            Some(area) => prop_assert!((area - won / pairs).abs() < 1e-12),
            None => prop_assert_eq!(pairs, 0.0),
        }
    }

    #[test]
    fn counting_a_row_twice_is_having_it_twice(
        rows in prop::collection::vec((0_u8..5, any::<bool>(), 0_usize..3), 1..30),
    ) {
        let scores: Vec<f64> = rows.iter().map(|(score, _, _)| f64::from(*score)).collect();
        let labels: Vec<bool> = rows.iter().map(|(_, label, _)| *label).collect();
        let counts: Vec<f64> = rows.iter().map(|(_, _, count)| *count as f64).collect();
        let (mut repeated, mut repeated_labels) = (Vec::new(), Vec::new());
        for ((score, label), (_, _, count)) in scores.iter().zip(&labels).zip(&rows) {
            repeated.extend(vec![*score; *count]);
            repeated_labels.extend(vec![*label; *count]);
        }
        let weighted = stats::average_precision(&scores, &labels, &counts);
        let plain = stats::average_precision(&repeated, &repeated_labels, &vec![1.0; repeated.len()]);
        prop_assert_eq!(weighted.is_some(), plain.is_some());
        prop_assert!((weighted.unwrap_or(0.0) - plain.unwrap_or(0.0)).abs() < 1e-12);
    }

    #[test]
    fn holm_never_lowers_a_p_value_and_keeps_the_order(p_values in prop::collection::vec(0.0_f64..=1.0, 0..20)) {
        let adjusted = stats::holm(&p_values);
        for (one, raised) in p_values.iter().zip(&adjusted) {
            prop_assert!(raised >= one && *raised <= 1.0);
            for (other, also) in p_values.iter().zip(&adjusted) {
                prop_assert!(one > other || raised <= also);
            }
        }
    }

    #[test]
    fn the_order_of_rows_makes_no_difference_to_the_calibration(
        rows in prop::collection::vec((0_u8..4, any::<bool>()), 1..60),
        seed in any::<u64>(),
    ) {
        let error = |rows: &[(u8, bool)]| {
            let probabilities: Vec<f64> = rows.iter().map(|(p, _)| f64::from(*p) / 4.0).collect();
            let labels: Vec<bool> = rows.iter().map(|(_, label)| *label).collect();
            stats::calibration_error(&stats::reliability(&probabilities, &labels, 5)).unwrap()
        };
        let mut shuffled = rows.clone();
        base::Random::new(seed).shuffle(&mut shuffled);
        prop_assert!((error(&rows) - error(&shuffled)).abs() < 1e-12);
    }
}
