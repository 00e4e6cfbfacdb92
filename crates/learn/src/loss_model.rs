//! A model of another model's mistakes: how far off it is likely to be in a row, before the target is known.
//!
//! `engine` fits one on the rows that the gate held out of a regressor's training, and asks it about each window of
//! captured rows; `stats::dle` turns its answers into the error to be expected. Several models of the same kind, each
//! of which leaves one part of the rows out, so that their disagreement tells how much they rest on chance.

use std::time::Duration;

use base::{Clock, Random};
use stats::{
    Task,
    dle::{Losses, Spread},
};
use table::{Column, Kind, Table, Values};

use crate::{
    clock::{Budget, Deadline},
    error::Error,
    features::{Plan, Scope},
    gbdt::{self, Data, Ensemble, Fitting},
    objective::Objective,
    target::Target,
};

/// Parts of the reference; a model leaves each out in turn.
const PARTS: usize = 5;
/// The fewest rows: less say nothing about where a model errs.
const FEWEST: usize = 100;
/// How the model's own prediction is called among the features, until no column is called so.
const PREDICTION: &str = "prediction";

/// Rows that a regressor has not learned from, with what it said.
#[derive(Debug, Clone, Copy)]
pub struct HeldOut<'a> {
    /// The rows.
    pub table: &'a Table,
    /// The columns that the regressor reads.
    pub features: &'a [String],
    /// What it predicted, a row each.
    pub predictions: &'a [f64],
    /// What was true; a row without a target is NaN and teaches nothing.
    pub targets: &'a [f64],
}

/// What bounds the fit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// How long all of it may take; models end early rather than overrun it.
    pub budget: Duration,
    /// Seeds the parts and the choice of columns.
    pub seed: u64,
    /// Threads to use. The model does not depend on it.
    pub threads: usize,
}

/// The expected loss of a row by its features and its prediction.
#[derive(Debug, Clone, PartialEq)]
pub struct LossModel {
    features: Vec<String>,
    parts: Vec<Part>,
    spread: Spread,
}

/// The model that left one part out.
#[derive(Debug, Clone, PartialEq)]
struct Part {
    absolute: Fitted,
    squared: Fitted,
}

#[derive(Debug, Clone, PartialEq)]
struct Fitted {
    plan: Plan,
    ensemble: Ensemble,
}

impl LossModel {
    /// Learns where the regressor errs.
    ///
    /// # Errors
    /// When a feature is no column, or fewer than 100 rows have a finite prediction and target.
    ///
    /// # Panics
    /// When there is not one prediction and one target a row.
    pub fn fit(held_out: HeldOut<'_>, bounds: Bounds, clock: &dyn Clock) -> Result<Self, Error> {
        let HeldOut { features, predictions, targets, .. } = held_out;
        assert_eq!(predictions.len(), targets.len(), "one target a prediction");
        let table = with_prediction(held_out.table, features, predictions)?;
        let known = |row: &usize| (predictions[*row] - targets[*row]).is_finite();
        let rows: Vec<usize> = (0..table.rows()).filter(known).collect();
        if rows.len() < FEWEST {
            return Err(Error::TooFewRows { rows: rows.len(), needed: FEWEST });
        }
        let losses = Losses::of(predictions, targets);
        let spread = losses.spread().expect("there are rows");
        let budget = Budget::start(clock, bounds.budget);
        let bench = Bench { table: &table, rows: &rows, bounds };
        let mut parts = Vec::with_capacity(PARTS);
        for part in 0..PARTS {
            let until = |half: f64| budget.until((part as f64 + half) / PARTS as f64);
            let absolute = bench.fit(&losses.absolute, part, until(0.5));
            let squared = bench.fit(&losses.squared, part, until(1.0));
            parts.push(Part { absolute, squared });
        }
        Ok(Self { features: features.to_vec(), parts, spread })
    }

    /// The expected losses of rows with these predictions, by each model.
    ///
    /// # Errors
    /// When a column that was learned from is gone or holds another kind of value.
    ///
    /// # Panics
    /// When there is not one prediction a row.
    pub fn losses(&self, table: &Table, predictions: &[f64]) -> Result<Vec<Losses>, Error> {
        let table = with_prediction(table, &self.features, predictions)?;
        let mut losses = Vec::with_capacity(self.parts.len());
        for part in &self.parts {
            let absolute = part.absolute.expected(&table)?;
            losses.push(Losses { absolute, squared: part.squared.expected(&table)? });
        }
        Ok(losses)
    }

