use std::collections::BTreeMap;

use stats::adjusted_p_values;

use super::{
    Column, ColumnDrift, Counts, Drift, Effect, EffectMeasure, Histogram, Rate, Rows, Settings, Test,
    categories,
    numbers::{self, Comparison},
    rates,
};

/// Judges all columns of two samples together.
///
/// Every column gets a test chosen by its type and the rows at hand; its share of missing rows,
/// of unseen categories and of numbers out of range are tested as well. All p-values share one
/// control of the false discovery rate, and a finding stands only when its effect is large too.
pub fn judge(columns: &[Column], settings: &Settings) -> Drift {
    conclude(columns.iter().map(|column| examine(column, settings)).collect(), settings)
}

/// Puts the tests of columns that were examined one at a time under one control of the false discovery rate.
pub fn conclude(mut found: Vec<ColumnDrift>, settings: &Settings) -> Drift {
    let p_values: Vec<f64> = found.iter_mut().flat_map(tests).filter_map(|test| test.p_value).collect();
    let mut adjusted = adjusted_p_values(&p_values).into_iter();
    for column in &mut found {
        for test in tests(column) {
            *test.q_value = test.p_value.and_then(|_| adjusted.next());
            let significant = test.q_value.is_some_and(|q_value| q_value <= settings.false_discovery_rate);
            *test.verdict |= significant && test.large;
        }
    }
    Drift { columns: found, tests: p_values.len(), false_discovery_rate: settings.false_discovery_rate }
}

/// One test of a column, and where its outcome goes.
struct Tested<'a> {
    p_value: Option<f64>,
    large: bool,
    q_value: &'a mut Option<f64>,
    verdict: &'a mut bool,
}

/// The tests of a column, always in the same order.
fn tests(column: &mut ColumnDrift) -> Vec<Tested<'_>> {
    let values = Tested {
        p_value: column.p_value,
        large: column.effect.is_large(),
        q_value: &mut column.q_value,
        verdict: &mut column.drifted,
    };
    let missing = &mut column.missing;
    let apart = (missing.current - missing.reference).abs();
    let mut tests = vec![values, tested(missing, apart)];
    for rate in [column.unseen.as_mut(), column.out_of_range.as_mut()].into_iter().flatten() {
        let more = rate.current - rate.reference;
        tests.push(tested(rate, more));
    }
    tests
}

fn tested(rate: &mut Rate, difference: f64) -> Tested<'_> {
    let large = difference >= rate.threshold;
    Tested { p_value: rate.p_value, large, q_value: &mut rate.q_value, verdict: &mut rate.departs }
}

/// All of a column that does not depend on the other columns, for who cannot hold all of them at once. Nothing stands
/// yet: that is for [`conclude`] to say.
pub fn examine(column: &Column, settings: &Settings) -> ColumnDrift {
    let (reference, current) = (&column.reference, &column.current);
    let compared = compare(reference, current, settings);
    let (unseen, out_of_range, histogram) = match (reference, current) {
        (Counts::Numbers(old), Counts::Numbers(new)) => {
            let histogram = Histogram::of_numbers(old, new, settings.bins);
            (None, rates::out_of_range(old, new, settings), histogram)
        }
        (Counts::Categories(old), Counts::Categories(new)) => {
            let histogram = Histogram::of_categories(old, new, settings.bins);
            (rates::unseen(old, new, settings), None, histogram)
        }
        _ => (None, None, Histogram::Empty),
    };
    ColumnDrift {
        column: column.name.clone(),
        drifted: compared.test == Test::ChangedKind,
        test: compared.test,
        effect: compared.effect,
        p_value: compared.p_value,
        q_value: None,
        rows: Rows { reference: reference.rows(), current: current.rows() },
        missing: rates::missing(reference, current, settings),
        unseen,
        out_of_range,
        statistics: compared.statistics,
        histogram,
    }
}

fn compare(reference: &Counts, current: &Counts, settings: &Settings) -> Comparison {
    if reference.rows() == 0 || current.rows() == 0 {
        return untested(Test::NoRows, reference, settings);
    }
    if reference.total() == 0 || current.total() == 0 {
        return untested(Test::NoValues, reference, settings);
    }
    let few = reference.total().min(current.total()) < settings.least_rows;
    let compared = match (reference, current) {
        (Counts::Numbers(_), Counts::Numbers(_)) | (Counts::Categories(_), Counts::Categories(_)) if few => {
            return untested(Test::TooFewRows, reference, settings);
        }
        (Counts::Numbers(old), Counts::Numbers(new)) => numbers::compare(old, new, settings),
        (Counts::Categories(old), Counts::Categories(new)) => categories::compare(old, new, settings),
        _ => None,
    };
    compared.unwrap_or_else(|| untested(Test::ChangedKind, reference, settings))
}

fn untested(test: Test, reference: &Counts, settings: &Settings) -> Comparison {
    let (measure, threshold) = match reference {
        Counts::Numbers(_) => (EffectMeasure::WassersteinNormalised, settings.wasserstein),
        Counts::Categories(_) => (EffectMeasure::JensenShannon, settings.jensen_shannon),
    };
    let effect = Effect { measure, value: 0.0, threshold };
    Comparison { test, effect, p_value: None, statistics: BTreeMap::new() }
}
