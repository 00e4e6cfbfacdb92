//! The recorded state of each node: what it was last made from and what that gave. The planner reads it.

use base::{Hash, Timestamp};
use rusqlite::{Row, Transaction, params};
use serde::{Deserialize, Serialize};

use crate::{Error, Store, column};

/// One facet of a node, as the last action that concluded it left it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct NodeState {
    /// The node, such as `model.late`.
    pub node: String,
    /// Which of its actions: `snapshot`, `test`, `run`, `train`, `evaluate`, `gate`.
    pub facet: String,
    /// The key of the inputs.
    pub key: Hash,
    /// The object it gave.
    pub output: Option<Hash>,
    /// What else the engine wants to know again.
    pub detail: serde_json::Value,
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
            let mut statement = transaction.prepare("SELECT * FROM nodes ORDER BY node, facet")?;
            Ok(statement.query_map([], read)?.collect::<Result<_, _>>()?)
        })
    }
}

pub(crate) fn set(transaction: &Transaction<'_>, state: &NodeState) -> rusqlite::Result<()> {
    let statement = "INSERT INTO nodes (node, facet, key, output, detail, recorded)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT (node, facet) DO UPDATE SET key = excluded.key, output = excluded.output,
            detail = excluded.detail, recorded = excluded.recorded";
    let values = params![
        state.node,
        state.facet,
        state.key.to_string(),
        state.output.map(|output| output.to_string()),
        state.detail.to_string(),
        state.recorded.micros(),
    ];
    transaction.execute(statement, values).map(|_| ())
}

pub(crate) fn forget(transaction: &Transaction<'_>, node: &str) -> rusqlite::Result<()> {
    transaction.execute("DELETE FROM nodes WHERE node = $1", [node]).map(|_| ())
}

fn read(row: &Row<'_>) -> rusqlite::Result<NodeState> {
    Ok(NodeState {
        node: row.get("node")?,
        facet: row.get("facet")?,
        key: column::parsed(row, "key")?,
        output: column::optional(row, "output")?,
        detail: column::parsed(row, "detail")?,
        recorded: column::time(row, "recorded")?,
    })
}
