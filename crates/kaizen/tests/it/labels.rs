//! What turned out to be true: labels by request and from files, in any order, right and wrong.

use std::{fmt::Write as _, fs};

use serde_json::{Value, json};

use crate::watched::{NEVER, Ride, UNSEEN, Watched, point, rides, trained};

/// The answer to a body of labels that was taken.
fn receipt(watched: &Watched, body: &Value) -> [u64; 3] {
    let answer = watched.label(body);
    assert_eq!(answer.status, 200, "{answer:?}");
    ["accepted", "unchanged", "replaced"].map(|key| answer.body[key].as_u64().unwrap())
}

fn one(id: &str, label: impl Into<Value>) -> Value {
    json!({ "labels": [{ "id": id, "label": label.into() }] })
}

#[test]
fn a_label_is_kept_once_whatever_its_id_its_order_and_its_number() {
    let watched = Watched::start();
    // Before its request, again, and with another value.
    assert_eq!(receipt(&watched, &one("early", true)), [1, 0, 0]);
    assert_eq!(receipt(&watched, &one("early", true)), [0, 1, 0]);
    assert_eq!(receipt(&watched, &one("early", false)), [0, 0, 1]);
    // Twice in one body, and for an id that nobody will ever ask with.
    let twice = json!({ "labels": [{ "id": "unknown", "label": true }, { "id": "unknown", "label": true }] });
    assert_eq!(receipt(&watched, &twice), [1, 1, 0]);
    assert_eq!(watched.infer(&Ride::of(UNSEEN * 200).request("early")).status, 200);
    assert_eq!(watched.infer(&Ride::of(UNSEEN * 200 + 1).request("late")).status, 200);
    watched.until("the early label found its row", |monitor| monitor["labelled"] == 1);
    assert_eq!(receipt(&watched, &one("late", true)), [1, 0, 0]);
    let monitor = watched.until("the late label found its row", |monitor| monitor["labelled"] == 2);
    assert_eq!(monitor["rows"], 2, "{monitor:#}");
    assert_eq!(monitor["oddities"]["unmatched_labels"], 1, "{monitor:#}");
    watched.context.run(&["status"]).code(0).says("2 rows, 2 of them labelled").says("1 label without a row");
}

#[test]
fn labels_that_make_no_sense_are_refused_by_their_place_and_none_of_the_body_is_kept() {
    let watched = Watched::start();
    let with = |second: Value| json!({ "labels": [{ "id": "good", "label": true }, second] });
    for (second, word) in [
        (json!({ "id": "x", "label": "perhaps" }), "`perhaps` is not a class"),
        (json!({ "id": "x", "label": null }), "leave it out until the truth is known"),
        (json!({ "id": "x", "label": [true] }), "neither a boolean, a number nor text"),
        (json!({ "id": 7, "label": true }), "`id` is not text"),
        (json!({ "label": true }), "lacks `id`"),
        (json!({ "id": "x" }), "lacks `label`"),
        (json!({ "id": "", "label": true }), "1 to 256"),
        (json!({ "id": "x", "label": true, "time": "yesterday" }), "its `time`"),
    ] {
        let answer = watched.label(&with(second));
        assert_eq!(answer.status, 400, "{answer:?}");
        let message = answer.body["error"].as_str().unwrap();
        assert!(message.contains("label 2") && message.contains(word), "{message}");
    }
    for body in [json!([]), json!({ "labels": 7 }), json!("labels")] {
        assert_eq!(watched.label(&body).status, 400, "{body}");
    }
    // The first of each body would have been `unchanged` otherwise.
    assert_eq!(receipt(&watched, &one("good", true)), [1, 0, 0]);
    // Nor is there a place for those of another model.
    let other = watched.url.replace("/late", "/early");
    assert_eq!(crate::endpoint::post(&format!("{other}/labels"), &one("x", true).to_string()).status, 404);
}

