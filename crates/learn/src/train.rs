//! The way from a table to a model and the report of how it was found.

use base::Clock;
use stats::Task;
use table::{Kind, Table};

use crate::{
    baseline::Baseline,
    calibration::Calibration,
    candidates::{self, Bench, Candidate, Prepared, Tried, validation_targets},
    clock::Budget,
    error::Error,
    export,
    feasibility::{self, Grounds},
    features::{Plan, Scope},
    gbdt::Data,
    loss,
    objective::Objective,
    predictor::Predictor,
    progress::Progress,
    report::{CandidateScore, Report, Rows},
    settings::Settings,
    split::{self, Split},
    target::{self, Target},
    warnings::{self, Concern, Warning},
};

/// A trained model, and what is needed to judge it.
#[derive(Debug, Clone)]
pub struct Trained {
    /// The ONNX model, from raw columns to predictions.
    pub model: Vec<u8>,
    /// What the model reads and predicts; also in its metadata.
    pub signature: onnx::Signature,
    /// The constant it has to beat.
    pub baseline: Baseline,
    /// How it was found.
    pub report: Report,
    /// Rows of the table that no part of training has seen, in order.
    pub test_rows: Vec<usize>,
    /// Their targets: class numbers, or values.
    pub test_targets: Vec<f64>,
    /// The classes by number; `[negative, positive]` for two; none for regression.
    pub classes: Vec<String>,
    /// The probability from which a binary model says the positive class.
    pub threshold: Option<f64>,
    /// What the target column holds, and so the element type of the model's `label`.
    pub target_kind: Kind,
}

/// Trains candidates on a table and exports the one that predicts validation rows best, fitted to all
/// rows that are not held out.
///
/// # Errors
/// When the settings do not fit the table or nothing can be learned from it; the message names the column and the fix.
pub fn train(
    table: &Table,
    settings: &Settings,
    clock: &dyn Clock,
    progress: &mut dyn FnMut(Progress),
) -> Result<Trained, Error> {
    let budget = Budget::start(clock, settings.budget);
    let target = target::read(table, settings)?;
    check_features(table, settings)?;
    let split = split::split(table, &target, settings)?;
    let rows = rows(&split, &target);
    let Rows { train, validation, folds, test, .. } = rows;
    progress(Progress::Divided { train, validation, test, folds });
    let training = Training {
        settings,
        scope: Scope { table, target: &target, task: settings.task, seed: settings.seed },
        bench: Bench {
            objective: Objective::new(settings.task, target.classes.len()),
            seed: settings.seed,
            threads: threads(settings.threads),
            budget,
        },
    };
    training.run(&split, rows, progress)
}

/// What stays the same through a training.
struct Training<'a> {
    settings: &'a Settings,
    scope: Scope<'a>,
    bench: Bench<'a>,
}

/// What validation rows decided.
struct Choice {
    candidate: Candidate,
    rounds: Option<usize>,
    calibration: Option<Calibration>,
    threshold: Option<f64>,
}

/// What is shipped.
struct Product {
    plan: Plan,
    predictor: Predictor,
    warnings: Vec<Warning>,
}

