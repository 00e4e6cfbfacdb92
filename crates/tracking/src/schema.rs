//! The tables, and the number of their format. Later releases add migrations and never change one.

use std::path::Path;

use rusqlite::{Connection, TransactionBehavior};

use crate::Error;

/// The format this release writes.
const CURRENT: i64 = 1;

/// The tables of format 1, a file for each aggregate.
const FIRST: [&str; 7] = [
    include_str!("schema/experiments.sql"),
    include_str!("schema/runs.sql"),
    include_str!("schema/metrics.sql"),
    include_str!("schema/models.sql"),
    include_str!("schema/registry.sql"),
    include_str!("schema/traces.sql"),
    include_str!("schema/once.sql"),
];

/// Makes the tables of an empty database. One of a later release is refused, and stays as it is.
pub(crate) fn bring_up_to_date(connection: &mut Connection, path: &Path) -> Result<(), Error> {
    let format: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0))?;
    if format > CURRENT {
        return Err(Error::internal(
            &format!(
                "open {}: it has format {format} and this release knows {CURRENT}; use a later kaizen",
                path.display()
            ),
            "a later format",
        ));
    }
    if format == CURRENT {
        return Ok(());
    }
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    for script in FIRST {
        transaction.execute_batch(script)?;
    }
    transaction.pragma_update(None, "user_version", CURRENT)?;
    transaction.commit()?;
    Ok(())
}
