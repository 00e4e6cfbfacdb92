//! What the writer keeps in memory for speed: it can be made again from the database at any time.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use rusqlite::Connection;

use crate::{Error, writer::Writing};

/// The latest values that are not in their table yet.
pub(crate) struct Memory {
    unfolded: Arc<AtomicBool>,
}

impl Memory {
    /// What the database holds that is not folded. `unfolded` tells readers whether they must ask for it first.
    pub(crate) fn load(_connection: &Connection, unfolded: Arc<AtomicBool>) -> Result<Self, Error> {
        Ok(Self { unfolded })
    }

    pub(crate) fn has_unfolded(&self) -> bool {
        self.unfolded.load(Ordering::Acquire)
    }

    /// Whether it holds as much as it may.
    pub(crate) fn is_full(&self) -> bool {
        false
    }

    /// Puts all of it into its tables.
    pub(crate) fn fold(_writing: &mut Writing<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// The transaction is on the disk.
    pub(crate) fn committed(&mut self) {}

    /// The transaction is lost, and with it what this holds of it.
    pub(crate) fn reload(&mut self, _connection: &Connection) {}
}
