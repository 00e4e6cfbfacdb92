//! A model that a command trains, from its rows to its candidate.

use std::path::PathBuf;

use learn::{Card, Shown};
use spec::{Command, EnvValue, Step, StepAction};

use super::{
    super::{
        Done, Failure, Turn, report,
        run::{self, EndedWell},
    },
    EXAMPLE_ROWS, HeldOut, account,
    candidate::{self, Candidate},
    convert, made,
    rows::Rows,
    split, with_held_out,
};
use crate::{Engine, lineage};

/// Where the command finds its rows, a Parquet file.
const TRAIN: &str = "KAIZEN_TRAIN";
/// Where it may write its model: an ONNX file, or a directory as MLflow saves one.
const MODEL: &str = "KAIZEN_MODEL";
/// The column to predict.
const TARGET: &str = "KAIZEN_TARGET";
/// The seed of all chance.
const SEED: &str = "KAIZEN_SEED";

pub(super) async fn perform(engine: &Engine, turn: &Turn, command: &Command) -> Result<Done, Failure> {
    let (step, line) = as_step(turn, command)?;
    let folder = run::folder_of(engine, turn);
    let rows = tokio::select! {
        rows = Rows::prepare(engine, turn, &folder) => rows?,
        () = turn.cancel.cancelled() => return Err(Failure::Interrupted),
    };
    let told = [(TRAIN.to_owned(), rows.file.clone()), (MODEL.to_owned(), folder.join(run::MODEL))];
    report(
        engine,
        &turn.action.id,
        format!("`{line}` trains on {}", account::rows(rows.division.train.len())),
    );
    let ended = run::to_its_end(engine, turn, (&step, &line), &told).await?;
    let made = candidate(engine, turn, (command, &step), (&rows, &ended), folder.join(run::MODEL)).await;
    let made = ended.settled(turn, made);
    if !matches!(made, Err(Failure::Interrupted | Failure::Fatal(_))) {
        rows.clear()?;
    }
    made
}

/// The command as a step is run, with what it is told.
fn as_step(turn: &Turn, command: &Command) -> Result<(Step, String), Failure> {
    let mut step = command.step.clone();
    let StepAction::Run { command: line } = &step.action else {
        return Err(Failure::failed("`train` has no command"));
    };
    let line = line.clone();
    let model = turn.model()?;
    let told = [(TARGET, model.target.clone()), (SEED, model.train.seed.to_string())];
    for (name, value) in told {
        step.env.entry(name.to_owned()).or_insert(EnvValue::Value(value));
    }
    Ok((step, line))
}

/// What the command left, as a model of ours.
async fn candidate(
    engine: &Engine,
    turn: &Turn,
    (command, step): (&Command, &Step),
    (rows, ended): (&Rows, &EndedWell),
    place: PathBuf,
) -> Result<Done, Failure> {
    ended.unaltered(engine, turn)?;
    let made = made::find(engine, ended, &place).await?;
    let read = convert::read(engine, turn, (command, step), (rows, ended), &made).await?;
    let candidate = tokio::task::block_in_place(|| candidate::adopt(rows, &read))?;
    let mut detail = ended.detail(engine, turn, step)?;
    let tracked = ended.tracked();
    let account = account::of(turn, (rows, &made, &read), &candidate, tracked)?;
    let output = engine.store.put_tree(&directory(turn, rows, &candidate, &account)?)?;
    let summary = account::summary(&account);
    detail["report"] = account;
    detail["seed"] = serde_json::json!(rows.settings.seed);
    detail["threshold"] = serde_json::json!(candidate.signature.threshold);
    detail["code"] = lineage::code(engine, &turn.project.root)?;
    Ok(Done::new(output, summary, detail))
}

/// The files of the candidate.
fn directory(
    turn: &Turn,
    rows: &Rows,
    candidate: &Candidate,
    report: &serde_json::Value,
) -> Result<Vec<(String, Vec<u8>)>, Failure> {
    let division = &rows.division;
    let first: Vec<usize> = division.train.iter().copied().take(EXAMPLE_ROWS).collect();
    let example = rows.table.take(&first);
    let card = Card { name: turn.action.id.node.name().as_str(), example: &example };
    let (model, signature) = (candidate.model.as_slice(), &candidate.signature);
    let files = learn::laid_out(Shown { model, signature, target_kind: division.target_kind, report }, &card);
    let held_out = HeldOut {
        rows: division.test.clone(),
        targets: division.test_targets.clone(),
        baseline: division.baseline.clone(),
        target: turn.model()?.target.clone(),
        split: split(&rows.settings),
    };
    Ok(with_held_out(files, &held_out))
}
