//! The control charts against published worked examples and published run lengths.

use base::Random;
use stats::chart::{
    self, Baseline, Cusum, Departure, Ewma, NELSON, Pattern, Rule, Settings, Side, WESTERN_ELECTRIC,
};

/// Montgomery, "Introduction to Statistical Quality Control", table 9.1: mean 10 and deviation 1, and from the
/// 21st observation on a mean of 11.
const MONTGOMERY: [f64; 30] = [
    9.45, 7.99, 9.29, 11.66, 12.16, 10.18, 8.04, 11.46, 9.20, 10.34, 9.03, 11.47, 10.51, 9.40, 10.08, 9.37,
    10.62, 10.31, 8.52, 10.84, 10.90, 9.33, 12.29, 11.50, 10.60, 11.08, 10.38, 11.62, 11.31, 10.52,
];
const TEN: Baseline = Baseline { mean: 10.0, deviation: 1.0 };
const STANDARD: Baseline = Baseline { mean: 0.0, deviation: 1.0 };

#[track_caller]
fn near(found: f64, printed: f64, half_a_digit: f64) {
    assert!((found - printed).abs() <= half_a_digit + 1e-9, "{found} where {printed} is printed");
}

fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.unit()).cos()
}

/// The mean of how many standard normal points pass until the first departure.
fn run_length(settings: &Settings, shift: f64, runs: usize) -> f64 {
    let mut random = Random::new(1);
    let mut total = 0;
    for _ in 0..runs {
        let mut series = Vec::new();
        // In growing pieces, since most runs end early.
        let first = [100, 800, 6_000].into_iter().find_map(|length| {
            series.resize_with(length, || normal(&mut random) + shift);
            chart::departures(&series, STANDARD, settings).first().map(|one| one.index + 1)
        });
        total += first.unwrap_or(series.len());
    }
    total as f64 / runs as f64
}

fn only_patterns(patterns: &[Pattern]) -> Settings {
    Settings { ewma: None, cusum: None, patterns: patterns.to_vec(), clip: None }
}

#[test]
fn the_cusum_is_montgomerys_table_9_2() {
    let sums = Cusum { allowance: 0.5, decision: 5.0 }.chart(&MONTGOMERY, TEN);
    let above = [0.0, 0.0, 0.0, 1.16, 2.82, 2.50, 0.04, 1.00, 0.0, 0.0, 0.0, 0.97, 0.98, 0.0];
    above.iter().zip(&sums).for_each(|(printed, sums)| near(sums.above, *printed, 0.005));
    let below = [0.05, 1.56, 1.77, 0.0, 0.0, 0.0, 1.46, 0.0, 0.30, 0.0, 0.47];
    below.iter().zip(&sums).for_each(|(printed, sums)| near(sums.below, *printed, 0.005));
    // "The upper-side CUSUM at period 29 is 5.28", with N = 7: the shift came after period 22.
    near(sums[28].above, 5.28, 0.005);
    assert_eq!(sums[28].above_run, 7);
}

#[test]
fn the_ewma_is_montgomerys_table_9_10() {
    let points = Ewma { weight: 0.1, width: 2.7 }.chart(&MONTGOMERY, TEN);
    let printed = [9.945, 9.7495, 9.70355, 9.8992, 10.1253];
    printed.iter().zip(&points).for_each(|(printed, point)| near(point.value, *printed, 5e-5));
    near(points[0].upper, 10.27, 0.005);
    near(points[1].lower, 9.64, 0.005);
    near(points[29].upper, 10.62, 0.005);
    near(points[29].lower, 9.38, 0.005);
    near(points[28].value, 10.6468, 5e-5);
    near(points[29].value, 10.6341, 5e-5);
    assert_eq!(points.iter().position(|point| point.value > point.upper), Some(28));
}

