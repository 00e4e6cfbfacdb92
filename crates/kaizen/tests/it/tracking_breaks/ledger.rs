//! What a client was told is kept, and how it is found again.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::client::Client;

/// A point, to the bit, as it must be answered.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Point {
    pub(super) timestamp: i64,
    pub(super) step: i64,
    pub(super) key: String,
    pub(super) bits: u64,
}

/// One request, as far as it leaves something.
#[derive(Debug, Clone, Default)]
pub(super) struct Write {
    pub(super) points: Vec<Point>,
    pub(super) params: Vec<(String, String)>,
    pub(super) tags: Vec<(String, String)>,
    /// The name of a run of its own.
    pub(super) run: Option<String>,
    /// The path and the content of an artifact.
    pub(super) file: Option<(String, Vec<u8>)>,
}

/// What a client has logged to a run of its own.
#[derive(Debug, Default)]
pub(super) struct Ledger {
    pub(super) run: String,
    points: BTreeSet<Point>,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    runs: BTreeSet<String>,
    files: BTreeMap<String, Vec<u8>>,
    /// What was sent and not answered: it is there as a whole, or not at all.
    pub(super) doubtful: Option<Write>,
}

impl Ledger {
    pub(super) fn of(run: String) -> Self {
        Self { run, ..Self::default() }
    }

    pub(super) fn size(&self) -> usize {
        self.points.len()
    }

    pub(super) fn acknowledge(&mut self, write: Write) {
        self.points.extend(write.points);
        self.params.extend(write.params);
        self.tags.extend(write.tags);
        self.runs.extend(write.run);
        self.files.extend(write.file);
    }

    /// Checks that all of it is there, once, and nothing else but perhaps what is in doubt, which is in doubt no more then.
    #[track_caller]
    pub(super) fn check(&mut self, client: &mut Client) {
        let before = self.found(client);
        if let Some(doubtful) = self.doubtful.take() {
            let is_there = self.shows(&doubtful, &before, client);
            if is_there {
                self.acknowledge(doubtful);
            }
        }
        assert!(before.points.len() == before.distinct().len(), "points of run {} are there twice", self.run);
        assert_same(&before.distinct(), &self.points, "points");
        assert_eq!(before.params, self.params, "parameters of run {}", self.run);
        assert_eq!(before.tags, self.tags, "tags of run {}", self.run);
        assert_eq!(before.latest, latest(&self.points), "latest values of run {}", self.run);
        self.check_runs(client);
        for (path, content) in &self.files {
            let answer = client.get(path);
            assert!(answer.status == 200 && answer.body == *content, "{path} is {} now", answer.status);
        }
    }

    /// Whether a write in doubt happened. When it did in part, what follows says so.
    fn shows(&self, write: &Write, found: &Found, client: &mut Client) -> bool {
        let points = found.distinct();
        let file = write.file.as_ref().is_some_and(|(path, _)| client.get(path).status == 200);
        let run = write.run.as_ref().is_some_and(|name| !runs_of(client, name).is_empty());
        write.points.iter().any(|point| points.contains(point))
            || write.params.iter().any(|(key, _)| found.params.contains_key(key))
            || write.tags.iter().any(|(key, value)| found.tags.get(key) == Some(value))
            || file
            || run
    }

    fn check_runs(&self, client: &mut Client) {
        let found = runs_of(client, &format!("{}-%", self.run));
        let distinct: BTreeSet<_> = found.iter().cloned().collect();
        assert_eq!(found.len(), distinct.len(), "a run was made twice");
        assert_same(&distinct, &self.runs, "runs");
    }

    fn found(&self, client: &mut Client) -> Found {
        let data = client.read(&format!("runs/get?run_id={}", self.run))["run"]["data"].take();
        let mut found =
            Found { params: pairs(&data["params"]), tags: pairs(&data["tags"]), ..Found::default() };
        found.tags.remove("mlflow.runName");
        for metric in data["metrics"].as_array().into_iter().flatten() {
            let point = point(metric);
            let target = format!("metrics/get-history?run_id={}&metric_key={}", self.run, point.key);
            let history = client.read(&target);
            found.points.extend(history["metrics"].as_array().unwrap().iter().map(self::point));
            found.latest.insert(point.key.clone(), point);
        }
        found
    }
}

#[derive(Default)]
struct Found {
    points: Vec<Point>,
    params: BTreeMap<String, String>,
    tags: BTreeMap<String, String>,
    latest: BTreeMap<String, Point>,
}

impl Found {
    fn distinct(&self) -> BTreeSet<Point> {
        self.points.iter().cloned().collect()
    }
}

fn point(metric: &Value) -> Point {
    let value = match &metric["value"] {
        Value::String(text) if text == "NaN" => f64::NAN,
        value => value.as_f64().unwrap_or_else(|| panic!("{metric} has no value")),
    };
    Point {
        timestamp: metric["timestamp"].as_i64().unwrap(),
        step: metric["step"].as_i64().unwrap(),
        key: metric["key"].as_str().unwrap().to_owned(),
        bits: value.to_bits(),
    }
}

fn pairs(list: &Value) -> BTreeMap<String, String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    list.as_array().into_iter().flatten().map(|pair| (text(&pair["key"]), text(&pair["value"]))).collect()
}

/// Of each key, the point of the last step. As the latest value, as in MLflow's database, zero has no sign.
fn latest(points: &BTreeSet<Point>) -> BTreeMap<String, Point> {
    let mut latest: BTreeMap<String, Point> = BTreeMap::new();
    for point in points {
        let place = latest.entry(point.key.clone()).or_insert_with(|| point.clone());
        if (point.step, point.timestamp) > (place.step, place.timestamp) {
            *place = point.clone();
        }
    }
    for point in latest.values_mut().filter(|point| f64::from_bits(point.bits) == 0.0) {
        point.bits = 0;
    }
    latest
}

/// The names of the runs with a name like this.
fn runs_of(client: &mut Client, name: &str) -> Vec<String> {
    let search = json!({
        "experiment_ids": ["0"], "filter": format!("run_name LIKE '{name}'"), "max_results": 50_000,
    });
    let found = client.send("runs/search", &search);
    let name = |run: &Value| run["info"]["run_name"].as_str().unwrap().to_owned();
    found["runs"].as_array().into_iter().flatten().map(name).collect()
}

#[track_caller]
fn assert_same<T: Ord + std::fmt::Debug>(found: &BTreeSet<T>, expected: &BTreeSet<T>, what: &str) {
    let lost: Vec<_> = expected.difference(found).take(5).collect();
    let foreign: Vec<_> = found.difference(expected).take(5).collect();
    assert!(lost.is_empty() && foreign.is_empty(), "{what}: lost {lost:?}, nobody sent all of {foreign:?}");
}
