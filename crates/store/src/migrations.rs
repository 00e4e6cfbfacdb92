//! Brings a database to the current format, forward only. The format is the number of the last
//! migration.
//!
//! Later releases add files and never change one: what is on somebody's disk was made by them.

#[cfg(test)]
mod tests;

use rusqlite::{Connection, TransactionBehavior};

const MIGRATIONS: [&str; 11] = [
    include_str!("migrations/0001_journal.sql"),
    include_str!("migrations/0002_registry.sql"),
    include_str!("migrations/0003_history.sql"),
    include_str!("migrations/0004_files.sql"),
    include_str!("migrations/0005_captures.sql"),
    include_str!("migrations/0006_monitoring.sql"),
    include_str!("migrations/0007_tickets.sql"),
    include_str!("migrations/0008_runs.sql"),
    include_str!("migrations/0009_pending_objects.sql"),
    include_str!("migrations/0010_cache.sql"),
    include_str!("migrations/0011_triggers.sql"),
];

/// The format this release writes.
pub(crate) const CURRENT: i64 = MIGRATIONS.len() as i64;

/// The format of a database; 0 when it is empty.
pub(crate) fn format(connection: &Connection) -> rusqlite::Result<i64> {
    let has_meta = "SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND name = 'meta'";
    let tables: i64 = connection.query_row(has_meta, [], |row| row.get(0))?;
    if tables == 0 {
        return Ok(0);
    }
    connection.query_row("SELECT value FROM meta WHERE key = 'format'", [], |row| row.get(0))
}

/// Applies the migrations the database lacks, all in one transaction: a new store costs one sync.
pub(crate) fn migrate(connection: &mut Connection) -> rusqlite::Result<()> {
    // Most stores lack none, and looking under the write lock would wait for whoever is writing.
    if format(connection)? == CURRENT {
        return Ok(());
    }
    migrate_to(connection, CURRENT)
}

fn migrate_to(connection: &mut Connection, target: i64) -> rusqlite::Result<()> {
    // Two processes may open a new store at once: look again under the write lock.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = format(&transaction)?;
    for (script, number) in MIGRATIONS.iter().zip(1..=target) {
        if found < number {
            transaction.execute_batch(script)?;
            transaction.execute("UPDATE meta SET value = $1 WHERE key = 'format'", [number])?;
        }
    }
    transaction.commit()
}
