//! How often the gate is wrong: many seeded rounds of evidence whose truth is known.
//!
//! The bounds on the counts are three standard deviations of the binomial distribution, so a gate
//! that keeps its promise passes; the seeds are fixed, so it always does.

mod common;

use base::Random;
use common::{binary, binary_terms, check, regression, terms};
use gate::{NoWorse, Predictions, Slice, Status, Terms, judge};
use stats::{Metric, Task};

/// The mean of the absolute value of a standard normal number.
const MEAN_ABSOLUTE: f64 = 0.797_884_560_802_865_4;

/// How many of the rounds come out so.
fn count(
    rounds: u64,
    terms: &Terms,
    evidence: impl Fn(u64) -> Predictions,
    (name, status): (&str, Status),
) -> f64 {
    let came_out = |round: &u64| {
        let verdict = judge(terms, &evidence(*round)).expect("the evidence is whole");
        check(&verdict, name).status == status
    };
    (0..rounds).filter(came_out).count() as f64
}

/// Whether a count lies within three standard deviations of what a share of the rounds makes.
#[track_caller]
fn agrees(found: f64, rounds: u64, share: f64) {
    let (mean, reach) = (rounds as f64 * share, 3.0 * (rounds as f64 * share * (1.0 - share)).sqrt());
    assert!((found - mean).abs() <= reach, "{found} of {rounds}, expected {mean:.0} ± {reach:.0}");
}

fn mae_terms(margin: f64) -> Terms {
    let mut terms = terms(Task::Regression);
    terms.policy.no_worse_than_champion = Some(NoWorse { metric: Metric::Mae, margin, confidence: 0.95 });
    terms
}

#[test]
fn a_model_worse_by_exactly_the_margin_passes_one_time_in_twenty() {
    let margin = 0.2;
    let evidence = |round| regression(200, 1.0 + margin / MEAN_ABSOLUTE, 1.0, round);
    agrees(count(250, &mae_terms(margin), evidence, ("no_worse_than_champion", Status::Passed)), 250, 0.05);
}

#[test]
fn a_model_worse_by_exactly_the_margin_is_rejected_one_time_in_twenty() {
    let margin = 0.2;
    let evidence = |round| regression(200, 1.0 + margin / MEAN_ABSOLUTE, 1.0, 1_000 + round);
    agrees(count(250, &mae_terms(margin), evidence, ("no_worse_than_champion", Status::Failed)), 250, 0.05);
}

#[test]
fn an_equal_model_passes_with_the_power_that_its_rows_were_planned_for() {
    let margin = 0.25;
    // The deviation of a row's difference of two independent absolute errors.
    let deviation = (2.0 * (1.0 - MEAN_ABSOLUTE * MEAN_ABSOLUTE)).sqrt();
    let planned = stats::Difference { value: 0.0, standard_error: deviation, rows: 1 };
    let rows = stats::rows_needed(&planned, -margin, 0.95, 0.8).unwrap() as usize;
    let evidence = |round| regression(rows, 1.0, 1.0, 2_000 + round);
    agrees(count(250, &mae_terms(margin), evidence, ("no_worse_than_champion", Status::Passed)), 250, 0.8);
}

#[test]
fn an_area_smaller_by_exactly_the_margin_passes_one_time_in_twenty() {
    // The area of two normal scores a distance apart is Φ(distance / √2).
    let area = |distance: f64| stats::normal_cdf(distance / std::f64::consts::SQRT_2);
    let terms = binary_terms(Metric::RocAuc, area(1.5) - area(1.3));
    let evidence = |round| binary(120, 1.3, Some(1.5), round);
    agrees(count(100, &terms, evidence, ("no_worse_than_champion", Status::Passed)), 100, 0.05);
}

#[test]
fn among_many_slices_of_a_model_at_the_margin_one_is_called_worse_at_most_one_time_in_twenty() {
    let margin = 0.2;
    let evidence = |round| {
        let mut predictions = regression(400, 1.0 + margin / MEAN_ABSOLUTE, 1.0, 3_000 + round);
        let mut random = Random::new(round);
        let values = (0..400).map(|_| random.below(10).to_string()).collect();
        predictions.slices = vec![Slice { column: "carrier".to_owned(), values }];
        predictions
    };
    let failed = count(100, &mae_terms(margin), evidence, ("slices", Status::Failed));
    let reach = 3.0 * (100.0_f64 * 0.05 * 0.95).sqrt();
    assert!(failed <= 100.0 * 0.05 + reach, "{failed} of 100");
}
