use monitor::drift::{Column, Counts, Drift, EffectMeasure, Histogram, Settings, Test, judge};
use stats::{
    drift::{CategoryCounts, NumberCounts},
    sketch::{Frequent, Quantiles},
};

fn numbers(values: &[f64]) -> Counts {
    Counts::Numbers(NumberCounts::of(values))
}

fn categories<'a>(values: impl IntoIterator<Item = &'a str>) -> Counts {
    Counts::Categories(CategoryCounts::of(values.into_iter().map(Some)))
}

fn column(name: &str, reference: Counts, current: Counts) -> Column {
    Column { name: name.to_owned(), reference, current }
}

fn judged(reference: Counts, current: Counts) -> Drift {
    judge(&[column("x", reference, current)], &Settings::default())
}

fn ramp(rows: u32) -> Vec<f64> {
    (0..rows).map(|row| f64::from(row) / f64::from(rows)).collect()
}

#[test]
fn one_row_raises_nothing() {
    let drift = judged(numbers(&ramp(1_000)), numbers(&[0.999]));
    assert_eq!((drift.columns[0].test, drift.tests), (Test::TooFewRows, 0));
    assert!(!drift.columns[0].departs(), "{drift:?}");
    assert!(!judged(numbers(&ramp(1_000)), numbers(&[f64::NAN])).columns[0].departs());
    assert!(!judged(numbers(&[1.0]), numbers(&[5.0])).columns[0].departs());
    assert!(!judged(categories(["a"]), categories(["b"])).columns[0].departs());
}

#[test]
fn an_empty_current_is_not_tested() {
    let drift = judged(numbers(&ramp(100)), numbers(&[]));
    assert_eq!((drift.columns[0].test, drift.tests), (Test::NoRows, 0));
    assert!(!drift.columns[0].departs());
}

#[test]
fn a_column_that_turns_all_null_departs_by_its_missing_rows() {
    let drift = judged(numbers(&ramp(100)), numbers(&[f64::NAN; 100]));
    let found = &drift.columns[0];
    assert_eq!((found.test, found.p_value, found.drifted), (Test::NoValues, None, false));
    assert!(found.missing.departs && found.departs());
    assert_eq!(found.missing.current, 1.0);
}

#[test]
fn a_vanished_column_is_one_that_is_missing_in_every_row() {
    let reference = categories(["a"; 80]);
    let vanished = reference.vanished(60);
    let found = &judged(reference, vanished).columns[0];
    assert_eq!((found.test, found.rows.current), (Test::NoValues, 60));
    assert!(found.missing.departs);
}

#[test]
fn a_column_that_was_always_null_is_quiet() {
    let found = &judged(numbers(&[f64::NAN; 500]), numbers(&[f64::NAN; 500])).columns[0];
    assert_eq!((found.test, found.departs()), (Test::NoValues, false));
}

#[test]
fn a_changed_type_is_drift_by_itself() {
    let found = &judged(numbers(&ramp(50)), categories(["1", "2"])).columns[0];
    assert_eq!((found.test, found.drifted), (Test::ChangedKind, true));
    assert_eq!(found.histogram, Histogram::Empty);
}

#[test]
fn infinities_are_out_of_range_unless_the_reference_has_them() {
    let mut spoilt = ramp(1_000);
    spoilt[..100].fill(f64::INFINITY);
    let found = &judged(numbers(&ramp(1_000)), numbers(&spoilt)).columns[0];
    assert!(found.out_of_range.is_some_and(|rate| rate.departs && (rate.current - 0.1).abs() < 1e-12));
    let found = &judged(numbers(&spoilt), numbers(&spoilt)).columns[0];
    assert!(!found.departs());
}

#[test]
fn numbers_near_the_largest_are_sized_by_the_statistic() {
    let huge: Vec<f64> = ramp(200).iter().map(|value| value * f64::MAX).collect();
    let drift = judged(numbers(&huge), numbers(&ramp(200)));
    assert_eq!(drift.columns[0].effect.measure, EffectMeasure::KolmogorovSmirnov);
    assert!(drift.columns[0].drifted);
    assert!(serde_json::to_string(&drift).is_ok());
}

#[test]
fn a_shifted_column_drifts_and_its_still_neighbour_does_not() {
    let shifted: Vec<f64> = ramp(1_000).iter().map(|value| value + 0.2).collect();
    let columns = [
        column("shifted", numbers(&ramp(1_000)), numbers(&shifted)),
        column("still", numbers(&ramp(1_000)), numbers(&ramp(900))),
    ];
    let drift = judge(&columns, &Settings::default());
    assert_eq!(drift.columns.iter().map(|found| found.drifted).collect::<Vec<_>>(), [true, false]);
    assert!((drift.columns[0].statistics["wasserstein"] - 0.2).abs() < 1e-9);
    assert!(drift.columns[0].out_of_range.is_some_and(|rate| rate.departs));
}

