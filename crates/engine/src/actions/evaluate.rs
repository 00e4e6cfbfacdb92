//! `evaluate model.x`: candidate, baseline and champion predict the held-out rows. The
//! predictions are kept, so that the verdict can be made again from them.

use base::{Clock, Hash, Name, canonical_json};
use gate::{Predictions, Slice, Terms};
use learn::Importance;
use onnx::{Model, Signature};
use plan::{ActionId, Verb};
use serde::{Deserialize, Serialize};
use serving::Loaded;
use store::{Store, Tree};
use table::Table;

use super::{
    Done, Failure, Turn, report,
    train::{self, Contents, HeldOut},
};
use crate::{Engine, Error, champion, recorded};

/// The file of the evidence with everything but the predictions.
const MEASURED_FILE: &str = "measured.json";
/// The file of the evidence with the predictions, a row a held-out row.
const PREDICTIONS_FILE: &str = "predictions.parquet";
/// One-row predictions whose time is taken, after some that are not.
const TIMED: usize = 1_000;
const WARM_UP: usize = 100;

/// What was measured, apart from the predictions.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) classes: Vec<String>,
    pub(crate) threshold: Option<f64>,
    pub(crate) champion_version: Option<u64>,
    pub(crate) champion_threshold: Option<f64>,
    pub(crate) champion_missing: Option<String>,
    pub(crate) latency_ms: Vec<f64>,
    pub(crate) importance: Vec<Importance>,
    pub(crate) seed: u64,
}

/// What a champion must agree with to be compared.
#[derive(Clone, Copy)]
struct Candidate<'a> {
    signature: &'a Signature,
    held_out: &'a HeldOut,
}

/// The model that stands to be replaced.
struct Champion {
    version: u64,
    threshold: Option<f64>,
    predictions: Result<Vec<f64>, String>,
}

pub(crate) async fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let tree = engine.store.tree(&turn.input("candidate")?)?;
    let (loaded, held_out) = candidate(engine, turn, &tree)?;
    let contents = trained_on(engine, turn)?;
    let rows = train::rows(engine, turn, &contents).await?.take(&held_out.rows);
    tokio::task::block_in_place(|| measure(engine, turn, (&loaded, &held_out), &rows))
}

/// Everything that is computed from the rows. It takes a while, so it must not keep requests waiting.
fn measure(
    engine: &Engine,
    turn: &Turn,
    (loaded, held_out): (&Loaded, &HeldOut),
    rows: &Table,
) -> Result<Done, Failure> {
    report(engine, &turn.action.id, format!("scoring {} held-out rows", base::grouped(rows.rows() as u64)));
    let signature = signature(loaded)?;
    let scores = score(loaded.model(), signature, rows)?;
    let champion = champion(engine, turn, Candidate { signature, held_out }, rows)?;
    let model = turn.model()?;
    let predictions = Predictions {
        task: model.task,
        classes: signature.classes.len(),
        target: held_out.targets.clone(),
        candidate: scores,
        baseline: held_out.baseline.predictions(rows.rows()),
        champion: champion.as_ref().and_then(|champion| champion.predictions.clone().ok()),
        slices: slices(rows, &model.gate.slices)?,
    };
    predictions.check().map_err(|error| Failure::of(&error))?;
    report(engine, &turn.action.id, "timing one-row predictions");
    let latency_ms = latency(engine.settings.clock.as_ref(), loaded.model(), signature, rows)?;
    report(engine, &turn.action.id, "permuting features");
    let importance = importance(loaded.model(), signature, rows, &held_out.targets, model.train.seed)?;
    let measured = Measured {
        classes: signature.classes.clone(),
        threshold: signature.threshold,
        champion_version: champion.as_ref().map(|champion| champion.version),
        champion_threshold: champion.as_ref().and_then(|champion| champion.threshold),
        champion_missing: champion.and_then(|champion| champion.predictions.err()),
        latency_ms,
        importance,
        seed: model.train.seed,
    };
    let output = keep(&engine.store, &predictions, &measured)?;
    let sample = serving::sample_request(loaded, Some(&rows.take(&[0])));
    let detail = serde_json::json!({ "importance": measured.importance, "sample_request": sample });
    let against =
        measured.champion_version.map_or(String::new(), |version| format!(", champion version {version}"));
    let summary =
        format!("{} held-out rows: candidate, baseline{against}", base::grouped(rows.rows() as u64));
    Ok(Done::new(output, summary, detail))
}

