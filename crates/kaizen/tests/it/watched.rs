//! A project whose service is watched, traffic for it, and what the monitor makes of that.
//!
//! The model learns from fifteen days of rides, and the rest are there to be replayed. From a day on, distances
//! come in kilometres where they were in miles.

use std::{fmt::Write as _, ops::Range, sync::OnceLock};

use base::{Random, Timestamp};
use serde_json::{Value, json};

use crate::{
    context::{Ran, TestContext, eventually},
    endpoint::post,
    running::Running,
};

/// Rides of a day.
pub(crate) const PER_DAY: u64 = 200;

/// The first day that the model has not seen: 2024-01-16.
pub(crate) const UNSEEN: u64 = 15;

/// The day from which on distances come in kilometres: 2024-01-18.
pub(crate) const PLANTED: u64 = 17;

/// No day: the rides stay in miles.
pub(crate) const NEVER: u64 = 1_000;

/// The days in the project's own file.
const DAYS: u64 = 30;

pub(crate) const HEADER: &str = "id,at,distance,carrier,load,late\n";

const TOML: &str = r#"
[project]
name = "rides"

[data.rides]
source = "rides.csv"
time = "at"
key = ["id"]
until = "2024-01-16"

[model.late]
data = "rides"
target = "late"
task = "binary"
time = "at"
exclude = ["id"]
split = { by = "time", test = "20%" }
train = { builtin = "linear", budget = "5s", seed = 1, threads = 1 }

[service.late]
model = "late"

[monitor.late]
service = "late"
time = "at"
window = "1d"
labels = { value = "late", delay = "1h" }
retrain = { min_rows = 1_700, cool_down = "14d" }
"#;

/// The lines of the rides of these days, the same ones every time. Long rides and those of carrier B are often late.
pub(crate) fn rides(days: Range<u64>, kilometres_from: u64) -> String {
    let mut text = String::new();
    for number in days.start * PER_DAY..days.end * PER_DAY {
        let ride = Ride::of(number);
        let Ride { at, carrier, load, late, .. } = ride;
        let metric = number >= kilometres_from * PER_DAY;
        let distance = if metric { (ride.distance as f64 * 1.609) as u64 } else { ride.distance };
        writeln!(text, "{number},{at},{distance},{carrier},{load},{late}").unwrap();
    }
    text
}

/// One ride.
pub(crate) struct Ride {
    pub(crate) at: Timestamp,
    pub(crate) distance: u64,
    pub(crate) carrier: &'static str,
    pub(crate) load: usize,
    pub(crate) late: bool,
}

impl Ride {
    /// The ride of this number, in miles.
    pub(crate) fn of(number: u64) -> Self {
        let mut random = Random::new(number);
        let seconds = 1_704_067_200 + (86_400 / PER_DAY * number) as i64;
        let distance = 100 + random.below(2_900) as u64;
        let carrier = ["A", "B", "C", "D"][random.below(4)];
        let load = random.below(100);
        let odds = 0.1 + if distance > 1_500 { 0.6 } else { 0.0 } + if carrier == "B" { 0.2 } else { 0.0 };
        let late = random.unit() < odds;
        Self { at: Timestamp::from_micros(seconds * 1_000_000), distance, carrier, load, late }
    }

    /// The request that asks about it.
    pub(crate) fn request(&self, id: &str) -> Value {
        let input = |name: &str, datatype: &str, value: Value| json!({ "name": name, "shape": [1], "datatype": datatype, "data": [value] });
        let inputs = [
            input("at", "BYTES", json!(self.at)),
            input("distance", "FP64", json!(self.distance)),
            input("carrier", "BYTES", json!(self.carrier)),
            input("load", "FP64", json!(self.load)),
        ];
        json!({ "id": id, "inputs": inputs })
    }
}

/// A watched project whose `kaizen up` runs beside the test.
pub(crate) struct Watched {
    pub(crate) context: TestContext,
    pub(crate) up: Running,
    /// Where the service answers.
    pub(crate) url: String,
}

