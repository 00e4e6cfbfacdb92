//! A world in memory in which plans are made and applied, driven by text commands.

mod monitors;

use std::collections::BTreeMap;

use base::{Hash, Name};
use plan::{
    Action, Assignment, Desired, Fact, Node, Observed, Plan, Progress, Reason, Record, Recorded, Resolution,
    Source, Status, Verb, Wanted, plan, resolve,
};

#[derive(Default)]
pub(crate) struct Simulator {
    desired: Desired,
    recorded: Recorded,
    observed: Observed,
    saved: Option<Plan>,
    /// The candidates of each model, in the order of their versions.
    registry: BTreeMap<Name, Vec<Hash>>,
}

impl Simulator {
    pub(crate) fn execute(&mut self, command: &str, block: &[&str]) -> String {
        let words: Vec<_> = command.split_whitespace().collect();
        match words.as_slice() {
            ["spec"] => self.spec(block),
            ["source", name, "is", "absent"] => {
                self.source(name, Source::Absent("no file matches `*.csv`".into()))
            }
            ["source", name, "is", content] => self.source(name, Source::Present(Hash::of(content))),
            ["file", name, "is", "absent"] => self.file(name, None),
            ["file", name, "is", content] => self.file(name, Some(Hash::of(content))),
            ["fact", name, "is", "absent", "because", why @ ..] => {
                self.fact(name, Err(why.join(" ")), None);
            }
            ["fact", name, "is", content] => self.fact(name, Ok(Hash::of(content)), None),
            ["fact", name, "is", content, "because", why @ ..] => {
                self.fact(name, Ok(Hash::of(content)), Some(why.join(" ")));
            }
            ["due", node, reason @ ..] => self.due(node, reason),
            ["only", targets @ ..] => {
                self.desired.only(&targets.iter().map(|target| target.parse().unwrap()).collect());
            }
            ["plan"] => return self.show(),
            ["plan", "and", "save"] => {
                self.saved = self.plan().ok();
                return self.show();
            }
            ["apply", "saved"] => return self.apply_saved(),
            ["apply", "saved", "anyway"] => {
                return self.perform(&self.saved.clone().unwrap(), &BTreeMap::new());
            }
            ["apply", outcomes @ ..] => return self.apply(outcomes),
            ["lose", verb, node] => self.lose(verb, node),
            ["forget", verb, node] => self.forget(verb, node),
            ["monitor", monitor, seen @ ..] => self.watch(monitor, seen),
            ["promote", model, version] => {
                self.recorded.champions.insert(name(model), version.parse().unwrap());
            }
            other => panic!("unknown command {other:?}"),
        }
        String::new()
    }

    /// `data flights source=a.csv expect=e1`, `step features reads=data.flights,features.py run=r1`,
    /// `model late from=step.features target=late gate=g1`, `service late model=late`,
    /// `monitor late model=late cool_down=14d min_rows=5000 max_per_week=1 max_flaps=3`.
    fn spec(&mut self, block: &[&str]) {
        self.desired = Desired::default();
        for line in block {
            let line = line.split('#').next().unwrap().trim();
            let Some((kind, rest)) = line.split_once(' ') else { continue };
            let (title, fields) = rest.split_once(' ').unwrap_or((rest, ""));
            let node: Node = format!("{kind}.{title}").parse().unwrap();
            let wanted = wanted(kind, fields.split_whitespace());
            self.desired.nodes.insert(node, wanted);
        }
    }

    fn source(&mut self, data: &str, source: Source) {
        self.observed.sources.insert(name(data), source);
    }

    fn file(&mut self, file: &str, content: Option<Hash>) {
        self.observed.files.insert(file.to_owned(), content);
    }

    fn fact(&mut self, name: &str, content: Result<Hash, String>, why: Option<String>) {
        self.observed.facts.insert(name.to_owned(), Fact { content, why });
    }

