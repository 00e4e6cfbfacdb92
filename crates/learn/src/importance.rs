//! Which raw columns a model relies on: how much worse it predicts when one is shuffled.
//!
//! Permutation importance (Breiman, 2001) on held-out rows, through the exported model itself, so that
//! it holds for any model with a signature. Called by the engine after evaluation.

use base::Random;
use onnx::{Model, Signature};
use serde::{Deserialize, Serialize};
use table::{Column, Table};

use crate::{error::Error, loss, objective::Objective};

/// How much one column matters.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Importance {
    /// The raw column.
    pub column: String,
    /// By how much shuffling it raises the log loss or the RMSE, on average over the repeats.
    pub mean: f64,
    /// The standard deviation over the repeats.
    pub deviation: f64,
}

/// How importance is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shuffling {
    /// The most rows to use; a random part of more.
    pub rows: usize,
    /// How often each column is shuffled.
    pub repeats: usize,
    /// Seeds the shuffles.
    pub seed: u64,
    /// Threads; 0 means one a core. The result does not depend on it.
    pub threads: usize,
}

impl Default for Shuffling {
    fn default() -> Self {
        Self { rows: 2_000, repeats: 5, seed: 0, threads: 0 }
    }
}

/// The importance of every input of the model, the largest first.
///
/// `targets` are the rows' class numbers or values, as [`crate::labels`] gives them; rows where it is NaN
/// are left out.
///
/// # Errors
/// When the table lacks an input of the model or the model cannot run.
pub fn importance(
    model: &Model,
    signature: &Signature,
    table: &Table,
    targets: &[f64],
    shuffling: Shuffling,
) -> Result<Vec<Importance>, Error> {
    let mut rows: Vec<usize> = (0..table.rows()).filter(|row| targets[*row].is_finite()).collect();
    if rows.is_empty() {
        return Err(Error::NoRows("importance needs rows whose target is known".to_owned()));
    }
    Random::new(shuffling.seed).shuffle(&mut rows);
    rows.truncate(shuffling.rows.max(1));
    rows.sort_unstable();
    let names: Vec<&str> = signature.inputs.iter().map(|field| field.name.as_str()).collect();
    let table = table.select(names.iter().copied()).take(&rows);
    let targets: Vec<f64> = rows.iter().map(|row| targets[*row]).collect();
    let ground = Ground { model, signature, table: &table, targets: &targets, shuffling };
    let whole = ground.loss(&table)?;
    let mut all = ground.all(whole, names.len())?;
    all.sort_by(|one, other| other.mean.total_cmp(&one.mean));
    Ok(all)
}

struct Ground<'a> {
    model: &'a Model,
    signature: &'a Signature,
    table: &'a Table,
    targets: &'a [f64],
    shuffling: Shuffling,
}

impl Ground<'_> {
    fn loss(&self, table: &Table) -> Result<f64, Error> {
        let objective = match self.signature.classes.len() {
            0 => Objective::Squared,
            2 => Objective::Logistic,
            classes => Objective::Softmax(classes),
        };
        let predictions = onnx::score(self.model, self.signature, table)?;
        Ok(loss::total(objective, &predictions, self.targets))
    }

    /// Shares the columns out among threads.
    fn all(&self, whole: f64, columns: usize) -> Result<Vec<Importance>, Error> {
        let threads = crate::train::threads(self.shuffling.threads).clamp(1, columns.max(1));
        let share = columns.div_ceil(threads).max(1);
        std::thread::scope(|scope| {
            let some = |start: usize| {
                (start..columns.min(start + share)).map(|column| self.one(whole, column)).collect()
            };
            let workers: Vec<_> = (0..columns)
                .step_by(share)
                .map(|start| scope.spawn(move || -> Result<Vec<Importance>, Error> { some(start) }))
                .collect();
            let mut all = Vec::new();
            for worker in workers {
                all.extend(worker.join().expect("scoring does not panic")?);
            }
            Ok(all)
        })
    }

    fn one(&self, whole: f64, column: usize) -> Result<Importance, Error> {
        // A column's shuffles depend on its name alone, so other columns may come and go.
        let name = &self.signature.inputs[column].name;
        let salt = name.bytes().fold(self.shuffling.seed, |salt, byte| {
            salt.wrapping_mul(0x0000_0100_0000_01b3).wrapping_add(u64::from(byte) + 1)
        });
        let mut random = Random::new(salt);
        let mut order: Vec<usize> = (0..self.table.rows()).collect();
        let mut rises = Vec::with_capacity(self.shuffling.repeats);
        for _ in 0..self.shuffling.repeats.max(1) {
            random.shuffle(&mut order);
            rises.push(self.loss(&self.shuffled(name, &order))? - whole);
        }
        let count = rises.len() as f64;
        let mean = rises.iter().sum::<f64>() / count;
        let squares: f64 = rises.iter().map(|rise| (rise - mean).powi(2)).sum();
        let deviation = (squares / (count - 1.0).max(1.0)).sqrt();
        Ok(Importance { column: name.clone(), mean, deviation })
    }

    /// The table with the values of one column in this order.
    fn shuffled(&self, name: &str, order: &[usize]) -> Table {
        let moved = self.table.select([name]).take(order);
        let pick = |column: &Column| match moved.column(&column.name) {
            Some(moved) => moved.clone(),
            None => column.clone(),
        };
        let columns = self.table.columns().iter().map(pick).collect();
        Table::new(columns).expect("shuffling changes neither names nor lengths")
    }
}
