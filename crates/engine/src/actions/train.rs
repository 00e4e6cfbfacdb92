//! `train model.x`: candidates compete on validation rows; the best becomes a model directory. Or a command makes one
//! (`command`): it is given the rows that are not held out (`rows`), what it leaves is found (`made`, `logged`), converted
//! (`convert`), adopted (`candidate`, `classes`), compared with what it was made of (`agreement`) and reported (`account`).

mod account;
mod agreement;
mod candidate;
mod classes;
mod command;
mod convert;
mod logged;
mod made;
mod rows;

use std::collections::BTreeMap;

use base::{Hash, Name, canonical_json};
use learn::{Baseline, Builtin, Concern, Settings, Trained, Warning};
use plan::Node;
use serde::{Deserialize, Serialize};
use store::Store;
use table::{Table, Values};

use super::{Done, Failure, Turn, report, stored_view, view};
use crate::{Engine, desired::source, event::Event, lineage};

/// The file of the candidate's tree that says what was held out.
pub(crate) const HELD_OUT_FILE: &str = "held_out.json";

/// Rows in the model directory's example of an input.
const EXAMPLE_ROWS: usize = 5;

/// What training kept apart for the evaluation.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct HeldOut {
    /// Positions in the model's rows, in the order of their event time.
    pub(crate) rows: Vec<usize>,
    /// Their targets: class numbers, or values.
    pub(crate) targets: Vec<f64>,
    /// The constant that has to be beaten.
    pub(crate) baseline: Baseline,
    /// The column that is predicted.
    pub(crate) target: String,
    /// How the rows were chosen; another model that chose otherwise may have learned from them.
    pub(crate) split: String,
}

pub(crate) async fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    match &turn.model()?.train.command {
        Some(command) => command::perform(engine, turn, command).await,
        None => learned(engine, turn).await,
    }
}

/// By a built-in learner.
async fn learned(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let model = turn.model()?;
    let contents = Contents::of(model, &turn.inputs)?;
    let warnings = unusable(engine, model, &contents.source)?;
    let table = rows(engine, turn, &contents).await?;
    let settings = settings(&turn.project, model, &table);
    let example = table.take(&(0..table.rows().min(EXAMPLE_ROWS)).collect::<Vec<_>>());
    let mut trained = fit(engine, turn, table, settings.clone()).await?;
    trained.report.warnings.extend(warnings);
    let name = turn.action.id.node.name();
    let files = directory(name, &settings, &trained, &example);
    let output = engine.store.put_tree(&files)?;
    let report = &trained.report;
    let detail = serde_json::json!({
        "report": report, "threads": settings.threads, "seed": settings.seed, "threshold": trained.threshold,
        "code": lineage::code(engine, &turn.project.root)?,
    });
    Ok(Done::new(output, summary(report), detail))
}

/// Warns of columns that the table leaves out because they hold nothing to learn from.
fn unusable(engine: &Engine, model: &spec::Model, content: &Hash) -> Result<Vec<Warning>, Failure> {
    let fields = view(engine, &source(&model.data), content)?.manifest.fields;
    let mut warnings = Vec::new();
    for field in fields.into_iter().filter(|field| field.kind.is_none()) {
        let (name, why) = (field.name, field.note.unwrap_or(field.data_type));
        if name == model.target {
            let fix = "use data that holds outcomes, or another target";
            return Err(Failure::failed(format!("target `{name}` cannot be learned: {why}; {fix}")));
        }
        if !model.exclude.contains(&name) {
            let message = format!("column `{name}` is left out: {why}");
            warnings.push(Warning { concern: Concern::Empty, column: Some(name), message });
        }
    }
    Ok(warnings)
}

fn summary(report: &learn::Report) -> String {
    let score =
        |candidate: &learn::CandidateScore| format!("{} {:.4}", candidate.candidate.name(), candidate.score);
    let scores: Vec<_> = report.candidates.iter().map(score).collect();
    format!("{} chosen; validation {}: {}", report.chosen.name(), report.metric, scores.join(", "))
}

/// What a model's rows are made of: its data, and the labelled traffic that its monitors collected.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Contents {
    pub(crate) source: Hash,
    pub(crate) traffic: Vec<(Node, Hash)>,
}

impl Contents {
    /// The contents that these inputs of a training name.
    pub(crate) fn of(model: &spec::Model, inputs: &BTreeMap<String, Hash>) -> Result<Self, Failure> {
        let name = source(&model.data).to_string();
        let missing = || Failure::failed(format!("its input {name} was not made"));
        let traffic = inputs.iter().filter_map(|(name, content)| match name.parse() {
            Ok(node @ Node::Monitor(_)) => Some((node, *content)),
            _ => None,
        });
        Ok(Self { source: *inputs.get(&name).ok_or_else(missing)?, traffic: traffic.collect() })
    }
}