    /// `forced`, `older than 12h`, `not cached`, `touched build/x`; `not any more` takes all of them back.
    fn due(&mut self, node: &str, reason: &[&str]) {
        let node = node.parse().unwrap();
        let reason = match reason {
            ["forced"] => Reason::Forced,
            ["older", "than", after] => Reason::Expired { after: after.parse().unwrap() },
            ["not", "cached"] => Reason::NotCached,
            ["touched", path] => Reason::OutputsTouched { path: (*path).to_owned() },
            ["not", "any", "more"] => {
                self.observed.due.remove(&node);
                return;
            }
            other => panic!("unknown reason {other:?}"),
        };
        self.observed.due.entry(node).or_default().push(reason);
    }

    fn lose(&mut self, verb: &str, node: &str) {
        let record = &self.recorded.nodes[&node.parse().unwrap()][&verb.parse().unwrap()];
        self.observed.missing.insert(record.output().unwrap());
    }

    /// As a crash does between an action and its record.
    fn forget(&mut self, verb: &str, node: &str) {
        let records = self.recorded.nodes.get_mut(&node.parse().unwrap()).unwrap();
        records.remove(&verb.parse().unwrap());
    }

    fn plan(&self) -> Result<Plan, plan::Error> {
        plan(&self.desired, &self.recorded, &self.observed)
    }

    fn show(&self) -> String {
        self.plan().map_or_else(|error| format!("error: {error}\n"), |plan| plan.to_string())
    }

    fn apply_saved(&mut self) -> String {
        let saved = self.saved.clone().unwrap();
        let changes = saved.stale(&self.plan().unwrap().basis);
        if changes.is_empty() {
            return self.perform(&saved, &BTreeMap::new());
        }
        let changes: Vec<_> = changes.iter().map(|change| format!("  {change}\n")).collect();
        format!("refused, the plan is stale:\n{}", changes.concat())
    }

    /// Outcomes are written `verb:node=outcome`; without one an action succeeds, makes
    /// content that depends on all it is made from, and a gate promotes.
    fn apply(&mut self, outcomes: &[&str]) -> String {
        let outcomes = outcomes.iter().map(|outcome| outcome.split_once('=').unwrap()).collect();
        let plan = self.plan().unwrap();
        self.perform(&plan, &outcomes)
    }

    fn perform(&mut self, plan: &Plan, outcomes: &BTreeMap<&str, &str>) -> String {
        let mut printed = String::new();
        let mut progress = Progress { missing: self.observed.missing.clone(), ..Progress::default() };
        for action in &plan.actions {
            let key = format!("{}:{}", action.id.verb, action.id.node);
            let outcome = outcomes.get(key.as_str()).copied().unwrap_or("done");
            let said = self.one(action, outcome, &mut progress);
            printed.push_str(&format!("  {}: {said}\n", action.id));
        }
        self.observed.missing = progress.missing;
        printed
    }

    fn one(&mut self, action: &Action, outcome: &str, progress: &mut Progress) -> String {
        let node = &action.id.node;
        let model = self.desired.nodes.get(node).and_then(|wanted| wanted.model.as_ref());
        let inputs = match resolve(action, model, &self.recorded, progress) {
            Resolution::Perform(inputs) => inputs,
            Resolution::Unchanged => return "unchanged".to_owned(),
            Resolution::NotPromoted => return "not promoted".to_owned(),
            Resolution::ChampionUnchanged => return "champion unchanged".to_owned(),
            Resolution::NotReached(waits_for) => {
                progress.stopped.insert(node.clone());
                return format!("not reached, {waits_for} did not finish");
            }
        };
        let status = self.status(action, outcome, &inputs);
        let said = match &status {
            Status::Done { output, .. } => {
                progress.missing.remove(output);
                outcome.to_owned()
            }
            Status::Failed { message } | Status::Refused { message } => {
                progress.stopped.insert(node.clone());
                message.clone()
            }
        };
        let record = Record { fields: action.fields.clone(), inputs, status };
        self.recorded.nodes.entry(node.clone()).or_default().insert(action.id.verb, record);
        said
    }

