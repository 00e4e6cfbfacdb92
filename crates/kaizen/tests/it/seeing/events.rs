//! `--json`: what happens as lines for programs, as `docs/events.md` has them.

use std::collections::BTreeSet;

use serde_json::Value;

use super::{many, with};

/// What `docs/events.md` promises.
const EVENTS: &str = include_str!("../../../../../docs/events.md");

/// Checks that an event is one of those that are documented, with the fields that are.
#[track_caller]
pub(crate) fn is_documented(event: &Value) {
    let name = event["event"].as_str().unwrap_or_else(|| panic!("{event} says not what it is"));
    let section = EVENTS.split("\n## ").find(|section| section.starts_with(&format!("`{name}`")));
    let section = section.unwrap_or_else(|| panic!("docs/events.md has no `{name}`"));
    for field in event.as_object().unwrap().keys().filter(|field| *field != "event") {
        assert!(
            section.contains(&format!("| `{field}` |")),
            "docs/events.md has no {field} of {name}: {event}"
        );
    }
}

#[test]
fn every_event_is_a_line_of_json_with_a_documented_name_and_documented_fields() {
    let context = with(
        r#"
[project]
name = "events"

[step.good]
run = "echo good; echo '{\"accuracy\": 0.5}' > metrics.json"
writes = ["metrics.json"]
metrics = "metrics.json"

[step.bad]
run = "exit 7"
reads = ["step.good"]
retry = { attempts = 2, backoff = "10ms" }

[step.after]
run = "true"
reads = ["step.bad"]
"#,
    );
    let ran = context.run(&["run", "--json"]);
    let events = ran.code(5).lines();
    assert_eq!(ran.stderr, "");
    events.iter().for_each(is_documented);
    let names: Vec<_> = events.iter().map(|event| event["event"].as_str().unwrap()).collect();
    let expected = [
        "planned", "begun", "started", "running", "finished", "started", "running", "notice", "running",
        "finished", "passed",
    ];
    assert_eq!(names, expected);
    let planned = &events[0]["plan"]["actions"];
    assert_eq!(planned.as_array().unwrap().len(), 3);
    assert_eq!((&events[1]["run"], &events[1]["total"]), (&1.into(), &3.into()));
    assert_eq!(events[2]["action"]["id"]["node"], "step.good");
    assert_eq!(events[4]["conclusion"]["conclusion"], "done");
    assert!(events[4]["elapsed_ms"].is_u64(), "{}", events[4]);
    assert!(events[9]["conclusion"]["message"].as_str().unwrap().contains("exit status: 7"), "{}", events[9]);
    let conclusions = events[10]["pass"]["conclusions"].as_array().unwrap();
    let told: Vec<_> = conclusions.iter().map(|said| said[1]["conclusion"].as_str().unwrap()).collect();
    assert_eq!(told, ["done", "failed", "not_begun"]);
}

#[test]
fn every_documented_event_and_conclusion_exists() {
    // Written down here, so that a name that changes is noticed in both places.
    let promised: BTreeSet<_> =
        EVENTS.lines().filter_map(|line| line.strip_prefix("## `")?.split('`').next()).collect();
    let known = [
        "planned",
        "begun",
        "started",
        "progress",
        "running",
        "notice",
        "remark",
        "finished",
        "passed",
        "changed",
        "invalid",
        "serving",
        "held",
        "window",
        "incident",
        "not_watching",
        "not_labelled",
        "webhook",
        "not_captured",
        "capture",
        "not_serving",
    ];
    assert_eq!(promised, known.into_iter().collect());
    for conclusion in [
        "done",
        "unchanged",
        "not_promoted",
        "champion_unchanged",
        "not_reached",
        "not_begun",
        "failed",
        "refused",
        "interrupted",
    ] {
        assert!(EVENTS.contains(&format!("| `{conclusion}` |")), "{conclusion}");
    }
}

#[test]
fn an_error_among_events_is_a_line_of_json_too() {
    let context = many(2, "true");
    let failed = context.run(&["run", "nothing", "--json"]);
    let lines = failed.code(2).lines();
    assert_eq!((lines.len(), &lines[0]["code"]), (1, &2.into()), "{failed:#?}");
    assert!(lines[0]["error"].as_str().unwrap().contains("no step `nothing`"), "{failed:#?}");
}
