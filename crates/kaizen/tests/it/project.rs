//! A small project that has everything: data with expectations, a command, a query, a model, a service.

use std::{fmt::Write as _, ops::Range};

use base::{Random, Timestamp};

/// The rows of the usual data set.
pub(crate) const ROWS: u64 = 2_000;

/// The columns of the usual data set.
pub(crate) const HEADER: &str = "id,at,distance,carrier,late\n";

pub(crate) const TOML: &str = r#"
[project]
name = "trips"
objective = "Know which trips will be late"

[data.trips]
source = "trips.csv"
time = "at"
key = ["id"]

[data.trips.expect]
rows = { min = 500 }
columns.carrier = { one_of = ["A", "B", "C", "D"] }
columns.distance = { type = "number", range = [0, 5_000] }

[step.short]
reads = ["data.trips"]
run = "mkdir -p build && cut -d, -f1-5 \"$KAIZEN_INPUT_TRIPS\" > build/short.csv"
writes = ["build/short.csv"]

[step.features]
reads = ["step.short"]
sql = "SELECT id, at, distance, carrier, late FROM short ORDER BY at, id"

[model.late]
data = "step.features"
target = "late"
task = "binary"
time = "at"
exclude = ["id"]
split = { by = "time", test = "30%" }
train = { builtin = "auto", budget = "5s", seed = 1, threads = 1 }

[service.late]
model = "late"
"#;

/// A project of one data set and a model on it, for data that are looked at closely.
pub(crate) const PLAIN: &str = r#"
[project]
name = "trips"

[data.trips]
source = "trips.csv"
time = "at"
key = ["id"]

[model.late]
data = "trips"
target = "late"
task = "binary"
train = { builtin = "auto", budget = "5s", threads = 1 }

[service.late]
model = "late"
"#;

/// A CSV file with these trips, the same ones every time. Long trips and those of carrier B are often late.
pub(crate) fn trips(numbers: Range<u64>) -> String {
    HEADER.to_owned() + &rows(numbers)
}

/// The lines of these trips.
pub(crate) fn rows(numbers: Range<u64>) -> String {
    let mut text = String::new();
    for number in numbers {
        let mut random = Random::new(number);
        let at = Timestamp::from_micros((1_704_067_200 + 1_800 * number as i64) * 1_000_000);
        let distance = 100 + random.below(2_900);
        let carrier = ["A", "B", "C", "D"][random.below(4)];
        let odds = 0.1 + if distance > 1_500 { 0.6 } else { 0.0 } + if carrier == "B" { 0.2 } else { 0.0 };
        let late = random.unit() < odds;
        writeln!(text, "{number},{at},{distance},{carrier},{late}").unwrap();
    }
    text
}
