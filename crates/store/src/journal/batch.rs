//! What is written to the journal: outcomes and intents, many in one transaction.

use base::{Hash, Timestamp};
use rusqlite::{OptionalExtension as _, Transaction, params};

use super::{ActionId, Intent, Outcome, Status, current_generation};
use crate::{Change, Error, RunId, Store, change, column, column::signed, database::Fault};

/// What one transaction records: how actions ended, then which begin.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Batch {
    /// The actions that ended, in the order in which their changes are made.
    pub conclusions: Vec<Concluded>,
    /// The actions that begin.
    pub intents: Vec<Intent>,
}

/// An action that ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Concluded {
    /// The action.
    pub id: ActionId,
    /// How it ended.
    pub outcome: Outcome,
    /// What it changes.
    pub changes: Vec<Change>,
}

/// What came of a batch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Journalled {
    /// The numbers of the intents, in their order.
    pub actions: Vec<ActionId>,
    /// For each conclusion the numbers of the versions that its changes added, in their order.
    pub versions: Vec<Vec<u64>>,
}

/// An action that ended, as whoever records it has it.
struct Conclusion<'a> {
    id: ActionId,
    outcome: &'a Outcome,
    changes: &'a [Change],
}

impl Store {
    /// Records how actions ended, each together with the state it leaves behind, and then which begin: all
    /// of it or nothing, on disk when this returns, with one sync.
    ///
    /// # Errors
    /// As [`Store::conclude`] and [`Store::intend`]. The message names the action.
    pub fn journal(&self, batch: &Batch) -> Result<Journalled, Error> {
        let conclusions: Vec<_> = batch.conclusions.iter().map(Conclusion::from).collect();
        self.record_batch("write the journal", &conclusions, &batch.intents)
    }

    /// Records that an action begins.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the intent is not of the current generation.
    pub fn intend(&self, intent: &Intent) -> Result<ActionId, Error> {
        let journalled = self.record_batch("record an intent", &[], std::slice::from_ref(intent))?;
        Ok(journalled.actions[0])
    }

    /// Records how an action ended together with the state it leaves behind: both or neither.
    ///
    /// Returns the numbers of the versions that the changes added, in their order.
    ///
    /// # Errors
    /// [`Error::Fenced`] when a newer generation has begun since the intent. Only
    /// [`Status::Interrupted`] without changes is taken then: so the new engine closes what the
    /// old one left open. [`Error::Concluded`] when the action has an outcome already.
    pub fn conclude(&self, id: ActionId, outcome: &Outcome, changes: &[Change]) -> Result<Vec<u64>, Error> {
        let conclusion = Conclusion { id, outcome, changes };
        let mut journalled = self.record_batch("record an outcome", &[conclusion], &[])?;
        Ok(journalled.versions.remove(0))
    }

    /// Gives an action that has no outcome to a newer generation, which goes on with it.
    ///
    /// # Errors
    /// [`Error::Fenced`] when the generation is not the current one, [`Error::Concluded`] when the action
    /// has an outcome already.
    pub fn adopt(&self, action: ActionId, generation: u64, run: Option<RunId>) -> Result<(), Error> {
        self.database().write("adopt an action", |transaction| {
            let begun = find_open(transaction, action)?;
            fence(&begun.action, generation, current_generation(transaction)?)?;
            let statement = "UPDATE actions SET generation = $1, run = $2 WHERE id = $3";
            let run = run.map(|run| signed(run.number()));
            transaction.execute(statement, params![signed(generation), run, signed(action.0)])?;
            Ok(())
        })
    }

    fn record_batch(
        &self,
        operation: &'static str,
        conclusions: &[Conclusion<'_>],
        intents: &[Intent],
    ) -> Result<Journalled, Error> {
        for conclusion in conclusions {
            self.require_objects(conclusion.changes)?;
        }
        let now = self.clock().now();
        self.database().write(operation, |transaction| {
            let current = current_generation(transaction)?;
            let mut journalled = Journalled::default();
            for conclusion in conclusions {
                journalled.versions.push(conclude(transaction, now, current, conclusion)?);
            }
            for intent in intents {
                fence(&intent.action, intent.generation, current)?;
                journalled.actions.push(intend(transaction, now, intent)?);
            }
            Ok(journalled)
        })
    }
}

impl<'a> From<&'a Concluded> for Conclusion<'a> {
    fn from(concluded: &'a Concluded) -> Self {
        Self { id: concluded.id, outcome: &concluded.outcome, changes: &concluded.changes }
    }
}

fn conclude(
    transaction: &Transaction<'_>,
    now: Timestamp,
    current: u64,
    conclusion: &Conclusion<'_>,
) -> Result<Vec<u64>, Fault> {
    let Conclusion { id, outcome, changes } = conclusion;
    let begun = find_open(transaction, *id)?;
    let only_closes = outcome.status == Status::Interrupted && changes.is_empty();
    if !only_closes {
        fence(&begun.action, begun.generation, current)?;
    }
    let statement = "UPDATE actions SET finished = $1, status = $2, detail = $3 WHERE id = $4";
    let values = params![now.micros(), outcome.status.as_str(), outcome.detail.to_string(), signed(id.0)];
    transaction.prepare_cached(statement)?.execute(values)?;
    change::apply(transaction, now, changes)
}

fn intend(transaction: &Transaction<'_>, started: Timestamp, intent: &Intent) -> rusqlite::Result<ActionId> {
    let statement = "INSERT INTO actions (plan, action, node, generation, reason, key, started, run)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) RETURNING id";
    let values = params![
        intent.plan.to_string(),
        intent.action,
        intent.node,
        signed(intent.generation),
        intent.reason.to_string(),
        intent.key.as_ref().map(Hash::to_string),
        started.micros(),
        intent.run.map(|run| signed(run.number())),
    ];
    transaction.prepare_cached(statement)?.query_row(values, |row| column::count(row, 0).map(ActionId))
}

/// What the journal says of an action that has no outcome.
struct Begun {
    action: String,
    generation: u64,
}

fn find_open(transaction: &Transaction<'_>, id: ActionId) -> Result<Begun, Fault> {
    let statement = "SELECT action, generation, finished IS NOT NULL FROM actions WHERE id = $1";
    let read = |row: &rusqlite::Row<'_>| {
        let begun = Begun { action: row.get(0)?, generation: column::count(row, 1)? };
        Ok((begun, row.get::<_, bool>(2)?))
    };
    let found = transaction.prepare_cached(statement)?.query_row([signed(id.0)], read).optional()?;
    match found.ok_or(Error::UnknownAction(id))? {
        (_, true) => Err(Error::Concluded(id).into()),
        (begun, false) => Ok(begun),
    }
}

/// Refuses what is not of the current generation.
fn fence(action: &str, generation: u64, current: u64) -> Result<(), Error> {
    if generation == current {
        return Ok(());
    }
    Err(Error::Fenced { action: format!("`{action}`"), generation, current })
}
