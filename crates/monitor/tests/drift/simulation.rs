//! Error rates over simulated columns, seeded, so that a failure repeats.

use base::Random;
use monitor::drift::{Column, Counts, Settings, judge};
use stats::drift::{CategoryCounts, NumberCounts};

/// A standard normal number (Box and Muller, 1958).
fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.unit()).cos()
}

/// One sample of a column of this kind; a change of 0 is none, 1 a standard deviation or so.
fn sample(kind: usize, rows: usize, change: f64, random: &mut Random) -> Counts {
    let mut number = |draw: &dyn Fn(&mut Random) -> f64| {
        Counts::Numbers(NumberCounts::sorting((0..rows).map(|_| draw(random)).collect()))
    };
    match kind % 5 {
        0 => number(&|random| normal(random) + change),
        1 => number(&|random| (normal(random) + change).exp()),
        2 => number(&|random| ((normal(random) + change) * 2.0).round().clamp(-3.0, 3.0)),
        3 => number(&|random| {
            if random.below(10) == 0 { f64::NAN } else { (normal(random) + change).floor() * 7.0 }
        }),
        _ => {
            let category = |random: &mut Random| (normal(random) * 2.0 + change * 2.0).abs() as usize;
            let names: Vec<String> = (0..rows).map(|_| format!("c{}", category(random))).collect();
            Counts::Categories(CategoryCounts::of(names.iter().map(|name| Some(name.as_str()))))
        }
    }
}

fn column(kind: usize, rows: (usize, usize), change: f64, random: &mut Random) -> Column {
    let reference = sample(kind, rows.0, 0.0, random);
    Column { name: format!("k{kind}"), reference, current: sample(kind, rows.1, change, random) }
}

/// Settings in which every significant difference counts, however small.
fn any_size(false_discovery_rate: f64) -> Settings {
    Settings {
        false_discovery_rate,
        wasserstein: 0.0,
        jensen_shannon: 0.0,
        missing: 0.0,
        unseen: -1.0,
        out_of_range: -1.0,
        ..Settings::default()
    }
}

#[test]
fn the_false_discovery_rate_is_held_over_still_and_drifting_columns() {
    for (rows, repeats) in [((1_000, 50), 100), ((2_000, 1_000), 60)] {
        let mut random = Random::new(31);
        let (mut shares, mut found) = (0.0, 0);
        for _ in 0..repeats {
            // 30 still columns, and 10 of two standard deviations' drift.
            let columns: Vec<Column> = (0..40)
                .map(|place| column(place, rows, if place < 30 { 0.0 } else { 2.0 }, &mut random))
                .collect();
            let drift = judge(&columns, &any_size(0.1));
            let wrong = drift.columns[..30].iter().filter(|column| column.departs()).count();
            let right = drift.columns[30..].iter().filter(|column| column.departs()).count();
            shares += wrong as f64 / (wrong + right).max(1) as f64;
            found += right;
        }
        let rate = shares / f64::from(repeats);
        println!("false discovery rate {rate:.4} at 0.1, {rows:?} rows, {found} found");
        assert!(rate <= 0.1, "{rows:?}: {rate}");
        assert!(found as f64 >= 0.95 * f64::from(repeats * 10), "{rows:?}: {found}");
    }
}

#[test]
fn fifty_rows_raise_no_noise() {
    let mut random = Random::new(32);
    let mut alarms = 0;
    for _ in 0..200 {
        let columns: Vec<Column> =
            (0..20).map(|place| column(place, (5_000, 50), 0.0, &mut random)).collect();
        let drift = judge(&columns, &Settings::default());
        alarms += usize::from(drift.columns.iter().any(monitor::drift::ColumnDrift::departs));
    }
    println!("{alarms} of 200 windows of fifty rows raise an alarm");
    // With nothing drifting, the rate of false discoveries is that of windows with any: 2 of 200.
    assert!(alarms <= 5, "{alarms}");
}

#[test]
fn a_million_rows_do_not_make_everything_drift() {
    let mut random = Random::new(33);
    // A hundredth of a standard deviation is significant with a million rows, and does not matter.
    let columns: Vec<Column> =
        (0..10).map(|place| column(place, (1_000_000, 1_000_000), 0.01, &mut random)).collect();
    let drift = judge(&columns, &Settings::default());
    assert!(drift.columns.iter().all(|column| !column.departs()));
    assert!(drift.columns.iter().filter(|column| column.q_value < Some(1e-3)).count() >= 8);
}

/// Changes in standard deviations, rows, and the least share found. A change of 0.1 lies at the
/// threshold itself, where an estimate falls on either side whatever the rows.
const CHANGES: [f64; 5] = [0.1, 0.2, 0.3, 0.5, 1.0];
const POWER: [(usize, [f64; 5]); 4] = [
    (50, [0.0, 0.0, 0.0, 0.2, 0.95]),
    (200, [0.0, 0.02, 0.25, 0.9, 1.0]),
    (1_000, [0.0, 0.85, 1.0, 1.0, 1.0]),
    (10_000, [0.0, 1.0, 1.0, 1.0, 1.0]),
];

#[test]
fn drift_is_found_as_often_as_the_table_of_power_says() {
    let mut random = Random::new(34);
    let reference = sample(0, 20_000, 0.0, &mut random);
    let still = |rows, random: &mut Random| Column {
        name: "still".to_owned(),
        reference: reference.clone(),
        current: sample(0, rows, 0.0, random),
    };
    for (rows, least) in POWER {
        let repeats = if rows > 1_000 { 30 } else { 100 };
        let mut found = [0; CHANGES.len()];
        for _ in 0..repeats {
            let mut columns: Vec<Column> = (0..20).map(|_| still(rows, &mut random)).collect();
            for (place, change) in CHANGES.iter().enumerate() {
                columns[0].current = sample(0, rows, *change, &mut random);
                found[place] += usize::from(judge(&columns, &Settings::default()).columns[0].drifted);
            }
        }
        let power = found.map(|found| found as f64 / f64::from(repeats));
        println!("power with {rows} rows at {CHANGES:?}: {power:?}");
        assert!(power.iter().zip(least).all(|(power, least)| *power >= least), "{rows}: {power:?}");
    }
}