/// The predictions of stored evidence.
pub(crate) fn predictions(store: &Store, evidence: &Hash, terms: &Terms) -> Result<Predictions, Error> {
    let tree = store.tree(evidence)?;
    let missing = || Error::Model("the evidence has no predictions".to_owned());
    let file = tree.file(PREDICTIONS_FILE).ok_or_else(missing)?;
    store.verify(&file.hash)?;
    let table =
        data::read_table(&store.path(&file.hash)?).map_err(|error| Error::Model(base::causes(&error)))?;
    Predictions::from_table(&table, terms.task, terms.classes.len())
        .map_err(|error| Error::Model(base::causes(&error)))
}

/// What was measured, from stored evidence.
pub(crate) fn measured(store: &Store, evidence: &Hash) -> Result<Measured, Error> {
    let tree = store.tree(evidence)?;
    let missing = || Error::Model("the evidence has no figures".to_owned());
    let file = tree.file(MEASURED_FILE).ok_or_else(missing)?;
    let what = "figures of the evidence".to_owned();
    serde_json::from_slice(&store.get_bytes(&file.hash)?).map_err(|source| Error::Recorded { what, source })
}

fn candidate(engine: &Engine, turn: &Turn, tree: &Tree) -> Result<(Loaded, HeldOut), Failure> {
    let missing = || Failure::failed(format!("the candidate has no {}", champion::MODEL_FILE));
    let file = tree.file(champion::MODEL_FILE).ok_or_else(missing)?;
    let bytes = engine.store.get_bytes(&file.hash)?;
    let name = turn.action.id.node.name();
    let loaded =
        Loaded::from_bytes(name.as_str(), "candidate", &bytes).map_err(|error| Failure::of(&error))?;
    Ok((loaded, held_out(&engine.store, tree)?))
}

pub(crate) fn held_out(store: &Store, tree: &Tree) -> Result<HeldOut, Error> {
    let missing = || Error::Model(format!("the model has no {}", train::HELD_OUT_FILE));
    let file = tree.file(train::HELD_OUT_FILE).ok_or_else(missing)?;
    let what = train::HELD_OUT_FILE.to_owned();
    serde_json::from_slice(&store.get_bytes(&file.hash)?).map_err(|source| Error::Recorded { what, source })
}

/// The contents that the candidate was trained on.
fn trained_on(engine: &Engine, turn: &Turn) -> Result<Contents, Failure> {
    let model = turn.model()?;
    let training = recorded::kept(&engine.store, &ActionId::new(Verb::Train, &turn.action.id.node))?;
    let training = training.ok_or_else(|| Failure::failed("the candidate was never trained"))?;
    Contents::of(model, &training.record.inputs)
}

fn signature(loaded: &Loaded) -> Result<&Signature, Failure> {
    loaded.signature().ok_or_else(|| Failure::failed("the candidate does not say which columns it reads"))
}

fn score(model: &Model, signature: &Signature, rows: &Table) -> Result<Vec<f64>, Failure> {
    onnx::score(model, signature, rows).map_err(|error| Failure::of(&error))
}

/// The champion's predictions on the same rows, or why it has none.
fn champion(
    engine: &Engine,
    turn: &Turn,
    candidate: Candidate<'_>,
    rows: &Table,
) -> Result<Option<Champion>, Failure> {
    let name = turn.action.id.node.name();
    let Some(version) = engine.store.aliases(name)?.get(&recorded::champion()).copied() else {
        return Ok(None);
    };
    // A champion that is lost or does not fit holds the candidate back; it must not end the line.
    let scored = scored(engine, name, version, candidate, rows);
    let (predictions, threshold) = match scored {
        Ok((predictions, threshold)) => (Ok(predictions), threshold),
        Err(why) => (Err(why), None),
    };
    Ok(Some(Champion { version, threshold, predictions }))
}

