//! The loop closes: traffic that changed is found, explained, ticketed, learned from, and the better model is shipped.

use serde_json::Value;

use crate::{
    context::{TestContext, eventually},
    watched::{NEVER, PLANTED, UNSEEN, Watched, incidents, point, rides, tickets, trained},
};

#[test]
fn a_changed_unit_is_found_explained_learned_from_and_closed_with_nobody_touching_it() {
    let mut watched = Watched::start();
    watched.replay("2024-01-16", "2024-01-25");
    assert_eq!(watched.up.finished("roll_out")["conclusion"], "done");
    is_confirmed(&watched.context);
    was_learned_from(&watched.context);
    assert_eq!(watched.context.served(), Some(2));
    // The world goes on, and the new version knows it.
    watched.replay("2024-01-25", "2024-01-28");
    eventually("the incident is over", || incidents(&watched.context)[0]["status"] == "resolved");
    is_closed(&watched.context);
    assert!(watched.monitor()["incident"].is_null());
    watched.up.interrupt().code(0);
    watched.context.run(&["history", "verify"]).code(0);
}

/// The incident has its onset, its columns, causes with the planted one first, and a ticket with all of it.
fn is_confirmed(context: &TestContext) {
    let found = incidents(context);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert_eq!((&found[0]["status"], &found[0]["severity"]), (&"confirmed".into(), &"critical".into()));
    assert_eq!(found[0]["onset"], "2024-01-18T00:00:00Z", "{:#}", found[0]);
    let whole = context.json(&["incidents", "1"]);
    let signals = whole["incident"]["signals"].as_array().unwrap();
    for signal in ["drift.distance", "drift.prediction", "measured.log_loss"] {
        assert!(signals.iter().any(|member| member["signal"] == signal), "{signal} is not in {signals:#?}");
    }
    let first = &whole["ranking"]["causes"][0];
    assert!(first["title"].as_str().unwrap().contains("miles became kilometres"), "{first:#}");
    assert!(first["share_of_loss"].as_f64().unwrap() > 0.5, "{first:#}");
    context.run(&["incidents"]).code(0).says("monitor.late  confirmed  critical  since 2024-01-18 00:00");
    let shown = context.run(&["incidents", "1"]);
    for part in
        ["onset 2024-01-18 00:00", "signals:", "drift.distance", "causes, the likeliest first:", "why:"]
    {
        shown.code(0).says(part);
    }
    shown
        .says("`distance` changed its unit, as if miles became kilometres")
        .says("Which rows and columns show it?");
}

/// It was collected, trained, judged and released because of the incident, each step said where people look for it.
fn was_learned_from(context: &TestContext) {
    assert_eq!(context.count("collect monitor.late", "done"), 1);
    assert_eq!(context.count("train model.late", "done"), 2);
    let because = context.entries("monitor.late")[0].to_string();
    assert!(because.contains("drift_confirmed"), "{because}");
    let verdict = context.json(&["why", "model", "late"]);
    assert_eq!(verdict["verdict"]["decision"], "promote", "{verdict:#}");
    let status = context.run(&["status"]);
    status.code(0).says("champion version 2").says("held: model.late: answered").says("1 ticket to be done");
    status.says("monitor.late  watches service.late");
    eventually("the ticket is told of the verdict", || {
        context.run(&["tickets", "show", "1"]).stdout.contains("the gate promoted it")
    });
    let ticket = &tickets(context)[0];
    assert_eq!((&ticket["status"], &ticket["severity"]), (&"doing".into(), &"critical".into()), "{ticket:#}");
    context.run(&["tickets"]).code(0).says("1  doing  critical").says("drift in distance since 2024-01-18");
    context.run(&["tickets", "show", "1"]).says("miles became kilometres").says("incident/1").says("## Why");
}

/// The incident was resolved by the release, and its ticket closed by the loop.
fn is_closed(context: &TestContext) {
    let whole = context.json(&["incidents", "1"]);
    assert_eq!(whole["incident"]["resolution"], "released", "{whole:#}");
    let all = tickets(context);
    assert_eq!(all.len(), 1, "{all:#?}");
    assert_eq!(all[0]["status"], "done", "{all:#?}");
    context.run(&["tickets", "show", "1"]).says("a new version was released");
    context.run(&["tickets"]).says("no tickets to be done").says("kaizen tickets --all");
    context.run(&["incidents"]).says("no incidents").says("kaizen incidents --all");
    let events = context.json(&["history"]);
    let released = |event: &&Value| event["kind"] == "service_set" && event["detail"]["version"] == 2;
    assert_eq!(events.as_array().unwrap().iter().filter(released).count(), 1, "{events:#}");
}