#[test]
fn the_ewma_is_the_nist_handbooks_in_6_3_2_4() {
    let series = [
        52.0, 47.0, 53.0, 49.3, 50.1, 47.0, 51.0, 50.1, 51.2, 50.5, 49.6, 47.6, 49.9, 51.3, 47.8, 51.2, 52.6,
        52.4, 53.6, 52.1,
    ];
    let printed = [
        50.60, 49.52, 50.56, 50.18, 50.16, 49.21, 49.75, 49.85, 50.26, 50.33, 50.11, 49.36, 49.52, 50.05,
        49.38, 49.92, 50.73, 51.23, 51.94, 51.99,
    ];
    let points = Ewma { weight: 0.3, width: 3.0 }.chart(&series, Baseline { mean: 50.0, deviation: 2.0539 });
    printed.iter().zip(&points).for_each(|(printed, point)| near(point.value, *printed, 0.0055));
    near(points[19].upper, 52.5884, 5e-4);
    near(points[19].lower, 47.4115, 5e-4);
}

#[test]
fn the_cusum_is_the_nist_handbooks_in_6_3_2_3() {
    let series = [
        324.925, 324.675, 324.725, 324.350, 325.350, 325.225, 324.125, 324.525, 325.225, 324.600, 324.625,
        325.150, 328.325, 327.250, 327.825, 328.500, 326.675, 327.775, 326.875, 328.350,
    ];
    // The handbook works in the data's unit: k = 0.3175 and h = 4.1959.
    let cusum = Cusum { allowance: 0.3175, decision: 4.1959 };
    let sums = cusum.chart(&series, Baseline { mean: 325.0, deviation: 1.0 });
    near(sums[4].above, 0.03, 0.005);
    near(sums[12].above, 3.01, 0.005);
    near(sums[13].above, 4.94, 0.005);
    assert_eq!(sums.iter().position(|sums| sums.above > 4.1959), Some(13));
}

#[test]
fn run_lengths_in_control_are_the_published_ones() {
    // Montgomery, table 9.3 and section 9.1.2; Lucas and Saccucci 1990; Champ and Woodall 1987, table 1.
    let cusum = |decision| Settings { cusum: Some(Cusum { allowance: 0.5, decision }), ..only_patterns(&[]) };
    let ewma = |weight, width| Settings { ewma: Some(Ewma { weight, width }), ..only_patterns(&[]) };
    let cases = [
        ("three deviations", only_patterns(&[Pattern::OneBeyondThree]), 370.4),
        ("all of Western Electric", only_patterns(&WESTERN_ELECTRIC), 91.75),
        ("cusum, h 4", cusum(4.0), 168.0),
        ("cusum, h 5", cusum(5.0), 465.0),
        ("ewma, weight 0.2", ewma(0.2, 2.962), 500.0),
        ("ewma, weight 0.4", ewma(0.4, 3.054), 500.0),
    ];
    for (name, settings, published) in cases {
        let found = run_length(&settings, 0.0, 2_000);
        assert!((found / published - 1.0).abs() < 0.06, "{name}: {found} where {published} is published");
    }
}

#[test]
fn run_lengths_after_a_shift_are_the_published_ones() {
    let cusum = Settings { cusum: Some(Cusum { allowance: 0.5, decision: 4.0 }), ..only_patterns(&[]) };
    for (shift, published) in [(0.5, 26.6), (1.0, 8.38), (2.0, 3.34)] {
        let found = run_length(&cusum, shift, 4_000);
        assert!((found / published - 1.0).abs() < 0.05, "{shift}: {found} where {published} is published");
    }
}

#[test]
fn a_slow_decay_is_seen_long_before_a_single_point_stands_out() {
    let mut random = Random::new(3);
    let series: Vec<f64> = (0..80).map(|at| 0.3 * normal(&mut random) - 0.03 * f64::from(at)).collect();
    let found = chart::departures(&series, STANDARD, &Settings::default());
    let first = |rule| found.iter().find(|one| one.rule == rule).map_or(usize::MAX, |one| one.index);
    assert!(first(Rule::Ewma) < 45, "{found:?}");
    assert!(first(Rule::Cusum) < 45);
    assert!(first(Rule::Outlier) > 60);
    assert!(found.iter().all(|one| one.side == Side::Below));
}