#[test]
fn labels_show_how_many_came_how_late_they_were_and_how_well_the_model_did() {
    let watched = Watched::start();
    watched.replay_lines(&rides(UNSEEN..UNSEEN + 2, NEVER), &[]);
    let bare = watched.assessed("2024-01-16", 200);
    assert!(point(&bare, "estimated.roc_auc").is_some(), "{bare:#}");
    assert!(point(&bare, "measured.roc_auc").is_none(), "{bare:#}");
    assert_eq!(bare["coverage"], 0.0, "{bare:#}");
    // Half of the first day's labels, two hours after their rides.
    let labels: Vec<Value> = (UNSEEN * 200..UNSEEN * 200 + 100).map(|number| label(number, 2)).collect();
    assert_eq!(receipt(&watched, &json!({ "labels": labels })), [100, 0, 0]);
    let half = watched.until("the labels are told", |monitor| monitor["latest"]["labelled"] == 100);
    let half = &half["latest"];
    assert_eq!((&half["coverage"], &half["median_delay_s"]), (&0.5.into(), &7_200.0.into()), "{half:#}");
    let measured = point(half, "measured.roc_auc").unwrap();
    assert_eq!(measured["rows"], 100, "{measured:#}");
    assert!(measured["value"].as_f64().unwrap() > 0.65, "{measured:#}");
    assert!(measured["lower"].as_f64() < measured["value"].as_f64(), "{measured:#}");
    watched.context.run(&["status"]).code(0).says("(labels 50 %)").says("measured 0.");
}

/// The label of a ride, known some hours after it.
fn label(number: u64, hours: i64) -> Value {
    let ride = Ride::of(number);
    let known = base::Timestamp::from_micros(ride.at.micros() + hours * 3_600_000_000);
    json!({ "id": number.to_string(), "label": ride.late, "time": known })
}

#[test]
fn labels_in_a_file_are_joined_by_their_key_and_read_again_when_there_are_more() {
    let context = trained();
    let source = r#"labels = { source = "truth/*.csv", key = "ride", value = "was_late", time = "known" }"#;
    context.edit(r#"labels = { value = "late", delay = "1h" }"#, source);
    let watched = Watched::of(context);
    watched.replay_lines(&rides(UNSEEN..UNSEEN + 2, NEVER), &["--no-labels"]);
    watched.assessed("2024-01-16", 200);
    let file = |numbers: std::ops::Range<u64>| {
        let mut text = "ride,was_late,known\n".to_owned();
        for number in numbers {
            let ride = Ride::of(number);
            writeln!(text, "{number},{},{}", ride.late, ride.at).unwrap();
        }
        text
    };
    let first = UNSEEN * 200;
    watched.context.write("truth/first.csv", file(first..first + 50));
    watched.until("the labels are read", |monitor| monitor["labelled"] == 50);
    watched
        .context
        .write("truth/second.csv", file(first + 40..first + 150) + "999999,true,2024-01-16T00:00:00Z\n");
    let monitor = watched.until("the new ones are read", |monitor| monitor["labelled"] == 150);
    assert_eq!(monitor["oddities"]["unmatched_labels"], 1, "{monitor:#}");
    let latest = watched.until("they are told", |monitor| monitor["latest"]["coverage"] == 0.75);
    assert!(point(&latest["latest"], "measured.log_loss").is_some(), "{latest:#}");
    // A file without the column is said, by its name, and keeps the monitor from nothing else.
    let Watched { context, mut up, url } = watched;
    context.write("truth/third.csv", "ride,truth\n1,true\n");
    let why = up.event("not_labelled")["why"].as_str().unwrap().to_owned();
    assert!(why.contains("truth/*.csv") && why.contains("was_late"), "{why}");
    let watched = Watched { context, up, url };
    watched.replay_lines(&rides(UNSEEN + 2..UNSEEN + 3, NEVER), &["--no-labels"]);
    watched.assessed("2024-01-17", 200);
    fs::remove_file(watched.context.path("truth/third.csv")).unwrap();
    watched.context.write("truth/second.csv", file(first + 40..first + 160));
    watched.until("labels are read again", |monitor| monitor["labelled"] == 160);
}