impl Watched {
    /// The usual project, trained and up.
    pub(crate) fn start() -> Self {
        Self::of(trained())
    }

    /// A trained project, up.
    pub(crate) fn of(context: TestContext) -> Self {
        let mut up = Running::up(&context);
        let (url, _) = up.serving();
        Self { context, up, url }
    }

    /// The server's address, without the model.
    pub(crate) fn server(&self) -> &str {
        self.url.split("/v2/").next().unwrap()
    }

    /// Replays the project's own rides of these times.
    pub(crate) fn replay(&self, from: &str, until: &str) -> Ran {
        let window = ["replay", ".", "--from", from, "--until", until, "--url", self.server()];
        let ran = self.context.run(&window);
        ran.code(0);
        ran
    }

    /// Replays lines of rides, and their labels when they are wanted.
    pub(crate) fn replay_lines(&self, lines: &str, more: &[&str]) -> Ran {
        self.context.write("traffic.csv", HEADER.to_owned() + lines);
        let file = ["replay", "traffic.csv", "--model", "late", "--time", "at", "--id", "id"];
        let ran = self.context.run(&[&file[..], &["--url", self.server()], more].concat());
        ran.code(0);
        ran
    }

    /// Replays lines of rides, each label an hour after its ride.
    pub(crate) fn replay_labelled(&self, lines: &str) -> Ran {
        self.replay_lines(lines, &["--label", "late", "--label-delay", "1h"])
    }

    pub(crate) fn infer(&self, request: &Value) -> crate::endpoint::Answer {
        post(&format!("{}/infer", self.url), &request.to_string())
    }

    /// Sends a body of labels.
    pub(crate) fn label(&self, body: &Value) -> crate::endpoint::Answer {
        post(&format!("{}/labels", self.url), &body.to_string())
    }

    /// Where the monitor stands.
    pub(crate) fn monitor(&self) -> Value {
        monitor(&self.context)
    }

    /// Waits until the monitor's status is so.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut holds: impl FnMut(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        eventually(what, || {
            last = self.monitor();
            holds(&last)
        });
        last
    }

    /// Waits until the window of this day has been assessed with all labels of its rows, or with none when there are none.
    #[track_caller]
    pub(crate) fn assessed(&self, day: &str, rows: u64) -> Value {
        let is_whole = |latest: &Value| {
            latest["window"]["start"] == format!("{day}T00:00:00Z") && latest["rows"].as_u64() == Some(rows)
        };
        self.until(&format!("{day} was assessed"), |monitor| is_whole(&monitor["latest"]))["latest"].clone()
    }
}

/// Where the monitor of a project stands.
pub(crate) fn monitor(context: &TestContext) -> Value {
    context.json(&["status"])["monitors"]["late"].clone()
}

/// All incidents of a project, the newest first.
pub(crate) fn incidents(context: &TestContext) -> Vec<Value> {
    context.json(&["incidents", "--all"]).as_array().unwrap().clone()
}

/// All tickets of a project, the newest first.
pub(crate) fn tickets(context: &TestContext) -> Vec<Value> {
    context.json(&["tickets", "--all"]).as_array().unwrap().clone()
}

/// The point of a signal in an assessment.
pub(crate) fn point<'a>(assessment: &'a Value, signal: &str) -> Option<&'a Value> {
    let points = assessment["points"].as_array()?;
    points.iter().find(|point| point[0] == signal).map(|point| &point[1])
}

/// The watched project after its first pass. It is made once and copied.
pub(crate) fn trained() -> TestContext {
    static TRAINED: OnceLock<TestContext> = OnceLock::new();
    let trained = TRAINED.get_or_init(|| {
        let context = TestContext::empty();
        context.write("kaizen.toml", TOML);
        context.write("rides.csv", HEADER.to_owned() + &rides(0..DAYS, PLANTED));
        context.up_once().code(0);
        context
    });
    trained.copied()
}

/// The directory of the model that is served.
pub(crate) fn model(context: &TestContext) -> String {
    context.path(".kaizen/models/late/1").display().to_string()
}
