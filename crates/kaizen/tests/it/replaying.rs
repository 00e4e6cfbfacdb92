//! `kaizen replay` as a feature of its own: any rows as traffic for any server of the Open Inference Protocol.

use std::net::TcpListener;

use rustix::process::Signal;
use serde_json::Value;

use crate::{
    context::{Ran, TestContext},
    running::Running,
    watched::{HEADER, NEVER, PER_DAY, UNSEEN, Watched, model, rides, trained},
};

/// A model that is served without any project, and rows beside it.
struct Alone {
    context: TestContext,
    _serve: Running,
    server: String,
}

impl Alone {
    fn start() -> Self {
        let (context, home) = (TestContext::empty(), trained());
        let arguments = ["serve", &model(&home), "--name", "late", "--json", "--listen", "127.0.0.1:0"];
        let mut serve = Running::start(context.command(&arguments));
        let (url, _) = serve.serving();
        context.write("rides.csv", HEADER.to_owned() + &rides(UNSEEN..UNSEEN + 4, NEVER));
        let server = url.split("/v2/").next().unwrap().to_owned();
        Self { context, _serve: serve, server }
    }

    fn arguments<'a>(&'a self, more: &[&'a str]) -> Vec<&'a str> {
        let usual = ["replay", "rides.csv", "--model", "late", "--time", "at", "--url", &self.server];
        [&usual[..], more].concat()
    }

    fn replay(&self, more: &[&str]) -> Ran {
        self.context.run(&self.arguments(more))
    }
}

#[test]
fn rows_of_a_file_are_sent_to_a_server_that_knows_no_project() {
    let alone = Alone::start();
    let ran = alone.replay(&["--no-labels"]);
    ran.code(0).says("replaying 800 rows of 2024-01-16 00:00 to 2024-01-19 23:52");
    ran.says("800 rows answered and 0 labels acknowledged");
    // A part of them, and several in a request.
    let some = ["--from", "2024-01-17", "--until", "2024-01-18", "--batch", "16", "--json"];
    assert_eq!(alone.replay(&some).code(0).lines().last().unwrap()["sent"], PER_DAY);
    let first = alone.replay(&["--limit", "150", "--label", "late", "--no-labels", "--json"]);
    assert_eq!(first.code(0).lines().last().unwrap()["sent"], 150);
    alone.replay(&["--from", "2030-01-01"]).code(4).says("none of the 800 rows").says("mend `from`");
}

#[test]
fn labels_that_a_server_does_not_take_are_counted_and_the_rows_go_on() {
    let alone = Alone::start();
    let ran = alone.replay(&["--limit", "60", "--label", "late"]);
    ran.code(1).says("60 labels following").says("60 rows answered").says("60 labels were refused");
    ran.says("labels are kept by a project");
}

#[test]
fn rows_that_the_model_refuses_are_counted_and_the_first_answer_is_shown() {
    let alone = Alone::start();
    let mut text = HEADER.to_owned() + "0,2024-01-16T00:00:00Z,700,A,lots,true\n";
    text.push_str("1,2024-01-16T00:10:00Z,700,A,3,true\n");
    alone.context.write("rides.csv", text);
    let ran = alone.replay(&["--no-labels"]);
    ran.code(1).says("2 rows and 0 labels were refused").says("the first was told: 400").says("load");
}

#[test]
fn a_speed_is_kept() {
    let alone = Alone::start();
    // Four days less one ride.
    let ran = alone.replay(&["--no-labels", "--speed", "2d/s", "--json"]);
    let seconds = ran.code(0).lines().last().unwrap()["seconds"].as_f64().unwrap();
    assert!(seconds >= 1.99, "{seconds} s");
    assert!(ran.lines().iter().any(|line| line["at"].is_string()), "{ran:#?}");
    alone.replay(&["--no-labels", "--speed", "soon"]).code(2).says("soon");
}

#[test]
fn an_interrupt_says_where_to_go_on_and_the_rest_follows_from_there() {
    let alone = Alone::start();
    let more = ["--no-labels", "--speed", "12h/s", "--json"];
    let mut running = Running::start(alone.context.command(&alone.arguments(&more)));
    running.until("that it has begun", |line| line["sent"].as_u64() > Some(0));
    let summary = interrupted(running);
    let sent = summary["sent"].as_u64().unwrap();
    assert!((1..800).contains(&sent), "{summary}");
    let rest = alone.replay(&["--no-labels", "--from", summary["resume"].as_str().unwrap(), "--json"]);
    let rest = rest.code(0).lines().last().unwrap()["sent"].as_u64().unwrap();
    // None is left out; those under way when it ended are sent again.
    assert!((800..=800 + 16).contains(&(sent + rest)), "{sent} and {rest}");
}

#[test]
fn an_interrupt_in_full_flight_loses_no_row_and_no_label_of_a_replay_that_goes_on() {
    let watched = Watched::start();
    watched.context.write("traffic.csv", HEADER.to_owned() + &rides(UNSEEN..UNSEEN + 30, NEVER));
    let usual = ["replay", "traffic.csv", "--model", "late", "--time", "at", "--id", "id", "--label", "late"];
    let more = ["--label-delay", "7h", "--speed", "10d/s", "--json", "--url", watched.server()];
    let arguments = [&usual[..], &more].concat();
    let mut running = Running::start(watched.context.command(&arguments));
    running.until("that it has begun", |line| line["labels"].as_u64() > Some(0));
    let summary = interrupted(running);
    let from = ["--from", summary["resume"].as_str().unwrap(), "--limit", "2000"];
    watched.context.run(&[&arguments[..], &from].concat()).code(0);
    // All rows up to the last that was sent, and each with its label.
    watched.until("everything came", |monitor| {
        let rows = monitor["rows"].as_u64();
        rows >= Some(2_000) && monitor["labelled"].as_u64() == rows
    });
}

/// Ends a replay as Ctrl-C does, and gives what it says of itself.
fn interrupted(running: Running) -> Value {
    let ended = running.interrupt();
    ended.code(130);
    let summary = ended.lines().pop().unwrap();
    assert_eq!(summary["ended"], "interrupted", "{summary}");
    summary
}

#[test]
fn an_interrupt_is_told_to_people_with_the_option_to_go_on_with() {
    let alone = Alone::start();
    let arguments = alone.arguments(&["--no-labels", "--speed", "12h/s"]);
    let child = alone.context.command(&arguments).spawn().unwrap();
    let pid = rustix::process::Pid::from_child(&child);
    std::thread::sleep(std::time::Duration::from_millis(1_500));
    rustix::process::kill_process(pid, Signal::INT).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("go on with --from 2024-01-1"), "{said}");
}

