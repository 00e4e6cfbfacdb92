//! Traffic that no model was made for: it is told, and harms neither the service nor the monitor.

use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::{
    endpoint::post,
    watched::{NEVER, PER_DAY, Ride, UNSEEN, Watched, incidents, point, rides},
};

/// Rides of a day with every cell made anew.
fn changed(day: u64, line: impl Fn(u64, &Ride) -> String) -> String {
    let mut text = String::new();
    for number in day * PER_DAY..(day + 1) * PER_DAY {
        writeln!(text, "{}", line(number, &Ride::of(number))).unwrap();
    }
    text
}

#[test]
fn a_day_without_traffic_and_a_day_of_one_ride_are_told_and_are_no_incident() {
    let mut watched = Watched::start();
    let full = |day| rides(day..day + 1, NEVER);
    let lone = full(UNSEEN + 2).lines().next().unwrap().to_owned() + "\n";
    watched.replay_labelled(&(full(UNSEEN) + &lone + &full(UNSEEN + 3) + &full(UNSEEN + 4)));
    watched.assessed("2024-01-19", 200);
    let window = |watched: &mut Watched, day: &str| {
        let start = format!("{day}T00:00:00Z");
        watched.up.until(day, |event| event["assessment"]["window"]["start"] == *start)["assessment"].clone()
    };
    let none = window(&mut watched, "2024-01-17");
    assert_eq!((&none["rows"], &none["drift"]), (&0.into(), &Value::Null), "{none:#}");
    assert!(!none["notes"].as_array().unwrap().is_empty(), "{none:#}");
    let alone = window(&mut watched, "2024-01-18");
    assert_eq!(alone["rows"], 1, "{alone:#}");
    assert!(point(&alone, "estimated.roc_auc").is_none(), "one row estimates nothing: {alone:#}");
    assert_eq!(incidents(&watched.context), Vec::<Value>::new());
}

#[test]
fn a_column_that_is_missing_everywhere_is_found_by_its_name() {
    let watched = Watched::start();
    let nothing = |number: u64, ride: &Ride| {
        format!("{number},{},{},{},,{}", ride.at, ride.distance, ride.carrier, ride.late)
    };
    watched.replay_labelled(&(changed(UNSEEN, nothing) + &changed(UNSEEN + 1, nothing)));
    let latest = watched.assessed("2024-01-16", 200);
    let missing = point(&latest, "missing.load").unwrap();
    assert_eq!((&missing["value"], &missing["departs"]), (&1.0.into(), &true.into()), "{missing:#}");
    let record = watched.until("there is an incident", |monitor| monitor["incident"].is_object());
    assert!(record["incident"]["title"].as_str().unwrap().contains("load"), "{record:#}");
    let whole = watched.context.json(&["incidents", "1"]);
    assert!(whole["ranking"]["causes"][0]["title"].as_str().unwrap().contains("`load`"), "{whole:#}");
}

#[test]
fn a_category_with_a_new_value_in_every_row_is_unseen_and_fills_nothing_up() {
    let watched = Watched::start();
    let anew = |number: u64, ride: &Ride| {
        format!("{number},{},{},carrier {number},{},{}", ride.at, ride.distance, ride.load, ride.late)
    };
    watched.replay_labelled(&(changed(UNSEEN, anew) + &changed(UNSEEN + 1, anew)));
    let latest = watched.assessed("2024-01-16", 200);
    let unseen = point(&latest, "unseen.carrier").unwrap();
    assert_eq!((&unseen["value"], &unseen["departs"]), (&1.0.into(), &true.into()), "{unseen:#}");
    // Of so many categories the few that matter are written down.
    assert!(latest.to_string().len() < 100_000, "{} bytes", latest.to_string().len());
    watched.until("there is an incident", |monitor| monitor["incident"].is_object());
}

#[test]
fn requests_that_do_not_fit_are_refused_and_counted_and_the_rest_go_on() {
    let watched = Watched::start();
    let good = Ride::of(UNSEEN * PER_DAY).request("good");
    let with = |place: usize, field: &str, value: Value| {
        let mut request = good.clone();
        request["inputs"][place][field] = value;
        request
    };
    for (bad, word) in [
        (with(1, "data", json!(["far"])), "distance"),
        (with(1, "datatype", json!("BYTES")), "distance"),
        (with(2, "data", json!([7])), "carrier"),
        (with(3, "name", json!("weight")), "load"),
        (with(0, "data", json!(["yesterday"])), "at"),
    ] {
        let answer = watched.infer(&bad);
        assert_eq!(answer.status, 400, "{bad}: {answer:?}");
        assert!(answer.body["error"].as_str().unwrap().contains(word), "{answer:?}");
    }
    // JSON has no infinity: a reader that takes the words of other languages would be the only one.
    let text =
        good.to_string().replace(&format!("\"data\":[{}]", good["inputs"][1]["data"][0]), "\"data\":[NaN]");
    assert!(text.contains("NaN"), "{text}");
    assert_eq!(post(&format!("{}/infer", watched.url), &text).status, 400);
    // A missing value is one, and is what there is to say of a number that is none.
    assert_eq!(watched.infer(&with(1, "data", json!([null]))).status, 200);
    assert_eq!(watched.infer(&with(2, "data", json!([null]))).status, 200);
    let mut other = good.clone();
    other["id"] = json!("other");
    assert_eq!(watched.infer(&other).status, 200);
    let monitor = watched.until("they are captured", |monitor| monitor["rows"] == 2);
    assert_eq!(monitor["oddities"]["repeated_ids"], 1, "{monitor:#}");
    watched.context.run(&["status"]).code(0).says("1 row whose id had come before");
}

#[test]
fn clocks_that_jump_do_not_move_the_monitor_s_clock() {
    let watched = Watched::start();
    watched.replay_labelled(&rides(UNSEEN..UNSEEN + 2, NEVER));
    watched.assessed("2024-01-16", 200);
    let clock = watched.until("all came", |monitor| monitor["rows"] == 400)["clock"].clone();
    let at = |id: u64, time: &str| {
        let mut request = Ride::of(id).request(&format!("jump {id}"));
        request["inputs"][0]["data"] = json!([time]);
        assert_eq!(watched.infer(&request).status, 200);
    };
    (0..30).for_each(|id| at(id, "2999-01-01T00:00:00Z"));
    (30..60).for_each(|id| at(id, "1971-01-01T00:00:00Z"));
    let monitor = watched.until("the jumps are counted", |monitor| monitor["oddities"]["too_late"] == 30);
    assert_eq!(monitor["oddities"]["of_the_future"], 30, "{monitor:#}");
    assert_eq!(monitor["clock"], clock, "{monitor:#}");
    assert_eq!(monitor["rows"], 400, "{monitor:#}");
    // And it goes on.
    watched.replay_labelled(&rides(UNSEEN + 2..UNSEEN + 3, NEVER));
    watched.assessed("2024-01-17", 200);
    watched.context.run(&["status"]).code(0).says("30 rows of the future").says("30 rows too late");
    assert_eq!(incidents(&watched.context), Vec::<Value>::new());
}
