//! Faults of the pipe, planted in one column or several.

use std::collections::BTreeMap;

use monitor::cause::{Kind, Ranking};
use table::Values;

use crate::model::Flights;
use crate::support::{SEEDS, Scene, assert_first};

fn over_seeds(plant: impl Fn(&mut Scene)) -> Vec<Ranking> {
    let ranked = |seed| {
        let mut scene = Scene::lively(seed);
        plant(&mut scene);
        scene.rank()
    };
    SEEDS.map(ranked).collect()
}

/// A column, what is done to it, and what must be said of it.
type Unit<'a> = (&'a str, &'a dyn Fn(f64) -> f64, &'a str);

fn celsius(value: f64) -> f64 {
    (value - 32.0) / 1.8
}

#[test]
fn a_unit_change_in_one_column_comes_first_whichever_column_it_is() {
    let units: [Unit<'_>; 7] = [
        ("temp", &celsius, "°F became °C"),
        ("dewp", &celsius, "°F became °C"),
        ("distance", &|miles| miles * 1.609_344, "miles became kilometres"),
        ("scheduled_minutes", &|minutes| minutes * 60.0, "minutes became seconds"),
        ("pressure", &|millibars| millibars / 33.863_9, "hectopascals became inches of mercury"),
        ("wind_speed", &|speed| (speed - 2.5) * 0.447_04, "miles an hour became metres a second"),
        ("departure_minute", &|minute| minute * 60.0, "minutes became seconds"),
    ];
    for (column, unit, said) in units {
        let rankings = over_seeds(|scene| scene.change(column, unit));
        // The wind is one of the rivals: where it is the planted cause there are fewer others.
        assert_first(&rankings, Kind::UnitChange, column);
        assert!(
            rankings.iter().all(|ranking| ranking.causes[0].title.contains(said)),
            "{}",
            rankings[0].causes[0].title
        );
    }
}

#[test]
fn a_unit_change_comes_first_before_any_label_has_come() {
    let rankings = over_seeds(|scene| {
        scene.labelled = false;
        scene.change("temp", celsius);
    });
    assert_first(&rankings, Kind::UnitChange, "temp");
    assert!(rankings.iter().all(|ranking| !ranking.loss.measured));
}

#[test]
fn a_unit_change_comes_first_in_a_window_of_real_weeks() {
    let flights = Flights::get();
    let rankings: Vec<Ranking> = [(0.0, 1_656.0), (168.0, 1_824.0), (0.0, 1_900.0)]
        .map(|(from, until)| {
            let rows: Vec<usize> = (0..7_000).filter(|row| flights.hour[*row] >= from).collect();
            let (before, after): (Vec<usize>, Vec<usize>) =
                rows.into_iter().partition(|row| flights.hour[*row] < until);
            let mut scene = Scene::of(&before, &after, 1).with_rivals();
            scene.change("distance", |miles| miles * 1.609_344);
            scene.rank()
        })
        .to_vec();
    assert_first(&rankings, Kind::UnitChange, "distance");
}

#[test]
fn the_cost_of_a_unit_change_is_the_loss_that_it_really_adds() {
    for (column, factor) in [("departure_minute", 60.0), ("scheduled_minutes", 60.0)] {
        let mut scene = Scene::calm(3);
        let clean = scene.rank().loss.after;
        scene.change(column, |value| value * factor);
        let ranking = scene.rank();
        let added = ranking.loss.after - clean;
        let whole = ranking.loss.change().max(ranking.loss.floor());
        let said = ranking.causes[0].share_of_loss.unwrap() * whole;
        assert!((said - added).abs() < 0.25 * added + 0.004, "{column}: said {said:.4}, added {added:.4}");
    }
}

#[test]
fn a_broken_join_that_empties_several_columns_comes_first_and_names_them_all() {
    let weather = ["temp", "dewp", "wind_speed", "pressure", "visib"];
    for share in [0.3, 0.7, 1.0] {
        let rankings = over_seeds(|scene| {
            let lost = scene.coins(share);
            weather.iter().for_each(|column| scene.lose(column, &lost));
        });
        for ranking in &rankings {
            let mut named: Vec<&str> = ranking.causes[0].subject.split(", ").collect();
            named.sort_unstable();
            assert_eq!(named, ["dewp", "pressure", "temp", "visib", "wind_speed"], "{:?}", ranking.causes[0]);
        }
        assert_first(&rankings, Kind::BrokenJoin, &rankings[0].causes[0].subject);
    }
}