#[test]
fn what_is_misspelt_or_missing_is_named() {
    let alone = Alone::start();
    alone.context.run(&["replay", "rides.csv", "--time", "at"]).code(2).says("--model NAME");
    alone.context.run(&["replay", "rides.csv", "--model", "late"]).code(2).says("--time COLUMN");
    let with = |more: &[&str]| {
        alone.context.run(&[&["replay", "rides.csv", "--url", &alone.server][..], more].concat())
    };
    with(&["--model", "late", "--time", "att"]).code(4).says("did you mean `at`?");
    with(&["--model", "lat", "--time", "at"]).code(1).says("404").says("lat");
    with(&["--model", "late", "--time", "distance"]).code(4).says("the time column `distance` is number");
    with(&["--model", "late", "--time", "at", "--label", "lates"]).code(4).says("did you mean `late`?");
    with(&["--model", "late", "--time", "at", "--id", "ids"]).code(4).says("did you mean `id`?");
    alone.context.write("rides.csv", alone.context.read("rides.csv").replace("distance", "distanse"));
    with(&["--model", "late", "--time", "at"])
        .code(4)
        .says("no column `distance`")
        .says("did you mean `distanse`?");
    alone
        .context
        .run(&["replay", "absent.csv", "--model", "late", "--time", "at"])
        .code(4)
        .says("absent.csv");
}

#[test]
fn a_server_that_is_not_there_is_said() {
    let alone = Alone::start();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = format!("http://{free}");
    let ran = alone.context.run(&["replay", "rides.csv", "--model", "late", "--time", "at", "--url", &url]);
    ran.code(1).says(&url).says("does not answer").says("is `kaizen up` running there?");
    let odd = ["replay", "rides.csv", "--model", "late", "--time", "at", "--url", "somewhere"];
    alone.context.run(&odd).code(2).says("`somewhere` is not the address of a server");
}

#[test]
fn a_project_knows_its_own_rows_columns_and_labels() {
    let watched = Watched::start();
    let ran = watched.replay("2024-01-16", "2024-01-17");
    ran.says("replaying 200 rows").says("200 rows answered and 200 labels acknowledged");
    let monitor = watched.until("they are joined", |monitor| monitor["labelled"] == PER_DAY);
    // By the key of the data, an hour after each ride, as the project says.
    assert_eq!(monitor["oddities"]["unmatched_labels"], 0, "{monitor:#}");
    let other = watched.context.run(&["replay", ".", "--model", "early", "--url", watched.server()]);
    other.code(2).says("there is no service.early; there is late");
}
