//! A client that logs all there is to log, and writes down what it was told is kept.

use base::Random;
use serde_json::{Value, json};

use super::{
    API,
    client::{Client, Request},
    ledger::{Ledger, Point, Write},
};

/// Numbers that are hard to keep.
const VALUES: [f64; 14] = [
    f64::NAN,
    f64::INFINITY,
    f64::NEG_INFINITY,
    f64::MAX,
    f64::MIN,
    f64::MIN_POSITIVE,
    5e-324,
    -2.5e-310,
    -0.0,
    0.1,
    1.0 / 3.0,
    9_007_199_254_740_993.0,
    123_456_789.123_456_78,
    1e23,
];
const STEPS: [i64; 7] = [i64::MIN, i64::MIN + 1, -1, 0, 1, i64::MAX - 1, i64::MAX];

pub(super) struct Logger {
    client: Client,
    random: Random,
    pub(super) ledger: Ledger,
    /// No two writes are the same.
    number: i64,
}

impl Logger {
    pub(super) fn new(url: &str, seed: u64) -> Self {
        let mut client = Client::new(url);
        let ledger = Ledger::of(client.run());
        Self { client, random: Random::new(seed), ledger, number: 0 }
    }

    /// Goes on with a server that was started again.
    pub(super) fn go_to(&mut self, url: &str) {
        self.client = Client::new(url);
    }

    /// Logs until a write is not acknowledged; gives the answer that it got instead, if there was one.
    pub(super) fn log(&mut self) -> Option<super::client::Answer> {
        loop {
            let write = self.write();
            match self.client.ask_once(&self.request(&write)) {
                Ok(answer) if answer.status == 200 => self.ledger.acknowledge(answered(write)),
                Ok(answer) => return Some(answer),
                Err(_) => {
                    self.ledger.doubtful = Some(answered(write));
                    return None;
                }
            }
        }
    }

    fn write(&mut self) -> Write {
        self.number += 1;
        let number = self.number;
        let name = |what: &str| format!("{what}{number}");
        match self.random.below(12) {
            0 => Write { params: vec![(name("p"), name("v"))], ..Write::default() },
            1 => Write { tags: vec![("t".to_owned(), name("v"))], ..Write::default() },
            2 => Write { run: Some(format!("{}-{number}", self.ledger.run)), ..Write::default() },
            3 => {
                let size = self.random.below(100_000);
                let content = (0..size).map(|at| (at as i64 * number) as u8).collect();
                let path = format!("/api/2.0/mlflow-artifacts/artifacts/{}/{number}", self.ledger.run);
                Write { file: Some((path, content)), ..Write::default() }
            }
            4..8 => Write { points: vec![self.point()], ..Write::default() },
            _ => Write {
                points: (0..1 + self.random.below(300)).map(|_| self.point()).collect(),
                params: vec![(name("p"), name("v"))],
                tags: vec![(name("t"), String::new())],
                ..Write::default()
            },
        }
    }

    fn point(&mut self) -> Point {
        self.number += 1;
        let value = match self.random.below(3) {
            0 => VALUES[self.random.below(VALUES.len())],
            1 => Some(f64::from_bits(self.random.bits())).filter(|value| value.is_finite()).unwrap_or(1.5),
            _ => self.random.unit(),
        };
        let step = match self.random.below(4) {
            0 => STEPS[self.random.below(STEPS.len())],
            1 => self.random.bits() as i64,
            _ => self.number,
        };
        let timestamp = if self.random.below(10) == 0 { i64::MAX - self.number } else { self.number };
        Point { timestamp, step, key: format!("key{}", self.random.below(5)), bits: value.to_bits() }
    }

    fn request(&self, write: &Write) -> Request {
        if let Some((path, content)) = &write.file {
            return Request::new("PUT", path, content.clone());
        }
        let run = &self.ledger.run;
        let (route, body) = match (&write.run, &write.points[..], &write.params[..], &write.tags[..]) {
            (Some(name), ..) => ("create", json!({"experiment_id": "0", "run_name": name})),
            (_, [point], [], []) => {
                let mut body = metric(point);
                body["run_id"] = json!(run);
                ("log-metric", body)
            }
            (_, [], [(key, value)], []) => {
                ("log-parameter", json!({"run_id": run, "key": key, "value": value}))
            }
            (_, [], [], [(key, value)]) => ("set-tag", json!({"run_id": run, "key": key, "value": value})),
            (_, points, params, tags) => {
                let metrics: Vec<_> = points.iter().map(metric).collect();
                (
                    "log-batch",
                    json!({"run_id": run, "metrics": metrics, "params": pairs(params), "tags": pairs(tags)}),
                )
            }
        };
        Request::new("POST", &format!("{API}/runs/{route}"), body.to_string())
    }
}

/// The write as it is answered later: what is infinite as the greatest number.
fn answered(mut write: Write) -> Write {
    for point in &mut write.points {
        let value = f64::from_bits(point.bits);
        if !value.is_nan() {
            point.bits = value.clamp(f64::MIN, f64::MAX).to_bits();
        }
    }
    write
}

fn pairs(pairs: &[(String, String)]) -> Vec<Value> {
    pairs.iter().map(|(key, value)| json!({"key": key, "value": value})).collect()
}

fn metric(point: &Point) -> Value {
    let value = match f64::from_bits(point.bits) {
        value if value.is_nan() => json!("NaN"),
        f64::INFINITY => json!("Infinity"),
        f64::NEG_INFINITY => json!("-Infinity"),
        value => json!(value),
    };
    json!({"key": point.key, "value": value, "timestamp": point.timestamp, "step": point.step})
}