impl Training<'_> {
    fn run(&self, split: &Split, rows: Rows, progress: &mut dyn FnMut(Progress)) -> Result<Trained, Error> {
        let prepared = self.prepare(split)?;
        let tried = self.bench.try_all(self.settings.builtin, &prepared, progress);
        let choice = self.choose(&tried, &prepared);
        let grounds = Grounds {
            bench: self.bench,
            scope: self.scope,
            columns: &self.settings.features,
            folds: &split.folds,
            prepared: &prepared,
        };
        let feasibility = feasibility::assess(grounds, &tried, progress);
        let mut warnings = warnings::leakage(self.settings.task, self.bench.objective, &prepared[0]);
        // The folds are no longer needed, and the refit takes as much memory again.
        drop(prepared);
        let rest = split.rest();
        warnings.extend(warnings::few_of_a_class(self.scope, &rest));
        warnings
            .extend(tried.iter().filter(|tried| tried.out_of_time).map(|tried| out_of_time(tried.candidate)));
        let product = self.refit(&choice, &rest, progress);
        warnings.extend(product.warnings.iter().cloned());
        let report = Report {
            feasibility,
            warnings,
            task: self.settings.task,
            target: self.settings.target.clone(),
            metric: loss::metric(self.bench.objective),
            candidates: tried.iter().map(score).collect(),
            chosen: choice.candidate,
            calibrated: choice.calibration.is_some(),
            features: product.plan.fields().into_iter().map(|field| field.name).collect(),
            rows,
            seed: self.settings.seed,
            threads: self.bench.threads,
        };
        Ok(self.trained(split, &choice, &product, report))
    }

    fn prepare(&self, split: &Split) -> Result<Vec<Prepared>, Error> {
        let columns = &self.settings.features;
        let mut prepared = Vec::with_capacity(split.folds.len());
        for fold in &split.folds {
            let fold = Prepared::new(self.scope, columns, fold);
            if fold.train.columns() == 0 {
                let (_, warnings) = Plan::fit(self.scope, columns, &split.rest());
                let reasons: Vec<String> = warnings.into_iter().map(|warning| warning.message).collect();
                return Err(Error::NoFeatures(reasons.join("; ")));
            }
            prepared.push(fold);
        }
        Ok(prepared)
    }

    fn trained(&self, split: &Split, choice: &Choice, product: &Product, report: Report) -> Trained {
        let target = self.scope.target;
        let signature = self.signature(&product.plan, choice);
        Trained {
            model: export::model(&product.plan, &product.predictor, &signature, target.kind),
            signature,
            baseline: Baseline::fit(self.bench.objective, &self.scope.targets(&split.rest())),
            report,
            test_rows: split.test.iter().map(|row| target.rows[*row]).collect(),
            test_targets: self.scope.targets(&split.test),
            classes: target.classes.clone(),
            threshold: choice.threshold,
            target_kind: target.kind,
        }
    }

    fn choose(&self, tried: &[Tried], prepared: &[Prepared]) -> Choice {
        let learners = if tried.len() > 1 && tried.len() < 3 { &tried[1..] } else { tried };
        let best = candidates::best(learners);
        let targets = validation_targets(prepared);
        let threshold = (self.settings.task == Task::Binary).then(|| {
            let predictions = best.predictions(self.bench.objective);
            threshold(&predictions, &targets, self.settings.value.as_ref())
        });
        let calibration = best.calibration;
        Choice { candidate: best.candidate, rounds: best.rounds, calibration, threshold }
    }

    /// Fits the chosen candidate to all rows that are not held out.
    fn refit(&self, choice: &Choice, rows: &[usize], progress: &mut dyn FnMut(Progress)) -> Product {
        progress(Progress::Refitting { candidate: choice.candidate.name(), rows: rows.len() });
        let (plan, mut warnings) = Plan::fit(self.scope, &self.settings.features, rows);
        let matrix = plan.apply_fitted(self.scope, rows);
        let targets = self.scope.targets(rows);
        let train = Data { matrix: &matrix, targets: &targets };
        let fitted = self.bench.refit(choice.candidate, train, choice.rounds, progress);
        warnings.extend(fitted.out_of_time.then(|| out_of_time(choice.candidate)));
        let objective = self.bench.objective;
        let predictor = Predictor { objective, learned: fitted.learned, calibration: choice.calibration };
        Product { plan, predictor, warnings }
    }

    fn signature(&self, plan: &Plan, choice: &Choice) -> onnx::Signature {
        let classes = self.scope.target.classes.clone();
        onnx::Signature {
            inputs: plan.fields(),
            task: self.settings.task.name().to_owned(),
            positive: classes.last().filter(|_| self.settings.task == Task::Binary).cloned(),
            classes,
            threshold: choice.threshold,
        }
    }
}

pub(crate) fn check_features(table: &Table, settings: &Settings) -> Result<(), Error> {
    if settings.features.is_empty() {
        return Err(Error::NoFeatures("no column is left to predict from; exclude fewer".to_owned()));
    }
    for name in &settings.features {
        if *name == settings.target {
            return Err(Error::Settings(format!(
                "the target `{name}` cannot also be predicted from; exclude it"
            )));
        }
        target::column(table, name, "a feature")?;
    }
    Ok(())
}

fn rows(split: &Split, target: &Target) -> Rows {
    let fold = &split.folds[0];
    Rows {
        train: fold.train.len(),
        validation: fold.validation.len(),
        folds: split.folds.len(),
        test: split.test.len(),
        dropped: target.dropped,
    }
}

pub(crate) fn threads(asked: usize) -> usize {
    let cores = || std::thread::available_parallelism().map_or(1, usize::from);
    if asked == 0 { cores() } else { asked }
}

/// The threshold, as a number that `f32` holds too: the exported model compares in `f32`.
fn threshold(predictions: &[f64], targets: &[f64], value: Option<&gate::Value>) -> f64 {
    let labels: Vec<bool> = targets.iter().map(|target| *target > 0.5).collect();
    let exact = value.map_or(0.5, |value| gate::best_threshold(predictions, &labels, value));
    f64::from(exact as f32)
}

fn score(tried: &Tried) -> CandidateScore {
    let Tried { candidate, score, rounds, out_of_time, .. } = *tried;
    CandidateScore { candidate, score, rounds, out_of_time }
}

fn out_of_time(candidate: Candidate) -> Warning {
    let message =
        format!("the time for {} ended before it was done; give training a larger budget", candidate.name());
    Warning { concern: Concern::OutOfTime, column: None, message }
}
