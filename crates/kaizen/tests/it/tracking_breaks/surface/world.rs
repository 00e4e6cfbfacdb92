//! What is on the server: what no request may change, and what they may.

use std::collections::BTreeMap;

use base::Random;
use serde_json::{Value, json};

use super::super::{
    API,
    client::{Answer, Client, Request},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Experiment,
    Run,
    Model,
    Registered,
    Token,
    Path,
    Trace,
    Upload,
}

/// The most of a kind that is remembered.
const MOST: usize = 30;

pub(super) struct World {
    kept: BTreeMap<Kind, String>,
    /// The first is there from the beginning.
    loose: BTreeMap<Kind, Vec<String>>,
}

impl World {
    /// Two of everything: one to be kept, and one to do with what one can.
    pub(super) fn make(client: &mut Client) -> Self {
        let kept = make(client, "kept");
        let mut loose: BTreeMap<_, _> =
            make(client, "loose").into_iter().map(|(kind, id)| (kind, vec![id])).collect();
        for kind in [Kind::Token, Kind::Trace, Kind::Upload] {
            loose.insert(kind, vec!["tr-0".to_owned()]);
        }
        Self { kept, loose }
    }

    /// One of a kind; what is kept only for those who read.
    pub(super) fn any(&self, kind: Kind, reads: bool, random: &mut Random) -> String {
        if let Some(kept) = self.kept.get(&kind)
            && reads
            && random.below(2) == 0
        {
            return kept.clone();
        }
        let loose = &self.loose[&kind];
        loose[random.below(loose.len())].clone()
    }

    /// Remembers what an answer tells of.
    pub(super) fn learn(&mut self, answer: &Answer) {
        let Ok(value) = serde_json::from_slice::<Value>(&answer.body) else { return };
        // What a search found may be what is kept.
        let made = |pointer: &str| value.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        for (kind, pointer) in [
            (Kind::Experiment, "/experiment_id"),
            (Kind::Run, "/run/info/run_id"),
            (Kind::Model, "/model/info/model_id"),
            (Kind::Registered, "/registered_model/name"),
            (Kind::Token, "/next_page_token"),
            (Kind::Trace, "/trace/trace_info/trace_id"),
            (Kind::Upload, "/upload_id"),
        ] {
            let Some(id) = made(pointer).filter(|id| self.kept.get(&kind) != Some(id)) else { continue };
            let known = self.loose.get_mut(&kind).unwrap();
            // Others cannot stand in a path as they are.
            let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_./+=".contains(letter);
            if kind == Kind::Registered || id.chars().all(plain) {
                known.truncate(MOST);
                known.insert(1, id);
            }
        }
    }

    /// All there is to say of what is kept.
    pub(super) fn kept(&self, client: &mut Client) -> String {
        let [experiment, run, model] =
            [Kind::Experiment, Kind::Run, Kind::Model].map(|kind| &self.kept[&kind]);
        let mut all = self.of(client, experiment, run, model);
        for target in [
            format!("{API}/metrics/get-history?run_id={run}&metric_key=m"),
            format!("{API}/artifacts/list?run_id={run}"),
            format!("{API}/registered-models/get?name=kept"),
            format!("{API}/model-versions/get-download-uri?name=kept&version=1"),
            "/api/2.0/mlflow-artifacts/artifacts/kept/file".to_owned(),
        ] {
            let answer = client.get(&target);
            assert_eq!(answer.status, 200, "{target}");
            all += &String::from_utf8_lossy(&answer.body);
        }
        all
    }

    /// What there is to say of what requests may change, and how many there are of it.
    pub(super) fn loose(&self, client: &mut Client) -> String {
        let [experiment, run, model] =
            [Kind::Experiment, Kind::Run, Kind::Model].map(|kind| &self.loose[&kind][0]);
        let mut all = self.of(client, experiment, run, model);
        all += &text(client, "registered-models/search?max_results=1000");
        all += &text(client, "experiments/search?max_results=1000&view_type=ALL");
        let runs = json!({"experiment_ids": ["0", experiment], "run_view_type": "ALL"}).to_string();
        let runs = client.ask(&Request::new("POST", &format!("{API}/runs/search"), runs)).unwrap();
        all + &String::from_utf8_lossy(&runs.body)
    }

    fn of(&self, client: &mut Client, experiment: &str, run: &str, model: &str) -> String {
        let targets = [
            format!("experiments/get?experiment_id={experiment}"),
            format!("runs/get?run_id={run}"),
            format!("logged-models/{model}?allow_deleted=true"),
        ];
        targets.map(|target| text(client, &target)).concat()
    }
}

fn text(client: &mut Client, target: &str) -> String {
    let answer = client.get(&format!("{API}/{target}"));
    format!("{} {}\n", answer.status, String::from_utf8_lossy(&answer.body))
}

fn make(client: &mut Client, name: &str) -> BTreeMap<Kind, String> {
    let id = |value: &Value, pointer: &str| value.pointer(pointer).unwrap().as_str().unwrap().to_owned();
    let experiment = client.send("experiments/create", &json!({"name": name}));
    let experiment = id(&experiment, "/experiment_id");
    let run = client.send("runs/create", &json!({"experiment_id": experiment, "run_name": name}));
    let run = id(&run, "/run/info/run_id");
    let point =
        |step: i64, value: f64| json!({"key": "m", "value": value, "timestamp": 1_000 + step, "step": step});
    let batch = json!({
        "run_id": run, "metrics": (0..20).map(|step| point(step, step as f64 / 7.0)).collect::<Vec<_>>(),
        "params": [{"key": "p", "value": "x"}], "tags": [{"key": "t", "value": name}],
    });
    client.send("runs/log-batch", &batch);
    let dataset = json!({"name": "d", "digest": "1", "source_type": "local", "source": "here"});
    let inputs = json!({"run_id": run, "datasets": [{"tags": [], "dataset": dataset}]});
    client.send("runs/log-inputs", &inputs);
    let model = client
        .send("logged-models", &json!({"experiment_id": experiment, "name": name, "source_run_id": run}));
    let model = id(&model, "/model/info/model_id");
    client.send("registered-models/create", &json!({"name": name}));
    let source = format!("models:/{model}");
    client.send("model-versions/create", &json!({"name": name, "source": source, "model_id": model}));
    client.send("registered-models/alias", &json!({"name": name, "alias": "best", "version": "1"}));
    let path = format!("{name}/file");
    let put = Request::new("PUT", &format!("/api/2.0/mlflow-artifacts/artifacts/{path}"), "content");
    assert_eq!(client.ask(&put).unwrap().status, 200);
    [
        (Kind::Experiment, experiment),
        (Kind::Run, run),
        (Kind::Model, model),
        (Kind::Registered, name.to_owned()),
        (Kind::Path, path),
    ]
    .into()
}
