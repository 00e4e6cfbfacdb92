//! The recorded state of each node: what it was last made from and what that gave. The planner reads it.

use base::{Hash, Timestamp};
use rusqlite::{OptionalExtension as _, Row, Transaction, params};

use crate::{Error, Store, column};

/// One facet of a node, as the last action that concluded it left it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NodeState {
    /// The node, such as `model.late`.
    pub node: String,
    /// Which of its actions: `snapshot`, `test`, `run`, `train`, `evaluate`, `gate`.
    pub facet: String,
    /// The key of the inputs.
    pub key: Hash,
    /// The object it gave.
    pub output: Option<Hash>,
    /// What else the engine wants to know again: the JSON that was recorded, as text. There are as many
    /// as nodes and they are read before each plan, so that whoever knows their shape parses them, once.
    pub detail: String,
    /// When it was recorded.
    pub recorded: Timestamp,
}

impl Store {
    /// The recorded state of every node, by node and facet.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn nodes(&self) -> Result<Vec<NodeState>, Error> {
        self.database().read("read the recorded state", |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT node, facet, key, output, detail, recorded FROM nodes ORDER BY node, facet",
            )?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }

    /// The recorded state of one facet of a node.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub fn node(&self, node: &str, facet: &str) -> Result<Option<NodeState>, Error> {
        self.database().read("read the recorded state", |transaction| {
            let mut statement = transaction.prepare_cached(
                "SELECT node, facet, key, output, detail, recorded FROM nodes WHERE node = $1 AND facet = $2",
            )?;
            Ok(statement.query_row([node, facet], read).optional()?)
        })
    }
}

/// A facet of a node, to record.
pub(crate) struct Facet<'a> {
    pub(crate) node: &'a str,
    pub(crate) facet: &'a str,
    pub(crate) key: Hash,
    pub(crate) output: Option<Hash>,
    pub(crate) detail: &'a serde_json::Value,
}

pub(crate) fn set(transaction: &Transaction<'_>, now: Timestamp, facet: &Facet<'_>) -> rusqlite::Result<()> {
    let statement = "INSERT INTO nodes (node, facet, key, output, detail, recorded)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (node, facet) DO UPDATE SET key = excluded.key, output = excluded.output,
            detail = excluded.detail, recorded = excluded.recorded";
    let values = params![
        facet.node,
        facet.facet,
        facet.key.to_string(),
        facet.output.map(|output| output.to_string()),
        facet.detail.to_string(),
        now.micros(),
    ];
    transaction.prepare_cached(statement)?.execute(values).map(|_| ())
}

pub(crate) fn forget(transaction: &Transaction<'_>, node: &str) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM nodes WHERE node = $1", [node]).map(|_| ())
}

/// Reads the columns in the order in which the statements above name them.
fn read(row: &Row<'_>) -> rusqlite::Result<NodeState> {
    Ok(NodeState {
        node: row.get(0)?,
        facet: row.get(1)?,
        key: column::parsed(row, 2)?,
        output: column::optional(row, 3)?,
        detail: row.get(4)?,
        recorded: column::time(row, 5)?,
    })
}
