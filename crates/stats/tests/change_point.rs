//! Onsets planted in noise are found, inside their intervals as often as promised.

use base::Random;
use stats::change_point::{self, Settings, Shape, changes, onset, step, trend};

fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.unit()).cos()
}

fn noisy(seed: u64, length: usize, of: impl Fn(usize) -> f64) -> Vec<f64> {
    let mut random = Random::new(seed);
    (0..length).map(|at| of(at) + normal(&mut random)).collect()
}

fn quick() -> Settings {
    Settings { permutations: 0, ..Settings::default() }
}

#[test]
fn a_step_is_found_where_it_was_planted_with_its_size() {
    let series = noisy(1, 40, |at| if at < 25 { 10.0 } else { 14.0 });
    let found = onset(&series, &Settings::default()).unwrap();
    assert_eq!((found.shape, found.index), (Shape::Step, 25));
    assert!((found.size - 4.0).abs() < 1.0, "{found:?}");
    assert!(found.p_value <= 0.002, "{found:?}");
    assert!(found.earliest <= 25 && found.latest >= 25);
}

#[test]
fn a_trend_is_found_near_where_it_began_and_told_from_a_step() {
    let planted = |at: usize| 5.0 - 0.4 * at.saturating_sub(20) as f64;
    let found = onset(&noisy(2, 50, planted), &Settings::default()).unwrap();
    assert_eq!(found.shape, Shape::Trend);
    assert!(found.index.abs_diff(20) <= 4, "{found:?}");
    assert!((found.size + 0.4 * 29.0).abs() < 2.0, "{found:?}");
    assert!(found.p_value <= 0.002);
}

#[test]
fn intervals_hold_the_true_onset_as_often_as_they_say() {
    let (mut steps, mut trends, mut short) = (0, 0, 0);
    for seed in 0..400 {
        let series = noisy(seed, 40, |at| if at < 22 { 0.0 } else { 2.0 });
        let found = step(&series, &quick()).unwrap();
        steps += usize::from((found.earliest..=found.latest).contains(&22));
        short += usize::from(found.latest - found.earliest < 20);
        let series = noisy(1_000 + seed, 60, |at| 0.2 * at.saturating_sub(30) as f64);
        let found = trend(&series, &quick()).unwrap();
        trends += usize::from((found.earliest..=found.latest).contains(&30));
    }
    // 95 % of 400, less 2.5 standard errors of that share.
    assert!(steps >= 369, "{steps}");
    assert!(trends >= 369, "{trends}");
    assert!(short >= 360, "an interval that says nothing covers everything: {short}");
}

#[test]
fn without_a_change_p_values_are_as_often_small_as_they_should_be() {
    let settings = Settings { permutations: 99, ..Settings::default() };
    let small = |find: fn(&[f64], &Settings) -> Option<change_point::Change>| {
        (0..400).filter(|seed| find(&noisy(*seed, 25, |_| 0.0), &settings).unwrap().p_value <= 0.05).count()
    };
    for (name, count) in [("step", small(step)), ("trend", small(trend))] {
        // 20 are expected; three standard errors are 13.
        assert!((7..=33).contains(&count), "{name}: {count} of 400");
    }
}

#[test]
fn several_steps_are_found_in_order() {
    let level = |at: usize| [0.0, 6.0, 2.0][at / 20];
    let found = changes(&noisy(4, 60, level), 0.01, &Settings::default());
    assert_eq!(found.iter().map(|one| one.index).collect::<Vec<_>>(), [20, 40]);
    assert!(found[0].size > 0.0 && found[1].size < 0.0);
    assert!(changes(&noisy(5, 60, |_| 1.0), 0.01, &Settings::default()).is_empty());
}

#[test]
fn the_same_series_and_seed_give_the_same_answer() {
    let series = noisy(6, 30, |at| at as f64 / 20.0);
    assert_eq!(onset(&series, &Settings::default()), onset(&series, &Settings::default()));
}

#[test]
fn windows_without_a_value_are_passed_over_and_positions_stay_those_of_the_series() {
    let mut series: Vec<f64> = (0..20).map(|at| if at < 10 { 1.0 } else { 2.0 }).collect();
    series.splice(4..4, [f64::NAN; 5]);
    let found = onset(&series, &Settings::default()).unwrap();
    assert_eq!((found.index, found.earliest, found.latest, found.size), (15, 15, 15, 1.0));
}

#[test]
fn too_few_values_and_a_constant_have_no_onset() {
    assert_eq!(onset(&[], &Settings::default()), None);
    assert_eq!(onset(&[1.0, 1.0, 1.0, 9.0, 9.0], &Settings::default()), None);
    assert_eq!(onset(&[3.0; 30], &Settings::default()), None);
    assert_eq!(onset(&[f64::NAN; 30], &Settings::default()), None);
}
