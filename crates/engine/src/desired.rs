use std::collections::BTreeMap;

use base::{Hash, canonical_json};
use plan::{Brakes, Desired, Fields, Node, Verb, Wanted};
use serde::Serialize;
use spec::{Command, Data, Input, Isolation, Model, Monitor, Project, Source, Step, StepAction};

use crate::facts;

/// What the project file wants, reduced to what planning needs: for each verb the fields
/// that shape its outcome, so that a change of a gate does not train a model again.
pub fn desired(project: &Project) -> Desired {
    let mut nodes = BTreeMap::new();
    for (name, data) in &project.data {
        nodes.insert(Node::Data(name.clone()), of_data(data));
    }
    for (name, step) in &project.steps {
        nodes.insert(Node::Step(name.clone()), of_step(step));
    }
    for (name, model) in &project.models {
        nodes.insert(Node::Model(name.clone()), of_model(model, project));
    }
    for (name, service) in &project.services {
        let wanted = Wanted { model: Some(service.model.clone()), ..Wanted::default() };
        nodes.insert(Node::Service(name.clone()), wanted);
    }
    for (name, monitor) in &project.monitors {
        nodes.insert(Node::Monitor(name.clone()), of_monitor(monitor, project));
    }
    Desired { nodes, ..Desired::default() }
}

/// Nothing of a monitor shapes what was collected: only a demand makes it collect again.
fn of_monitor(monitor: &Monitor, project: &Project) -> Wanted {
    let service = project.services.get(&monitor.service);
    let spec::Retrain { cool_down, min_rows, max_per_week, max_flaps, .. } = monitor.retrain;
    let brakes = Brakes { cool_down, min_rows, max_per_week, max_flaps };
    Wanted { model: service.map(|service| service.model.clone()), brakes, ..Wanted::default() }
}

fn of_data(data: &Data) -> Wanted {
    let mut snapshot = Fields::new();
    field(&mut snapshot, "format", &data.format);
    field(&mut snapshot, "time", &data.time);
    field(&mut snapshot, "from", &data.from);
    field(&mut snapshot, "until", &data.until);
    let mut test = Fields::new();
    for expectation in &data.expect {
        field(&mut test, &format!("expect.{}", expectation.name), expectation);
    }
    Wanted { fields: [(Verb::Snapshot, snapshot), (Verb::Test, test)].into(), ..Wanted::default() }
}

fn of_step(step: &Step) -> Wanted {
    let mut wanted = Wanted {
        fields: [(Verb::Run, shape(step))].into(),
        hints: hints(step),
        facts: facts::wanted(step),
        ..Wanted::default()
    };
    for input in step.inputs() {
        match input {
            Input::Data(name) => drop(wanted.inputs.insert(Node::Data(name.clone()))),
            Input::Step(name) => drop(wanted.inputs.insert(Node::Step(name.clone()))),
            Input::File(file) => drop(wanted.files.insert(file.clone())),
            // It is a fact.
            Input::Trigger(_) => {}
        }
    }
    wanted
}

/// What shapes a step's output. What is not said is left out, so that steps recorded before these fields were known
/// stay settled.
fn shape(step: &Step) -> Fields {
    let mut shape = Fields::new();
    field(&mut shape, action_field(step), &step.action);
    field(&mut shape, "writes", &step.writes);
    if !step.env.is_empty() {
        field(&mut shape, "env", &step.env);
    }
    if step.version.is_some() {
        field(&mut shape, "version", &step.version);
    }
    if step.image.is_some() {
        field(&mut shape, "image", &step.image);
    }
    if step.when.is_some() {
        field(&mut shape, "when", &step.when);
    }
    if step.isolation != Isolation::default() {
        field(&mut shape, "in", &step.isolation);
    }
    shape
}

/// What the step does, by the name that it has in the project file.
pub(crate) fn action_field(step: &Step) -> &'static str {
    match step.action {
        StepAction::Run { .. } => "run",
        StepAction::Sql { .. } => "sql",
    }
}

/// How a step is performed, which does not change what it makes.
fn hints(step: &Step) -> BTreeMap<String, String> {
    let mut hints = BTreeMap::from([("timeout".to_owned(), step.timeout.to_string())]);
    let retries = step.retry.attempts > 1;
    if retries {
        hints.insert("retry".to_owned(), canonical_json(&step.retry));
    }
    hints
}

fn of_model(model: &Model, project: &Project) -> Wanted {
    let mut train = Fields::new();
    field(&mut train, "target", &model.target);
    field(&mut train, "task", &model.task);
    field(&mut train, "positive", &model.positive);
    field(&mut train, "exclude", &model.exclude);
    field(&mut train, "time", &model.time);
    if let Source::Data(name) = &model.data {
        // Keys are not learned from.
        field(&mut train, "data.key", &project.data.get(name).map(|data| &data.key));
    }
    field(&mut train, "split", &model.split);
    let mut wanted = match &model.train.command {
        Some(command) => of_command(command, &mut train, model),
        None => {
            field(&mut train, "train", &model.train);
            Wanted::default()
        }
    };
    // The decision threshold of a binary model is part of the model.
    field(&mut train, "value", &model.value);
    let mut evaluate = Fields::new();
    field(&mut evaluate, "gate.slices", &model.gate.slices);
    let mut gate = Fields::new();
    field(&mut gate, "gate", &model.gate);
    field(&mut gate, "metrics", &model.metrics);
    field(&mut gate, "value", &model.value);
    wanted.fields = [(Verb::Train, train), (Verb::Evaluate, evaluate), (Verb::Gate, gate)].into();
    wanted.inputs = [source(&model.data)].into();
    wanted
}

/// What training by a command depends on beside its rows, and how it is performed.
fn of_command(command: &Command, train: &mut Fields, model: &Model) -> Wanted {
    for (name, hash) in shape(&command.step) {
        // It writes nothing into the project.
        if name != "writes" {
            train.insert(format!("train.{name}"), hash);
        }
    }
    field(train, "train.seed", &model.train.seed);
    if command.python.is_some() {
        field(train, "train.python", &command.python);
    }
    let files = command.step.inputs().iter().filter_map(|input| match input {
        Input::File(file) => Some(file.clone()),
        _ => None,
    });
    let (files, facts) = (files.collect(), facts::wanted(&command.step));
    Wanted { files, facts, hints: hints(&command.step), ..Wanted::default() }
}

/// The node a model's rows come from.
pub(crate) fn source(source: &Source) -> Node {
    match source {
        Source::Data(name) => Node::Data(name.clone()),
        Source::Step(name) => Node::Step(name.clone()),
    }
}

fn field<T: Serialize>(fields: &mut Fields, name: &str, value: &T) {
    fields.insert(name.to_owned(), Hash::of(canonical_json(value)));
}