#[test]
fn a_column_that_lost_its_values_comes_first_whichever_column_it_is() {
    for column in ["carrier", "departure_minute", "distance", "temp", "origin"] {
        let rankings = over_seeds(|scene| {
            let lost = scene.coins(0.5);
            scene.lose(column, &lost);
        });
        assert_first(&rankings, Kind::BrokenJoin, column);
    }
}

#[test]
fn a_new_carrier_comes_first() {
    for share in [0.04, 0.1] {
        let rankings = over_seeds(|scene| {
            let new = scene.coins(share);
            scene.retext("carrier", |row, old| Some(if new[row] { "ZZ" } else { old? }.to_owned()));
            for (late, new) in scene.late.iter_mut().zip(&new) {
                *late = if *new && *late == 0.0 { scene.random.below(2) as f64 } else { *late };
            }
        });
        assert_first(&rankings, Kind::NewCategory, "carrier = ZZ");
    }
}

#[test]
fn renamed_categories_come_first_and_are_not_taken_for_new_ones() {
    let lower = |_: usize, old: Option<&str>| old.map(str::to_lowercase);
    let spaced = |_: usize, old: Option<&str>| old.map(|old| format!("{old} "));
    let mapped = |_: usize, old: Option<&str>| {
        old.map(|old| BTreeMap::from([("EWR", "1"), ("JFK", "2"), ("LGA", "3")])[old].to_owned())
    };
    assert_first(&over_seeds(|scene| scene.retext("carrier", lower)), Kind::RenamedCategory, "carrier");
    assert_first(&over_seeds(|scene| scene.retext("carrier", spaced)), Kind::RenamedCategory, "carrier");
    assert_first(&over_seeds(|scene| scene.retext("origin", mapped)), Kind::RenamedCategory, "origin");
}

#[test]
fn a_stuck_column_comes_first() {
    for (column, value) in
        [("temp", 32.0), ("distance", 0.0), ("departure_minute", 600.0), ("pressure", 1_013.0)]
    {
        let rankings = over_seeds(|scene| scene.change(column, |_| value));
        assert_first(&rankings, Kind::StuckValue, column);
    }
}

#[test]
fn two_columns_that_were_swapped_come_first() {
    for (one, other) in
        [("distance", "departure_minute"), ("temp", "pressure"), ("scheduled_minutes", "departure_minute")]
    {
        let rankings = over_seeds(|scene| {
            let held = scene.current.column(one).unwrap().values.clone();
            let theirs = scene.current.column(other).unwrap().values.clone();
            scene.replace(one, |_| theirs);
            scene.replace(other, |_| held);
        });
        let subject = rankings[0].causes[0].subject.clone();
        assert!(subject.contains(one) && subject.contains(other), "{subject}");
        assert_first(&rankings, Kind::SwappedColumns, &subject);
    }
}

#[test]
fn a_clock_moved_by_whole_hours_comes_first_with_the_hours() {
    for hours in [-5.0, 5.0, 8.0] {
        let rankings = over_seeds(|scene| {
            scene.change("departure_minute", |minute| (minute + 60.0 * hours).rem_euclid(1_440.0))
        });
        assert_first(&rankings, Kind::ClockShift, "departure_minute");
        let said = format!("{hours:+} h");
        assert!(
            rankings.iter().all(|ranking| ranking.causes[0].title.contains(&said)),
            "{}",
            rankings[0].causes[0].title
        );
    }
}

#[test]
fn values_cut_off_at_a_limit_come_first() {
    for (column, limit) in [("distance", 1_000.0), ("scheduled_minutes", 255.0), ("departure_minute", 999.0)]
    {
        let rankings = over_seeds(|scene| scene.change(column, |value| value.min(limit)));
        assert_first(&rankings, Kind::Clipping, column);
    }
}

#[test]
fn a_column_of_another_type_comes_first() {
    let rankings = over_seeds(|scene| {
        scene.replace("temp", |values| {
            let texts: Vec<Option<String>> = (0..values.len()).map(|row| values.label(row)).collect();
            Values::Text(texts.iter().map(Option::as_deref).collect())
        });
    });
    assert_first(&rankings, Kind::SchemaChange, "temp");
}