/// A version's predictions of the candidate's held-out rows, and its threshold; or why it has none.
fn scored(
    engine: &Engine,
    name: &Name,
    version: u64,
    candidate: Candidate<'_>,
    rows: &Table,
) -> Result<(Vec<f64>, Option<f64>), String> {
    let store = &engine.store;
    let bytes = champion::bytes(store, name, version).map_err(|error| base::causes(&error))?;
    let model = Model::load(&bytes).map_err(|error| base::causes(&error))?;
    let signature = Signature::of(&model).map_err(|error| base::causes(&error))?;
    let signature = signature.ok_or("it does not say which columns it reads")?;
    let artifact = store.version(name, version).map_err(|error| base::causes(&error))?.artifact;
    let tree = store.tree(&artifact).map_err(|error| base::causes(&error))?;
    let held_out = held_out(store, &tree).map_err(|error| base::causes(&error))?;
    if held_out.target != candidate.held_out.target {
        return Err(format!("it predicts `{}`, not `{}`", held_out.target, candidate.held_out.target));
    }
    if (&signature.task, &signature.classes) != (&candidate.signature.task, &candidate.signature.classes) {
        return Err("it predicts other classes".to_owned());
    }
    if held_out.split != candidate.held_out.split {
        let (then, now) = (held_out.split, &candidate.held_out.split);
        return Err(format!("its split was {then} and is {now} now, so it may have learned from these rows"));
    }
    let predictions = onnx::score(&model, &signature, rows).map_err(|error| base::causes(&error))?;
    Ok((predictions, signature.threshold))
}

fn slices(rows: &Table, columns: &[String]) -> Result<Vec<Slice>, Failure> {
    let mut slices = Vec::new();
    for name in columns {
        let Some(column) = rows.column(name) else {
            let known: Vec<_> = rows.columns().iter().map(|column| column.name.as_str()).collect();
            let near = base::nearest(name, known)
                .map(|near| format!("; did you mean `{near}`?"))
                .unwrap_or_default();
            return Err(Failure::failed(format!(
                "gate.slices names the column `{name}`, which the rows do not have{near}"
            )));
        };
        let values = (0..rows.rows()).map(|row| column.values.label(row).unwrap_or_default()).collect();
        slices.push(Slice { column: name.clone(), values });
    }
    Ok(slices)
}

/// How long one-row predictions take, in milliseconds, on the rows in turn.
fn latency(
    clock: &dyn Clock,
    model: &Model,
    signature: &Signature,
    rows: &Table,
) -> Result<Vec<f64>, Failure> {
    let mut times = Vec::with_capacity(TIMED);
    for turn in 0..WARM_UP + TIMED {
        let row = rows.take(&[turn % rows.rows()]);
        let started = clock.elapsed();
        score(model, signature, &row)?;
        if turn >= WARM_UP {
            times.push(clock.elapsed().saturating_sub(started).as_secs_f64() * 1e3);
        }
    }
    Ok(times)
}

fn importance(
    model: &Model,
    signature: &Signature,
    rows: &Table,
    targets: &[f64],
    seed: u64,
) -> Result<Vec<Importance>, Failure> {
    let shuffling = learn::Shuffling { seed, ..learn::Shuffling::default() };
    learn::importance(model, signature, rows, targets, shuffling).map_err(|error| Failure::of(&error))
}

fn keep(store: &Store, predictions: &Predictions, measured: &Measured) -> Result<Hash, Failure> {
    let temporary = store.temporary();
    data::write_table(&predictions.to_table(), temporary.path())?;
    let bytes = std::fs::read(temporary.path()).map_err(Error::io("read", temporary.path()))?;
    let files = [(PREDICTIONS_FILE, bytes), (MEASURED_FILE, canonical_json(measured).into_bytes())];
    Ok(store.put_tree(&files)?)
}