#[test]
fn one_bad_hour_meets_the_rule_of_three_deviations_and_no_other() {
    for height in [4.0, -40.0, 1e9, f64::INFINITY] {
        let mut series: Vec<f64> = (0..60).map(|at| if at % 2 == 0 { 0.6 } else { -0.6 }).collect();
        series[30] = height;
        let side = if height > 0.0 { Side::Above } else { Side::Below };
        let found = chart::departures(&series, STANDARD, &Settings::default());
        assert_eq!(found, [Departure { index: 30, rule: Rule::Outlier, side }], "{height}");
    }
}

#[test]
fn each_pattern_fires_at_the_point_that_completes_it_and_not_before() {
    let run = |length: usize, of: fn(usize) -> f64| -> Vec<f64> { (0..length).map(of).collect() };
    let cases = [
        (Pattern::OneBeyondThree, vec![-3.1], Side::Below),
        (Pattern::TwoOfThreeBeyondTwo, vec![2.1, 0.0, 2.2], Side::Above),
        (Pattern::FourOfFiveBeyondOne, vec![-1.1, -1.2, 0.5, -1.3, -1.1], Side::Below),
        (Pattern::EightOnOneSide, run(8, |_| 0.2), Side::Above),
        (Pattern::NineOnOneSide, run(9, |_| -0.2), Side::Below),
        (Pattern::SixInOneDirection, run(6, |at| at as f64 / 9.0), Side::Above),
        (Pattern::FourteenAlternating, run(14, |at| if at % 2 == 0 { 0.1 } else { -0.1 }), Side::Both),
        (Pattern::FifteenWithinOne, run(15, |at| 0.9 - at as f64 / 9.0), Side::Both),
        (Pattern::EightBeyondOne, run(8, |at| if at % 3 == 0 { 1.1 } else { -1.2 }), Side::Both),
    ];
    for (pattern, series, side) in cases {
        let found = chart::departures(&series, STANDARD, &only_patterns(&[pattern]));
        assert_eq!(found.len(), 1, "{pattern:?}: {found:?}");
        assert_eq!((found[0].index, found[0].side), (series.len() - 1, side), "{pattern:?}");
    }
    assert_eq!(NELSON.len(), 8);
}

#[test]
fn windows_without_a_value_are_passed_over_and_indices_stay_those_of_the_series() {
    let series = [f64::NAN, 0.1, f64::NAN, 5.0, f64::NAN];
    let found = chart::departures(&series, STANDARD, &Settings::default());
    assert_eq!(found.iter().map(|one| one.index).collect::<Vec<_>>(), [3]);
    assert!(chart::departures(&[], STANDARD, &Settings::default()).is_empty());
    assert!(chart::departures(&[f64::NAN], STANDARD, &Settings::default()).is_empty());
}

#[test]
fn a_reference_that_never_varied_makes_any_other_value_a_departure() {
    let flat = Baseline { mean: 2.0, deviation: 0.0 };
    assert!(chart::departures(&[2.0; 7], flat, &Settings::default()).is_empty());
    let found = chart::departures(&[2.0, 2.1, 2.0], flat, &Settings::default());
    assert_eq!(found.iter().map(|one| (one.index, one.rule)).collect::<Vec<_>>(), [(1, Rule::Outlier)]);
}

#[test]
fn a_baseline_needs_two_values() {
    assert_eq!(Baseline::of(&[1.0, f64::NAN]), None);
    assert_eq!(Baseline::of(&[1.0, f64::NAN, 3.0]), Some(Baseline { mean: 2.0, deviation: 2.0_f64.sqrt() }));
}