/// The model's rows in these contents, in the order of their event time where they have one.
pub(crate) async fn rows(engine: &Engine, turn: &Turn, contents: &Contents) -> Result<Table, Failure> {
    let model = turn.model()?;
    assemble(&engine.store, model, contents, &engine.limits()).await
}

/// The same, for whoever has no turn.
pub(crate) async fn assemble(
    store: &Store,
    model: &spec::Model,
    contents: &Contents,
    limits: &data::Limits,
) -> Result<Table, Failure> {
    let mut view = stored_view(store, &source(&model.data), &contents.source)?;
    // A step's rows are ordered by the time column that the model names.
    if let Some(time) = &model.time {
        view.manifest.window.time = Some(time.clone());
    }
    let mut table = data::table(&view, None, limits).await?;
    for (node, content) in &contents.traffic {
        let traffic = data::table(&stored_view(store, node, content)?, None, limits).await?;
        table = table.append(&traffic);
    }
    Ok(if contents.traffic.is_empty() { table } else { in_time_order(table, model.time.as_deref()) })
}

/// The rows by event time, those without it last; rows of one instant stay as they were.
fn in_time_order(table: Table, time: Option<&str>) -> Table {
    let Some(Values::Time(times)) = time.and_then(|time| table.column(time)).map(|column| &column.values)
    else {
        return table;
    };
    let mut rows: Vec<usize> = (0..table.rows()).collect();
    rows.sort_by_key(|row| (times[*row].is_none(), times[*row]));
    table.take(&rows)
}

fn settings(project: &crate::Project, model: &spec::Model, table: &Table) -> Settings {
    let left_out = |name: &str| name == model.target || model.exclude.iter().any(|excluded| excluded == name);
    let keys = match &model.data {
        spec::Source::Data(name) => {
            project.spec.data.get(name).map(|data| data.key.clone()).unwrap_or_default()
        }
        spec::Source::Step(_) => Vec::new(),
    };
    let names = table.columns().iter().map(|column| column.name.clone());
    let features = names.filter(|name| !left_out(name) && !keys.contains(name)).collect();
    Settings {
        task: model.task,
        target: model.target.clone(),
        positive: model.positive.clone(),
        features,
        time: model.time.clone(),
        split_by_time: model.split.by == spec::By::Time,
        test_share: model.split.test,
        builtin: match model.train.builtin {
            spec::Builtin::Auto => Builtin::Auto,
            spec::Builtin::Gbm => Builtin::Gbm,
            spec::Builtin::Linear => Builtin::Linear,
            spec::Builtin::Baseline => Builtin::Baseline,
        },
        budget: model.train.budget.get(),
        seed: model.train.seed,
        threads: model.train.threads,
        value: model.value.as_ref().map(super::gate::value),
    }
}

async fn fit(engine: &Engine, turn: &Turn, table: Table, settings: Settings) -> Result<Trained, Failure> {
    let clock = engine.settings.clock.clone();
    let observer = engine.settings.observer.clone();
    let action = turn.action.id.clone();
    let fitting = tokio::task::spawn_blocking(move || {
        let mut progress = |progress: learn::Progress| {
            observer(&Event::Progress { action: action.clone(), message: progress.to_string() });
        };
        learn::train(&table, &settings, clock.as_ref(), &mut progress)
    });
    report(engine, &turn.action.id, "training");
    let trained = fitting.await.map_err(|error| Failure::of(&error))?;
    trained.map_err(|error| Failure::of(&error))
}

/// The split in words.
fn split(settings: &Settings) -> String {
    let by = if settings.split_by_time { "by time" } else { "random" };
    format!("{by} with {} held out", settings.test_share)
}

fn directory(name: &Name, settings: &Settings, trained: &Trained, example: &Table) -> Vec<(String, Vec<u8>)> {
    let card = learn::Card { name: name.as_str(), example };
    let held_out = HeldOut {
        rows: trained.test_rows.clone(),
        targets: trained.test_targets.clone(),
        baseline: trained.baseline.clone(),
        target: settings.target.clone(),
        split: split(settings),
    };
    with_held_out(learn::directory(trained, &card), &held_out)
}

/// The files of a candidate's tree.
fn with_held_out(mut files: Vec<(String, Vec<u8>)>, held_out: &HeldOut) -> Vec<(String, Vec<u8>)> {
    files.push((HELD_OUT_FILE.to_owned(), canonical_json(held_out).into_bytes()));
    files
}
