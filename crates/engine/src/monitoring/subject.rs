//! A version of a model as its monitor sees it: the reference it is held to, and the model itself.

use std::{collections::BTreeMap, time::Duration};

use base::{Clock, Hash, Name, Timestamp};
use learn::LossModel;
use monitor::{Assessment, Basis, Reading, Reference, Traffic, Window, Windows, cause, drift};
use onnx::{Model, Signature};
use stats::{Metric, Task, dle::Losses};
use store::Store;
use table::{Column, Table, Values};

use super::Judged;
use crate::{
    Error, Project,
    actions::{Contents, Failure, assemble, held_out},
    champion,
};

/// How long learning where a regressor errs may take.
const LOSS_BUDGET: Duration = Duration::from_secs(20);

/// A version that serves or served.
pub(super) struct Subject {
    pub(super) reference: Reference,
    pub(super) signature: Signature,
    model: Model,
    /// For a regression, what errors are to be expected where.
    losses: Option<LossModel>,
    /// The held-out rows, for the search for causes.
    pub(super) held_out: cause::Rows,
    pub(super) measure: cause::Measure,
}

/// What a subject is made from.
pub(super) struct Origin<'a> {
    pub(super) store: &'a Store,
    pub(super) project: &'a Project,
    pub(super) model: &'a Name,
    pub(super) version: u64,
    /// Newer rows on which the version was judged again, if it was.
    pub(super) judged: Option<&'a Judged>,
    pub(super) drift: &'a drift::Settings,
    /// How the traffic is cut into windows, and the input that holds the event time.
    pub(super) windows: Windows,
    pub(super) time: Option<&'a str>,
    pub(super) clock: &'a dyn Clock,
    pub(super) runtime: &'a tokio::runtime::Handle,
}

/// Held-out rows, with what was said and what was true.
struct Held<'a> {
    features: &'a Table,
    predictions: &'a [f64],
    targets: &'a [f64],
}