#[test]
fn few_distinct_numbers_are_compared_as_categories() {
    let old: Vec<f64> = (0..600).map(|row| f64::from(row % 3)).collect();
    let new: Vec<f64> = (0..600).map(|row| f64::from(row % 2)).collect();
    let found = &judged(numbers(&old), numbers(&new)).columns[0];
    assert_eq!((found.test, found.effect.measure), (Test::ChiSquare, EffectMeasure::JensenShannon));
    assert!(found.drifted);
}

#[test]
fn a_new_category_departs_by_its_unseen_rows() {
    let old = (0..1_000).map(|row| if row % 2 == 0 { "a" } else { "b" });
    let new = (0..1_000).map(|row| if row % 20 == 0 { "c" } else { ["a", "b"][row % 2] });
    let found = &judged(categories(old), categories(new)).columns[0];
    assert!(
        found.unseen.is_some_and(|rate| rate.departs && (rate.current - 0.05).abs() < 1e-12),
        "{found:?}"
    );
}

#[test]
fn identifiers_that_are_new_in_every_row_are_no_drift() {
    let ids: Vec<String> = (0..400_000).map(|number| format!("id{number:07}")).collect();
    let (old, new) = ids.split_at(200_000);
    let found =
        &judged(categories(old.iter().map(String::as_str)), categories(new.iter().map(String::as_str)))
            .columns[0];
    assert!(!found.departs(), "{:?} {:?}", found.p_value, found.unseen);
    assert!(serde_json::to_string(found).unwrap().len() < 4_000);
}

#[test]
fn a_million_categories_in_bounded_sketches_are_judged() {
    let sketch = |from: u32| {
        let mut sketch = Frequent::new(1_000);
        for number in from..from + 500_000 {
            sketch.add(Some("common"));
            sketch.add(Some(&number.to_string()));
        }
        Counts::Categories(sketch.counts())
    };
    let found = &judged(sketch(0), sketch(500_000)).columns[0];
    assert_eq!((found.unseen, found.departs()), (None, false));
    assert_eq!(found.rows.current, 1_000_000);
}

#[test]
fn sketched_numbers_are_judged_as_exact_ones_are() {
    let values: Vec<f64> =
        (0..100_000_u32).map(|row| f64::from(row.wrapping_mul(2_654_435_761) >> 8)).collect();
    let shifted: Vec<f64> = values.iter().map(|value| value * 1.2).collect();
    let sketched = |values: &[f64]| {
        let mut sketch = Quantiles::default();
        sketch.extend(values.iter().copied());
        Counts::Numbers(sketch.counts())
    };
    let exact = &judged(numbers(&values), numbers(&shifted)).columns[0];
    let rough = &judged(sketched(&values), sketched(&shifted)).columns[0];
    assert!(exact.drifted && rough.drifted);
    assert!((exact.effect.value - rough.effect.value).abs() < 0.01);
    assert!((exact.statistics["ks"] - rough.statistics["ks"]).abs() <= 2.0 * 2.5 / 4_096.0);
}

#[test]
fn sparse_categories_get_the_test_that_suits_them() {
    let spread: Vec<String> = (0..2_000).map(|row| format!("c{}", row % 100)).collect();
    let few = spread.iter().take(50).map(String::as_str);
    let found = &judged(categories(spread.iter().map(String::as_str)), categories(few)).columns[0];
    assert_eq!((found.test, found.drifted), (Test::Permutation, false));
    let nearly_one =
        |rest: &'static [&'static str]| categories(std::iter::repeat_n("a", 500).chain(rest.iter().copied()));
    let found = &judged(nearly_one(&["b", "c"]), nearly_one(&["b"])).columns[0];
    assert_eq!((found.test, found.departs()), (Test::Fisher, false));
}

#[test]
fn findings_survive_json() {
    let columns = [
        column("number", numbers(&ramp(100)), numbers(&ramp(90))),
        column("category", categories(["a", "b", "a"]), categories(["a", "c"])),
        column("empty", numbers(&[]), numbers(&[1.0])),
    ];
    let drift = judge(&columns, &Settings::default());
    let text = serde_json::to_string(&drift).unwrap();
    assert_eq!(serde_json::from_str::<Drift>(&text).unwrap(), drift);
}

#[test]
fn histograms_hold_all_rows_on_both_sides() {
    let names: Vec<String> = (0..50).map(|row| format!("c{row}")).collect();
    let columns = [
        column("number", numbers(&ramp(1_000)), numbers(&[-5.0, 0.5, 99.0, f64::NAN])),
        column("category", categories(names.iter().map(String::as_str)), categories(["new", "c1"])),
    ];
    for found in judge(&columns, &Settings::default()).columns {
        let (Histogram::Numbers { reference, current, .. }
        | Histogram::Categories { reference, current, .. }) = found.histogram
        else {
            panic!("a histogram is missing");
        };
        assert!(reference.len() == current.len() && reference.len() <= 20);
        for side in [reference, current] {
            assert!((side.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{side:?}");
        }
    }
}