    /// How much the losses of single held-out rows vary.
    pub fn spread(&self) -> Spread {
        self.spread
    }
}

/// What all the models are learned from.
#[derive(Clone, Copy)]
struct Bench<'a> {
    table: &'a Table,
    /// The rows whose losses are known, in the losses' order.
    rows: &'a [usize],
    bounds: Bounds,
}

impl Bench<'_> {
    /// Learns from all parts but one, on which it is decided when to stop.
    fn fit(&self, losses: &[f64], part: usize, deadline: Deadline<'_>) -> Fitted {
        let target = target(self.rows.to_vec(), losses.to_vec());
        let scope =
            Scope { table: self.table, target: &target, task: Task::Regression, seed: self.bounds.seed };
        let (train, validation) = divided(losses.len(), part, self.bounds.seed);
        let names: Vec<String> = self.table.columns().iter().map(|column| column.name.clone()).collect();
        let (plan, _) = Plan::fit(scope, &names, &train);
        let (of_train, of_validation) = (scope.targets(&train), scope.targets(&validation));
        let seen = plan.apply_fitted(scope, &train);
        if seen.columns() == 0 {
            // Nothing tells rows apart: the mean for all.
            let ensemble = Ensemble { start: Objective::Squared.start(&of_train), trees: Vec::new() };
            return Fitted { plan, ensemble };
        }
        let settings = settings(self.bounds);
        let unseen = plan.apply(scope, &validation);
        let fit = gbdt::fit(
            Fitting { objective: Objective::Squared, settings: &settings, deadline },
            Data { matrix: &seen, targets: &of_train },
            Some(Data { matrix: &unseen, targets: &of_validation }),
            &mut |_| {},
        );
        Fitted { plan, ensemble: fit.ensemble }
    }
}

impl Fitted {
    /// Each row's expected loss, never below 0.
    fn expected(&self, table: &Table) -> Result<Vec<f64>, Error> {
        for planned in &self.plan.columns {
            check(table, &planned.field.name, planned.field.kind)?;
        }
        let rows: Vec<usize> = (0..table.rows()).collect();
        let target = target(rows.clone(), vec![f64::NAN; rows.len()]);
        let scope = Scope { table, target: &target, task: Task::Regression, seed: 0 };
        if self.plan.columns.is_empty() {
            return Ok(self.ensemble.start.repeat(rows.len()));
        }
        let margins = self.ensemble.margins(&self.plan.apply(scope, &rows));
        Ok(margins.into_iter().map(|margin| margin.max(0.0)).collect())
    }
}

/// The features with the prediction as one more column.
fn with_prediction(table: &Table, features: &[String], predictions: &[f64]) -> Result<Table, Error> {
    assert_eq!(table.rows(), predictions.len(), "one prediction a row");
    let mut name = PREDICTION.to_owned();
    while features.contains(&name) {
        name.push('_');
    }
    let mut columns = vec![Column::new(name, Values::Number(predictions.to_vec()))];
    for feature in features {
        columns.push(crate::target::column(table, feature, "a feature of the loss model")?.clone());
    }
    Table::new(columns).map_err(|error| Error::Settings(error.to_string()))
}

fn check(table: &Table, name: &str, kind: Kind) -> Result<(), Error> {
    let found = crate::target::column(table, name, "a feature of the loss model")?.values.kind();
    if found == kind {
        return Ok(());
    }
    Err(Error::Settings(format!(
        "column `{name}` holds {found:?} where the loss model learned from {kind:?}"
    )))
}

fn target(rows: Vec<usize>, values: Vec<f64>) -> Target {
    Target { rows, values, classes: Vec::new(), kind: Kind::Number, dropped: 0 }
}

/// Losses are mostly noise, and few of their columns matter: every tree may use all of them, in small steps.
fn settings(bounds: Bounds) -> gbdt::Settings {
    gbdt::Settings {
        rounds: 200,
        learning_rate: 0.1,
        leaves: 31,
        min_rows: 20,
        l2: 1.0,
        column_share: 1.0,
        seed: bounds.seed,
        threads: bounds.threads.max(1),
        ..gbdt::Settings::suited(0, 1)
    }
}

/// The positions of all parts but this one, and those of this one.
fn divided(rows: usize, part: usize, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let mut random = Random::new(seed);
    let parts: Vec<usize> = (0..rows).map(|_| random.below(PARTS)).collect();
    (0..rows).partition(|row| parts[*row] != part)
}

#[cfg(test)]
mod tests;