impl Origin<'_> {
    /// The subject, from the rows that the gate held out.
    pub(super) fn subject(&self) -> Result<Subject, Error> {
        let broken =
            |why: String| Error::Model(format!("watch model.{} version {}: {why}", self.model, self.version));
        let version = self.store.version(self.model, self.version)?;
        let spec = self.project.spec.models.get(self.model);
        let spec = spec.ok_or_else(|| broken("the project no longer declares it".to_owned()))?;
        let model = Model::load(&champion::bytes(self.store, self.model, self.version)?)
            .map_err(|error| broken(base::causes(&error)))?;
        let signature = Signature::of(&model).map_err(|error| broken(base::causes(&error)))?;
        let signature =
            signature.ok_or_else(|| broken("it does not say which columns it reads".to_owned()))?;
        let (candidate, contents) = match self.judged {
            Some(judged) => (judged.candidate, judged.contents.clone()),
            None => {
                let contents = Contents::of(spec, &inputs(&version.lineage));
                (version.artifact, contents.map_err(|failure| broken(said(failure)))?)
            }
        };
        let held_out = held_out(self.store, &self.store.tree(&candidate)?)?;
        let limits = data::Limits { spill: Some(self.store.dir().join("tmp")), ..data::Limits::default() };
        let rows = self.runtime.block_on(assemble(self.store, spec, &contents, &limits));
        let rows = rows.map_err(|failure| broken(said(failure)))?;
        if held_out.rows.iter().any(|row| *row >= rows.rows()) {
            return Err(broken("its rows are no longer what they were".to_owned()));
        }
        let columns: Vec<&str> = signature.inputs.iter().map(|field| field.name.as_str()).collect();
        let rows = rows.take(&held_out.rows);
        let features = rows.select(columns.iter().copied());
        let predictions =
            onnx::score(&model, &signature, &features).map_err(|error| broken(base::causes(&error)))?;
        let reading = reading(spec, &signature);
        let importance = importance(&version.lineage);
        let seed = spec.train.seed;
        let losses = self.losses(&reading, &features, &predictions, (&held_out.targets, seed));
        let expected =
            losses.as_ref().map(|model| expected(model, &features, &predictions)).unwrap_or_default();
        let reference = Reference::of(Basis {
            version: self.version,
            epoch: self.judged.map_or(0, |judged| judged.epoch),
            reading: &reading,
            features: &features,
            predictions: &predictions,
            targets: &held_out.targets,
            expected_losses: &expected,
            importance: &importance,
            drift: self.drift,
            seed,
        });
        let reference = reference.map_err(|error| broken(base::causes(&error)))?;
        let time = self.time.or(spec.time.as_deref()).and_then(|time| rows.column(time));
        let held = Held { features: &features, predictions: &predictions, targets: &held_out.targets };
        let windows = self.windows_of(&reference, time, &held, &expected);
        let reference = reference.varying(&windows);
        let measure = measure(reading.task);
        let guesses = guesses(&reading, &predictions, &held_out.targets);
        let rows = cause::Rows::measured(features, guesses.0, guesses.1, measure);
        let held_out = rows.map_err(|error| broken(base::causes(&error)))?;
        Ok(Subject { reference, signature, model, losses, held_out, measure })
    }

    /// The held-out rows, window by window as traffic is cut, each held to the reference as if it were traffic.
    fn windows_of(
        &self,
        reference: &Reference,
        time: Option<&Column>,
        held: &Held<'_>,
        expected: &BTreeMap<Metric, Vec<f64>>,
    ) -> Vec<Assessment> {
        let Some(Values::Time(times)) = time.map(|column| &column.values) else { return Vec::new() };
        let mut windows: BTreeMap<Window, Vec<usize>> = BTreeMap::new();
        for (row, time) in times.iter().enumerate() {
            if let Some(micros) = time {
                windows.entry(self.windows.of(Timestamp::from_micros(*micros))).or_default().push(row);
            }
        }
        let most = windows.values().map(Vec::len).max().unwrap_or(0);
        // What was held out begins and ends in the middle of a window.
        windows.retain(|_, rows| rows.len() * 2 >= most);
        let settings = monitor::Settings { drift: *self.drift, ..monitor::Settings::default() };
        let width = reference.reading().width();
        let assess = |(window, rows): (Window, Vec<usize>)| {
            let features = held.features.take(&rows);
            let predictions: Vec<f64> = rows
                .iter()
                .flat_map(|row| &held.predictions[row * width..(row + 1) * width])
                .copied()
                .collect();
            let labels: Vec<Option<f64>> = rows.iter().map(|row| Some(held.targets[*row])).collect();
            let expected = expected
                .iter()
                .map(|(metric, losses)| (*metric, rows.iter().map(|row| losses[*row]).collect()))
                .collect();
            let traffic = Traffic {
                window,
                features: &features,
                predictions: &predictions,
                labels: &labels,
                label_delays: &[],
                expected_losses: &expected,
                service: monitor::Service::default(),
            };
            monitor::assess(reference, &traffic, &settings)
        };
        windows.into_iter().map(assess).collect()
    }

    fn losses(
        &self,
        reading: &Reading,
        features: &Table,
        predictions: &[f64],
        (targets, seed): (&[f64], u64),
    ) -> Option<LossModel> {
        if reading.task != Task::Regression {
            return None;
        }
        let names: Vec<String> = features.columns().iter().map(|column| column.name.clone()).collect();
        let held_out = learn::HeldOut { table: features, features: &names, predictions, targets };
        let bounds = learn::Bounds { budget: LOSS_BUDGET, seed, threads: 1 };
        // With too few rows there is no estimate, which the assessment then says.
        LossModel::fit(held_out, bounds, self.clock).ok()
    }
}

impl Subject {
    /// What the model says of rows; nothing when it cannot run on them.
    pub(super) fn score(&self, rows: &Table) -> Option<Vec<f64>> {
        let predictions = onnx::score(&self.model, &self.signature, rows).ok()?;
        Some(guess(self.reference.reading(), &predictions))
    }

    /// For a regression, what errors are to be expected of rows, by metric.
    pub(super) fn expected_losses(&self, rows: &Table, predictions: &[f64]) -> BTreeMap<Metric, Vec<f64>> {
        self.losses.as_ref().map(|model| expected(model, rows, predictions)).unwrap_or_default()
    }