    fn status(&mut self, action: &Action, outcome: &str, inputs: &BTreeMap<String, Hash>) -> Status {
        let mut output = Hash::of(format!("{} {:?} {inputs:?}", action.id, action.fields));
        let mut decision = None;
        match (action.id.verb, outcome) {
            (_, "fail") => return Status::Failed { message: "failed with exit code 1".to_owned() },
            (Verb::Test, "refuse") => {
                let message = "expectation rows: 3 rows, expected at least 10".to_owned();
                return Status::Refused { message };
            }
            (_, "same") => output = self.recorded.nodes[&action.id.node][&action.id.verb].output().unwrap(),
            (Verb::Test, _) => output = inputs["snapshot"],
            (Verb::Gate, word) => decision = Some(self.judge(action.id.node.name(), word)),
            (Verb::Collect, _) => self.collect(action.id.node.name(), output),
            (Verb::Register, _) => output = self.register(action.id.node.name(), inputs["candidate"]),
            (Verb::Promote, _) => output = self.promote(action.id.node.name(), inputs["version"]),
            (Verb::RollOut, _) => self.roll_out(&action.id.node),
            (Verb::Stop, _) => {
                self.recorded.services.remove(action.id.node.name());
            }
            _ => {}
        }
        Status::Done { output, decision }
    }

    /// The same candidate keeps its version, whatever the verdict on it.
    fn register(&mut self, model: &Name, candidate: Hash) -> Hash {
        let versions = self.registry.entry(model.clone()).or_default();
        if !versions.contains(&candidate) {
            versions.push(candidate);
        }
        candidate
    }

    fn promote(&mut self, model: &Name, candidate: Hash) -> Hash {
        let position = self.registry[model].iter().position(|version| *version == candidate).unwrap();
        self.recorded.champions.insert(model.clone(), position as u64 + 1);
        candidate
    }

    fn roll_out(&mut self, service: &Node) {
        let model = self.desired.nodes[service].model.clone().unwrap();
        let version = self.recorded.champions[&model];
        self.recorded.services.insert(service.name().clone(), Assignment { model, version });
    }
}

fn wanted<'a>(kind: &str, fields: impl Iterator<Item = &'a str>) -> Wanted {
    let mut wanted = Wanted::default();
    for field in fields {
        let (key, value) = field.split_once('=').unwrap();
        match (kind, key) {
            ("step", "reads") | ("model", "from" | "reads") => reads(&mut wanted, value),
            ("step" | "model", "facts") => wanted.facts.extend(value.split(',').map(str::to_owned)),
            ("service" | "monitor", "model") => wanted.model = Some(name(value)),
            ("monitor", setting) => monitors::brake(&mut wanted.brakes, setting, value),
            ("step", "timeout") => {
                wanted.hints.insert(key.to_owned(), value.to_owned());
            }
            _ => {
                let fields = wanted.fields.entry(verb(kind, key)).or_default();
                fields.insert(key.to_owned(), Hash::of(value));
            }
        }
    }
    wanted
}

fn reads(wanted: &mut Wanted, inputs: &str) {
    for input in inputs.split(',') {
        match input.parse() {
            Ok(node) => wanted.inputs.insert(node),
            Err(_) => wanted.files.insert(input.to_owned()),
        };
    }
}

fn verb(kind: &str, field: &str) -> Verb {
    match (kind, field) {
        ("data", "expect") => Verb::Test,
        ("data", _) => Verb::Snapshot,
        ("step", _) => Verb::Run,
        ("model", "metrics" | "value") => Verb::Evaluate,
        ("model", "gate") => Verb::Gate,
        ("model", _) => Verb::Train,
        _ => Verb::RollOut,
    }
}

fn name(text: &str) -> Name {
    text.parse().unwrap()
}
