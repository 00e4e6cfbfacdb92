//! A watched service that is killed while a replay goes on, or that has no room left: what was acknowledged is there.

use std::{net::TcpListener, thread, time::Duration};

use base::Random;
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::{
    context::{TestContext, eventually},
    endpoint::{get, post},
    running::Running,
    watched::{
        self, HEADER, NEVER, PER_DAY, PLANTED, Ride, UNSEEN, Watched, incidents, rides, tickets, trained,
    },
};

/// A port that no client is given by chance while nobody listens on it: below those that systems hand out.
fn quiet_port() -> u16 {
    let mut random = Random::new(u64::from(std::process::id()));
    loop {
        let port = 10_000 + random.below(20_000) as u16;
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

fn up_on(context: &TestContext, port: u16) -> Running {
    let mut up = Running::start(context.command(&["up", "--json", "--listen", &format!("127.0.0.1:{port}")]));
    up.serving();
    up
}

#[test]
fn a_kill_in_a_replay_loses_no_acknowledged_label_and_no_incident_and_doubles_nothing() {
    const DAYS: u64 = 8;
    let context = trained();
    let port = quiet_port();
    let up = up_on(&context, port);
    let url = format!("http://127.0.0.1:{port}");
    context.write("traffic.csv", HEADER.to_owned() + &rides(UNSEEN..UNSEEN + DAYS, PLANTED));
    let usual = ["replay", "traffic.csv", "--model", "late", "--time", "at", "--id", "id", "--label", "late"];
    let more = ["--label-delay", "1h", "--speed", "1d/s", "--patience", "2m", "--json", "--url", &url];
    let mut replay = Running::start(context.command(&[&usual[..], &more].concat()));
    // What was answered and acknowledged two seconds before the kill must be there after it.
    let then =
        replay.until("that the changed days have come", |line| line["sent"].as_u64() > Some(3 * PER_DAY));
    eventually("there is an incident", || !incidents(&context).is_empty());
    thread::sleep(Duration::from_secs(2));
    up.signal(Signal::KILL);
    up.ended();
    let killed_with = incidents(&context);
    let up = up_on(&context, port);
    let ended = replay.ended();
    let summary = ended.code(0).lines().pop().unwrap();
    assert_eq!((&summary["failed"], &summary["labels_failed"]), (&0.into(), &0.into()), "{summary}");
    assert_eq!(summary["labels"], DAYS * PER_DAY, "{summary}");
    every_label_is_kept(&url, UNSEEN..UNSEEN + DAYS);
    let monitor = eventually_whole(&context, then["sent"].as_u64().unwrap(), DAYS * PER_DAY);
    assert_eq!(monitor["clock"].as_str().unwrap()[..10], *"2024-01-23", "{monitor:#}");
    let found = incidents(&context);
    assert_eq!((found.len(), tickets(&context).len()), (1, 1), "{found:#?}");
    assert_eq!(found[0]["fingerprint"], killed_with[0]["fingerprint"]);
    assert_eq!(found[0]["onset"], "2024-01-18T00:00:00Z", "{:#}", found[0]);
    let ended = up.interrupt();
    let windows: Vec<Value> =
        ended.code(0).lines().into_iter().filter(|line| line["event"] == "window").collect();
    assert!(!windows.is_empty(), "the next process went on");
    for window in windows {
        assert!(window["assessment"]["rows"].as_u64() <= Some(PER_DAY), "{window}");
    }
    context.run(&["history", "verify"]).code(0);
}

/// Each label is one that the store has: it answers that it knew it.
fn every_label_is_kept(url: &str, days: std::ops::Range<u64>) {
    let label = |number: u64| {
        let ride = Ride::of(number);
        let known = base::Timestamp::from_micros(ride.at.micros() + 3_600_000_000);
        json!({ "id": number.to_string(), "label": ride.late, "time": known })
    };
    let labels: Vec<Value> = (days.start * PER_DAY..days.end * PER_DAY).map(label).collect();
    let answer = post(&format!("{url}/v2/models/late/labels"), &json!({ "labels": labels }).to_string());
    let expected = json!({ "accepted": 0, "unchanged": labels.len(), "replaced": 0 });
    assert_eq!(answer.body, expected);
}

/// Waits until the monitor has read everything: no less than what was on disk, no more than there ever was.
fn eventually_whole(context: &TestContext, least: u64, most: u64) -> Value {
    let mut monitor = Value::Null;
    eventually("all labels of captured rows are joined", || {
        monitor = watched::monitor(context);
        let rows = monitor["rows"].as_u64().unwrap();
        rows >= least
            && monitor["labelled"].as_u64() == Some(rows)
            && monitor["clock"].as_str() > Some("2024-01-23")
    });
    assert!(monitor["rows"].as_u64() <= Some(most), "{monitor:#}");
    monitor
}

#[test]
fn an_end_in_good_order_loses_no_row() {
    let watched = Watched::start();
    watched.replay_labelled(&rides(UNSEEN..UNSEEN + 2, NEVER));
    watched.up.interrupt().code(0);
    let next = Watched::of(watched.context);
    let monitor = next.until("it reads all of them", |monitor| monitor["labelled"] == 2 * PER_DAY);
    assert_eq!(
        (&monitor["rows"], &monitor["oddities"]["repeated_ids"]),
        (&400.into(), &0.into()),
        "{monitor:#}"
    );
}

/// How large a file the process may write, in bytes: to its writer the limit is what a full disk is.
const ROOM: u64 = 6 << 20;

#[test]
fn no_room_for_captures_pauses_them_and_says_so_while_the_service_answers() {
    let context = trained();
    // The soft limit alone, so that it can be raised again.
    let before = format!("trap '' XFSZ; ulimit -S -f {}", ROOM / 512);
    let arguments = ["up", "--json", "--listen", "127.0.0.1:0"];
    let mut up = Running::start(context.command_after(&before, &arguments));
    let (url, _) = up.serving();
    let infer = format!("{url}/infer");
    assert_eq!(post(&infer, &Ride::of(UNSEEN * PER_DAY).request("first").to_string()).status, 200);
    eventually("the first is on disk", || watched::monitor(&context)["rows"] == 1);
    let mut sent = 0;
    let paused = |up: &mut Running| {
        up.seen.iter().any(|event| {
            event["notice"].as_str().is_some_and(|notice| notice.contains("is not captured for now"))
        })
    };
    while !paused(&mut up) {
        assert!(sent < 100, "it took {sent} large requests and never paused");
        assert_eq!(post(&infer, &large(sent)).status, 200);
        sent += 1;
        up.look();
    }
    // The service and its labels go on as if nothing were.
    assert_eq!(post(&infer, &Ride::of(UNSEEN * PER_DAY + 1).request("meanwhile").to_string()).status, 200);
    assert_eq!(get(&format!("{url}/ready")).status, 200);
    up.unlimit_files();
    up.until("that it goes on", |event| {
        event["notice"].as_str().is_some_and(|notice| notice.contains("is captured again"))
    });
    // What waited in memory is written after all.
    eventually("nothing is lost", || watched::monitor(&context)["rows"] == sent + 2);
    up.interrupt().code(0);
    context.run(&["history", "verify"]).code(0);
}

/// A request whose category is very long.
fn large(number: u64) -> String {
    let mut request = Ride::of(UNSEEN * PER_DAY + number).request(&format!("large {number}"));
    request["inputs"][2]["data"] = json!(["x".repeat(600_000)]);
    request.to_string()
}
