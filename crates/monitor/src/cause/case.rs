//! One incident laid out for the detectors: compared columns, the change of the loss, and what a change to a column costs.

use std::{cell::RefCell, collections::BTreeSet};

use table::Kind;

use super::{
    compared::Compared,
    evidence::{Evidence, Rows},
    found::LossChange,
    plant::{Plant, planted},
};

/// The most rows of the reference on which the model is run again and again.
const GROUND_ROWS: usize = 4_000;

/// The most drifted columns that are changed together.
const MOST_TOGETHER: usize = 12;

/// What every detector reads.
pub(super) struct Case<'a> {
    pub(super) evidence: &'a Evidence<'a>,
    pub(super) columns: Vec<Compared>,
    pub(super) loss: LossChange,
    ground: Option<Ground>,
    claimed: RefCell<BTreeSet<String>>,
}

/// The rows of the reference on which changes are tried.
struct Ground {
    rows: Rows,
    loss: f64,
}

impl<'a> Case<'a> {
    pub(super) fn of(evidence: &'a Evidence<'a>) -> Self {
        let mut case = Self {
            evidence,
            columns: columns(evidence),
            loss: loss_change(evidence),
            ground: None,
            claimed: RefCell::default(),
        };
        let rows = evidence.reference.clone().at_most(GROUND_ROWS);
        case.ground = case.mean_loss(&rows, &[]).map(|loss| Ground { rows, loss });
        case
    }

    pub(super) fn column(&self, name: &str) -> Option<&Compared> {
        self.columns.iter().find(|column| column.name == name)
    }

    /// The largest importance among these columns.
    pub(super) fn importance(&self, names: &[String]) -> f64 {
        let known = names.iter().filter_map(|name| self.column(name));
        known.map(|column| column.importance).fold(0.0, f64::max)
    }

    /// Marks columns as explained, so that no later detector explains them again.
    pub(super) fn claim(&self, names: &[String]) {
        self.claimed.borrow_mut().extend(names.iter().cloned());
    }

    pub(super) fn is_claimed(&self, name: &str) -> bool {
        self.claimed.borrow().contains(name)
    }

    /// The columns that drifted and that nothing explains yet.
    pub(super) fn open(&self) -> impl Iterator<Item = &Compared> {
        self.columns.iter().filter(|column| column.drifted && !column.clock && !self.is_claimed(&column.name))
    }

    /// By how much the change raises the mean loss of the reference; nothing when the model cannot say.
    ///
    /// The mean of two answers: the change alone against nothing, and the change on top of all the other columns that
    /// drifted against those alone. They are the first and the last term of the Shapley value (Shapley, 1953), which
    /// averages over all orders in which the changes may come.
    pub(super) fn cost(&self, change: &[Plant<'_>]) -> Option<f64> {
        let ground = self.ground.as_ref()?;
        let alone = self.mean_loss(&ground.rows, &change.iter().collect::<Vec<_>>())? - ground.loss;
        let others = self.others(change);
        if others.is_empty() {
            return Some(alone.max(0.0));
        }
        let without: Vec<&Plant<'_>> = others.iter().collect();
        let with: Vec<&Plant<'_>> = change.iter().chain(&others).collect();
        let last = self.mean_loss(&ground.rows, &with)? - self.mean_loss(&ground.rows, &without)?;
        Some(f64::midpoint(alone, last).max(0.0))
    }

    /// The same when these columns get the distributions that they have now.
    pub(super) fn cost_of_columns(&self, names: &[String]) -> Option<f64> {
        let plants: Vec<Plant<'_>> =
            names.iter().filter_map(|name| self.column(name)).map(Plant::Distribution).collect();
        self.cost(&plants)
    }

    fn others(&self, change: &[Plant<'_>]) -> Vec<Plant<'_>> {
        let untouched = |column: &&Compared| !change.iter().any(|plant| plant.touches(&column.name));
        let drifted = self.columns.iter().filter(|column| column.drifted && !column.clock);
        drifted.filter(untouched).take(MOST_TOGETHER).map(Plant::Distribution).collect()
    }

    fn mean_loss(&self, rows: &Rows, plants: &[&Plant<'_>]) -> Option<f64> {
        let table = planted(&rows.table, plants.iter().copied());
        let guesses = (self.evidence.score)(&table).filter(|guesses| guesses.len() == rows.len())?;
        let losses: Vec<f64> = guesses
            .iter()
            .zip(rows.truth())
            .map(|(guess, truth)| self.evidence.measure.loss(*guess, *truth))
            .collect();
        weighted(&losses, &rows.weights).map(|(mean, _)| mean).filter(|mean| mean.is_finite())
    }
}

/// Columns of either side, the most important first.
fn columns(evidence: &Evidence<'_>) -> Vec<Compared> {
    let (before, now) = (&evidence.reference.table, &evidence.current.table);
    let most = evidence.importance.values().copied().fold(0.0, f64::max);
    let importance = |name: &str| {
        let known = evidence.importance.get(name).copied().unwrap_or(0.0);
        if most > 0.0 { (known / most).max(0.0) } else { 1.0 }
    };
    let names = before.columns().iter().map(|column| column.name.as_str());
    let mut columns: Vec<Compared> = names
        .map(|name| {
            let now = now.column(name).filter(|column| readable(column.values.kind(), before, name));
            Compared::of(name, before.column(name), now, importance(name))
        })
        .collect();
    for column in &mut columns {
        if let Some(verdict) = evidence.drift.get(&column.name) {
            column.drifted = *verdict || column.reshaped();
        }
    }
    columns.sort_by(|one, other| other.importance.total_cmp(&one.importance));
    columns
}

/// Whether values of this kind are what the reference has in this column.
fn readable(kind: Kind, before: &table::Table, name: &str) -> bool {
    before.column(name).is_some_and(|column| column.values.kind() == kind)
}

fn loss_change(evidence: &Evidence<'_>) -> LossChange {
    let of = |rows: &Rows| weighted(&rows.loss, &rows.weights).unwrap_or((0.0, 0.0));
    let ((before, before_error), (after, after_error)) = (of(evidence.reference), of(evidence.current));
    let margin = stats::normal_quantile(0.975) * (before_error + after_error).sqrt();
    let measured = evidence.reference.labels.is_some() && evidence.current.labels.is_some();
    LossChange { before, after, margin, measured }
}

/// The weighted mean of the finite values and its squared standard error.
pub(super) fn weighted(values: &[f64], weights: &[f64]) -> Option<(f64, f64)> {
    let finite = || values.iter().zip(weights).filter(|(value, _)| value.is_finite());
    let total: f64 = finite().map(|(_, weight)| weight).sum();
    if total <= 0.0 {
        return None;
    }
    let mean = finite().map(|(value, weight)| value * weight).sum::<f64>() / total;
    let squares: f64 = finite().map(|(value, weight)| (weight * (value - mean)).powi(2)).sum();
    Some((mean, squares / (total * total)))
}
