//! Causes that are recorded: releases, schema changes, commits, labels; and none at all.

use monitor::cause::{Change, Kind, Ranking};
use table::{Table, Values};

use crate::support::{SEEDS, Scene, assert_first, check, commit};

const HOUR: i64 = 3_600_000_000;

fn over_seeds(plant: impl Fn(&mut Scene)) -> Vec<Ranking> {
    let ranked = |seed| {
        let mut scene = Scene::lively(seed);
        plant(&mut scene);
        scene.rank()
    };
    SEEDS.map(ranked).collect()
}

fn release() -> Change {
    Change::Release { version: "4".to_owned() }
}

#[test]
fn a_release_at_the_onset_comes_first_when_no_input_explains_the_loss() {
    let rankings = over_seeds(|scene| {
        scene.bias = 1.5;
        scene.happens(-HOUR, "service.late", release());
    });
    assert_first(&rankings, Kind::Release, "service.late");
    let earliest = &rankings[0].whys.last().unwrap().answer;
    assert!(earliest.contains("version 4"), "{earliest}");
}

#[test]
fn a_release_at_the_onset_does_not_hide_a_column_that_explains_the_loss() {
    let rankings = over_seeds(|scene| {
        scene.change("departure_minute", |minute| minute * 60.0);
        scene.happens(-HOUR, "service.late", release());
    });
    assert_first(&rankings, Kind::UnitChange, "departure_minute");
}

#[test]
fn a_release_after_the_onset_or_of_another_model_is_no_cause() {
    let rankings = over_seeds(|scene| {
        let turned = scene.coins(0.15);
        scene.turn_labels(&turned);
        scene.happens(60 * HOUR, "service.late", release());
    });
    for ranking in rankings {
        assert!(!ranking.causes.iter().any(|cause| cause.kind == Kind::Release), "{:?}", ranking.causes);
        assert_eq!(ranking.causes[0].kind, Kind::Unknown, "{:?}", ranking.causes);
    }
}

#[test]
fn a_schema_change_comes_before_the_damage_it_did() {
    let rankings = over_seeds(|scene| {
        let kept: Vec<_> = scene
            .current
            .columns()
            .iter()
            .filter(|column| column.name != "departure_minute")
            .cloned()
            .collect();
        scene.current = Table::new(kept).unwrap();
        let removed = vec!["departure_minute".to_owned()];
        let added = vec!["departure".to_owned()];
        scene.happens(-3 * HOUR, "data.flights", Change::Schema { added, removed, retyped: Vec::new() });
    });
    assert_first(&rankings, Kind::SchemaChange, "data.flights");
    let earliest = &rankings[0].whys.last().unwrap().answer;
    assert!(earliest.contains("data.flights → step.features → model.late → service.late"), "{earliest}");
}

#[test]
fn a_schema_change_that_empties_a_column_comes_before_the_empty_column() {
    let rankings = over_seeds(|scene| {
        scene.replace("temp", |values| Values::Number(vec![f64::NAN; values.len()]));
        let retyped = vec!["temp".to_owned()];
        scene.happens(
            -HOUR,
            "data.flights",
            Change::Schema { added: Vec::new(), removed: Vec::new(), retyped },
        );
    });
    assert_first(&rankings, Kind::SchemaChange, "data.flights");
    assert!(rankings.iter().all(|ranking| ranking.causes[1].kind == Kind::BrokenJoin));
}

#[test]
fn a_commit_right_before_the_onset_comes_first_and_before_an_older_one() {
    let rankings = over_seeds(|scene| {
        let turned = scene.coins(0.15);
        scene.turn_labels(&turned);
        scene.happens(-HOUR, "step.features", commit("f00dfee"));
    });
    assert_first(&rankings, Kind::CodeCommit, "step.features");
    assert!(rankings.iter().all(|ranking| ranking.causes[0].title.contains("f00dfee")));
}

#[test]
fn another_definition_of_the_label_comes_first() {
    let rankings = over_seeds(|scene| {
        let turned = scene.coins(0.2);
        scene.turn_labels(&turned);
        let summary = "late from 5 minutes on, not 15".to_owned();
        scene.happens(-2 * HOUR, "data.flights", Change::Label { summary });
    });
    assert_first(&rankings, Kind::LabelChange, "data.flights");
}

#[test]
fn an_expectation_that_warns_of_a_drifted_column_comes_first_when_nothing_says_more() {
    let rankings = over_seeds(|scene| {
        scene.labelled = false;
        scene.signal = "drift.temp";
        scene.change("temp", |value| value * 1.3 + 5.0);
        let name = "temp.range".to_owned();
        scene.happens(-HOUR, "step.features", Change::Expectation { name, column: Some("temp".to_owned()) });
    });
    assert_first(&rankings, Kind::Expectation, "step.features");
}

#[test]
fn a_fault_and_a_commit_are_told_as_one_story() {
    let rankings = over_seeds(|scene| {
        scene.change("departure_minute", |minute| minute * 60.0);
        scene.happens(-HOUR, "step.features", commit("f00dfee"));
    });
    assert_first(&rankings, Kind::UnitChange, "departure_minute");
    for ranking in &rankings {
        assert!(ranking.whys.last().unwrap().answer.contains("f00dfee"), "{:?}", ranking.whys);
    }
}

#[test]
fn a_loss_that_nothing_explains_is_called_unknown() {
    for seed in SEEDS {
        let mut scene = Scene::calm(seed);
        let turned = scene.coins(0.15);
        scene.turn_labels(&turned);
        let ranking = scene.rank();
        check(&ranking);
        assert_eq!(ranking.causes[0].kind, Kind::Unknown, "{:?}", ranking.causes);
        assert!(ranking.unexplained > 0.5 && ranking.loss.rose());
    }
}

#[test]
fn where_nothing_happened_there_is_no_cause() {
    let mut with_a_cause = 0;
    for seed in 0..40 {
        let mut scene = Scene::calm(seed);
        scene.levels = (0.4, 0.4);
        let ranking = scene.rank();
        check(&ranking);
        with_a_cause += usize::from(!ranking.causes.is_empty());
        ranking.causes.iter().for_each(|cause| println!("{seed}: {}", cause.explanation));
    }
    println!("of 40 quiet windows {with_a_cause} have a cause");
    assert!(with_a_cause <= 2, "{with_a_cause}");
}