#[test]
fn traffic_that_is_as_it_was_opens_no_incident_and_trains_nothing() {
    let watched = Watched::start();
    watched.replay_labelled(&rides(UNSEEN..UNSEEN + 10, NEVER));
    let latest = watched.assessed("2024-01-24", 200);
    let columns = latest["drift"]["columns"].as_array().unwrap();
    assert_eq!(columns.len(), 3, "{latest:#}");
    assert!(columns.iter().all(|column| column["drifted"] == false), "{latest:#}");
    let monitor = watched.until("all labels are there", |monitor| monitor["labelled"] == 2_000);
    assert!(monitor["incident"].is_null(), "{monitor:#}");
    assert_eq!(incidents(&watched.context), Vec::<Value>::new());
    assert_eq!(tickets(&watched.context), Vec::<Value>::new());
    watched.up.interrupt().code(0).never_says(r#""event":"incident""#).never_says(r#""event":"started""#);
    assert_eq!(watched.context.count("collect monitor.late", "done"), 0);
    watched.context.run(&["status"]).code(0).says("no drift").says("no incident").says("nothing to do");
}

#[test]
fn a_brake_that_holds_is_shown_with_its_reason_and_nothing_is_trained() {
    let context = trained();
    context.edit("min_rows = 1_700", "min_rows = 1_000_000");
    let mut watched = Watched::of(context);
    watched.replay("2024-01-17", "2024-01-21");
    let held = watched.up.event("held");
    assert!(held["held"][0].as_str().unwrap().contains("too few labelled rows"), "{held}");
    let plan = watched.context.json(&["plan"]);
    assert_eq!(plan["held"][0]["brake"], "too_few_rows", "{plan:#}");
    assert_eq!(plan["actions"], Value::Array(Vec::new()));
    watched.until("all labels are there", |monitor| monitor["labelled"] == 800);
    for command in ["plan", "status"] {
        let ran = watched.context.run(&[command]);
        ran.code(0).says("too few labelled rows: 800 new labelled rows, 1,000,000 needed").says("incident 1");
    }
    assert_eq!(tickets(&watched.context)[0]["status"], "open");
    watched.up.interrupt().code(0).never_says(r#""event":"started""#);
    assert_eq!(watched.context.count("train model.late", "done"), 1);
    assert_eq!(watched.context.served(), Some(1));
}

#[test]
fn a_candidate_that_the_gate_rejects_changes_nothing_and_is_not_trained_again_on_the_same_rows() {
    let context = trained();
    let slow = "[model.late.gate]\nmax_latency_p99 = \"1us\"\n\n[service.late]";
    context.edit("[service.late]", slow);
    let mut watched = Watched::of(context);
    watched.replay("2024-01-16", "2024-01-25");
    assert_eq!(watched.up.finished("collect")["conclusion"], "done");
    assert_eq!(watched.up.finished("gate")["conclusion"], "done");
    let held = watched
        .up
        .until("that the brake holds", |event| event["held"].to_string().contains("already judged"));
    assert!(held.to_string().contains("the gate rejected what was trained"), "{held}");
    assert_eq!(watched.context.served(), Some(1));
    watched
        .context
        .run(&["status"])
        .code(0)
        .says("held: model.late: already judged")
        .says("last verdict reject");
    watched.context.run(&["tickets", "show", "1"]).code(0).says("doing").says("the gate rejected it");
    assert_eq!(watched.context.count("collect monitor.late", "done"), 1);
}

#[test]
fn a_schedule_that_is_due_trains_without_any_incident() {
    let context = trained();
    let schedule = r#"retrain = { min_rows = 500, cool_down = "1d", every = "3d" }"#;
    context.edit(r#"retrain = { min_rows = 1_700, cool_down = "14d" }"#, schedule);
    let mut watched = Watched::of(context);
    watched.replay_labelled(&rides(UNSEEN..UNSEEN + 4, NEVER));
    assert_eq!(watched.up.finished("collect")["conclusion"], "done");
    assert_eq!(watched.up.finished("register")["summary"], "version 2");
    let because = watched.context.entries("monitor.late")[0].to_string();
    assert!(because.contains("scheduled"), "{because}");
    assert_eq!(incidents(&watched.context), Vec::<Value>::new());
}

#[test]
fn silenced_signals_open_no_incident_and_do_once_the_silence_is_over() {
    let watched = Watched::start();
    let add =
        ["silence", "add", "late", "--until", "2024-01-20", "--because", "the sensors are being replaced"];
    watched
        .context
        .run(&add)
        .code(0)
        .says("all signals")
        .says("the sensors are being replaced")
        .says("tester");
    watched.replay_labelled(&rides(UNSEEN..PLANTED + 3, PLANTED));
    // Departures are recorded as ever.
    let latest = watched.assessed("2024-01-19", 200);
    assert_eq!(point(&latest, "drift.distance").unwrap()["departs"], true, "{latest:#}");
    assert_eq!(incidents(&watched.context), Vec::<Value>::new());
    assert_eq!(tickets(&watched.context), Vec::<Value>::new());
    watched.replay_labelled(&rides(PLANTED + 3..PLANTED + 5, PLANTED));
    eventually("there is an incident", || !incidents(&watched.context).is_empty());
    let opened = &incidents(&watched.context)[0]["opened"];
    assert!(opened.as_str().unwrap() > "2024-01-20", "{opened}");
}

#[test]
fn a_silence_of_one_signal_leaves_the_others_to_speak() {
    let watched = Watched::start();
    let add = ["silence", "add", "late", "--signal", "drift", "--until", "2030-01-01", "--because", "known"];
    watched.context.run(&add).code(0);
    watched.replay_labelled(&rides(PLANTED..PLANTED + 3, PLANTED));
    eventually("there is an incident", || !incidents(&watched.context).is_empty());
    let whole = watched.context.json(&["incidents", "1"]);
    let signals = whole["incident"]["signals"].as_array().unwrap();
    let is_drift = |member: &&Value| member["signal"].as_str().unwrap().starts_with("drift.");
    assert_eq!(signals.iter().filter(is_drift).count(), 0, "{signals:#?}");
    assert!(signals.iter().any(|member| member["signal"] == "out_of_range.distance"), "{signals:#?}");
    watched.context.run(&["silence", "remove", "1"]).code(0).says("nothing is silenced");
}