    /// The number that a label stands for; nothing when the model cannot predict it.
    pub(super) fn target(&self, label: &str) -> Option<f64> {
        if self.reference.reading().task == Task::Regression {
            return label.trim().parse().ok().filter(|value: &f64| value.is_finite());
        }
        let same = |class: &&String| {
            class.as_str() == label || boolean(class).is_some_and(|truth| boolean(label) == Some(truth))
        };
        let place = self.signature.classes.iter().find(same)?;
        let place = self.signature.classes.iter().position(|class| class == place)?;
        Some(place as f64)
    }
}

/// Senders write truth as `true` or as `1`.
fn boolean(text: &str) -> Option<bool> {
    match text.trim() {
        "true" | "1" => Some(true),
        "false" | "0" => Some(false),
        _ => None,
    }
}

fn said(failure: Failure) -> String {
    match failure {
        Failure::Failed { message, .. } | Failure::Refused { message, .. } => message,
        Failure::Interrupted => "interrupted".to_owned(),
        Failure::Fatal(error) => base::causes(&error),
    }
}

/// The contents that a version's lineage names.
fn inputs(lineage: &serde_json::Value) -> BTreeMap<String, Hash> {
    let listed = lineage["inputs"].as_object().into_iter().flatten();
    listed.filter_map(|(name, hash)| Some((name.clone(), hash.as_str()?.parse().ok()?))).collect()
}

fn importance(lineage: &serde_json::Value) -> BTreeMap<String, f64> {
    let listed = lineage["importance"].as_array().into_iter().flatten();
    let read = |column: &serde_json::Value| {
        Some((column["column"].as_str()?.to_owned(), column["mean"].as_f64()?.max(0.0)))
    };
    listed.filter_map(read).collect()
}

fn reading(spec: &spec::Model, signature: &Signature) -> Reading {
    let value = spec.value.as_ref().map(|value| monitor::Value {
        true_positive: value.true_positive,
        false_positive: value.false_positive,
        true_negative: value.true_negative,
        false_negative: value.false_negative,
        currency: value.currency.clone(),
    });
    Reading {
        task: spec.task,
        classes: signature.classes.len(),
        threshold: signature.threshold.unwrap_or(0.5),
        metrics: spec.metrics.clone(),
        value,
    }
}

fn measure(task: Task) -> cause::Measure {
    if task == Task::Regression { cause::Measure::SquaredError } else { cause::Measure::LogLoss }
}

/// One number a row for the search for causes: of several classes, how sure the model was of the one it chose.
pub(super) fn guess(reading: &Reading, predictions: &[f64]) -> Vec<f64> {
    if reading.task != Task::Multiclass {
        return predictions.to_vec();
    }
    predictions.chunks_exact(reading.width()).map(|row| row.iter().copied().fold(0.0, f64::max)).collect()
}

/// The same with the truth: of several classes, whether the chosen one was right.
pub(super) fn guesses(reading: &Reading, predictions: &[f64], targets: &[f64]) -> (Vec<f64>, Vec<f64>) {
    let guessed = guess(reading, predictions);
    if reading.task != Task::Multiclass {
        return (guessed, targets.to_vec());
    }
    let right = |(row, target): (&[f64], &f64)| {
        let chosen = row.iter().enumerate().max_by(|one, other| one.1.total_cmp(other.1));
        if chosen.is_some_and(|(class, _)| class as f64 == *target) { 1.0 } else { 0.0 }
    };
    let truth = predictions.chunks_exact(reading.width()).zip(targets).map(right).collect();
    (guessed, truth)
}

/// The mean of what the models of the parts expect, row by row.
fn expected(model: &LossModel, rows: &Table, predictions: &[f64]) -> BTreeMap<Metric, Vec<f64>> {
    let Ok(parts) = model.losses(rows, predictions) else { return BTreeMap::new() };
    let mean = |of: fn(&Losses) -> &Vec<f64>| -> Vec<f64> {
        (0..rows.rows())
            .map(|row| parts.iter().map(|part| of(part)[row]).sum::<f64>() / parts.len() as f64)
            .collect()
    };
    [(Metric::Mae, mean(|losses| &losses.absolute)), (Metric::Rmse, mean(|losses| &losses.squared))].into()
}
