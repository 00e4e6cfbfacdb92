//! What the world does: seasons, mixtures, and slices that get worse.

use monitor::cause::{Kind, Ranking};

use crate::model::Flights;
use crate::support::{SEEDS, Scene, assert_first, check, weekly};

/// Winter as the reference, and July as the window with the weeks between them as history.
fn july(seed: u64) -> Scene {
    let flights = Flights::get();
    let mut scene = Scene::calm(seed);
    let all = 0..flights.late.len();
    let (mut window, past): (Vec<usize>, Vec<usize>) = all.partition(|row| flights.hour[*row] >= 4_344.0);
    scene.random.shuffle(&mut window);
    window.truncate(500);
    scene.current = flights.table.take(&window);
    scene.late = window.iter().map(|row| flights.late[*row]).collect();
    scene.history = weekly(&past);
    scene.with_rivals()
}

#[test]
fn a_real_seasonal_shift_comes_first_and_names_the_weather() {
    let rankings: Vec<Ranking> = SEEDS.map(|seed| july(seed).rank()).collect();
    for ranking in &rankings {
        let subject = &ranking.causes[0].subject;
        assert!(subject.contains("temp") && subject.contains("dewp"), "{subject}");
    }
    assert_first(&rankings, Kind::SeasonalShift, &rankings[0].causes[0].subject.clone());
}

#[test]
fn a_unit_change_in_summer_is_not_taken_for_the_season() {
    let rankings: Vec<Ranking> = SEEDS
        .map(|seed| {
            let mut scene = july(seed);
            scene.change("scheduled_minutes", |minutes| minutes * 60.0);
            scene.rank()
        })
        .collect();
    for ranking in &rankings {
        let place = |kind| ranking.causes.iter().position(|cause| cause.kind == kind);
        assert!(place(Kind::UnitChange).is_some_and(|place| place < 3), "{:?}", ranking.causes);
        assert!(place(Kind::SeasonalShift).is_some_and(|place| place < 3), "{:?}", ranking.causes);
    }
}

/// Keeps more of some carriers' rows and fewer of the others'.
fn mixed(seed: u64, more: &[&str], rivals: bool) -> Scene {
    let mut scene = if rivals { Scene::lively(seed) } else { Scene::calm(seed) };
    let carriers = scene.texts("carrier");
    let mut rows = Vec::new();
    for (row, carrier) in carriers.iter().enumerate() {
        if more.contains(&carrier.as_str()) || scene.random.unit() < 0.4 {
            rows.push(row);
        }
    }
    scene.current = scene.current.take(&rows);
    scene.late = rows.iter().map(|row| scene.late[*row]).collect();
    scene.signal = "drift.carrier";
    scene
}

#[test]
fn a_mixture_that_changed_without_a_loss_comes_first_with_next_to_no_share() {
    for more in [&["UA"][..], &["DL", "AA"], &["B6", "UA"]] {
        let rankings: Vec<Ranking> = SEEDS.map(|seed| mixed(seed, more, true).rank()).collect();
        assert_first(&rankings, Kind::MixShift, "carrier");
        let shares: Vec<f64> =
            rankings.iter().map(|ranking| ranking.causes[0].share_of_loss.unwrap()).collect();
        println!("{more:?}: shares {shares:.3?}");
        assert!(shares.iter().all(|share| *share < 0.25), "{shares:?}");
    }
}

#[test]
fn columns_that_a_mixture_moves_along_are_not_causes_of_their_own() {
    for seed in SEEDS {
        let ranking = mixed(seed, &["UA"], false).rank();
        check(&ranking);
        assert_eq!(ranking.causes[0].kind, Kind::MixShift);
        assert!(!ranking.causes.iter().any(|cause| cause.subject == "origin"), "{:?}", ranking.causes);
    }
}

#[test]
fn a_slice_that_alone_got_worse_comes_first_with_its_share() {
    for (column, value) in [("carrier", "UA"), ("origin", "LGA"), ("carrier", "B6")] {
        let rankings: Vec<Ranking> = SEEDS
            .map(|seed| {
                let mut scene = Scene::lively(seed);
                let inside: Vec<bool> = scene.texts(column).iter().map(|text| text == value).collect();
                let coins = scene.coins(0.5);
                let turned: Vec<bool> =
                    inside.iter().zip(coins).map(|(inside, coin)| *inside && coin).collect();
                scene.turn_labels(&turned);
                scene.rank()
            })
            .collect();
        assert_first(&rankings, Kind::Segment, &format!("{column} = {value}"));
        let shares: Vec<f64> =
            rankings.iter().map(|ranking| ranking.causes[0].share_of_loss.unwrap()).collect();
        assert!(shares.iter().all(|share| *share > 0.5), "{shares:?}");
    }
}

#[test]
fn a_slice_of_two_columns_is_found_as_such() {
    let rankings: Vec<Ranking> = SEEDS
        .map(|seed| {
            let mut scene = Scene::lively(seed);
            let (carriers, origins) = (scene.texts("carrier"), scene.texts("origin"));
            let turned: Vec<bool> = carriers
                .iter()
                .zip(&origins)
                .map(|(carrier, origin)| carrier == "UA" && origin == "EWR")
                .collect();
            scene.turn_labels(&turned);
            scene.rank()
        })
        .collect();
    assert_first(&rankings, Kind::Segment, "carrier = UA and origin = EWR");
}
