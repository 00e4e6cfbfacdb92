//! The directory that an import goes to, written or only looked at.

use rusqlite::{Connection, Transaction};

use crate::{Error, Settings, Tracking, experiments, schema, writer::Writing};

/// Where an import goes.
pub struct Target(Kind);

enum Kind {
    Written(Tracking),
    LookedAt(Tracking),
    /// An empty database in memory, to look at.
    Nothing(Box<Connection>, Settings),
}

impl Target {
    /// A directory that is written to.
    pub fn written(tracking: Tracking) -> Self {
        Self(Kind::Written(tracking))
    }

    /// A directory that is only held against what would come.
    pub fn looked_at(tracking: Tracking) -> Self {
        Self(Kind::LookedAt(tracking))
    }

    /// A directory that is not there, as it would be made.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn nothing(settings: Settings) -> Result<Self, Error> {
        let mut connection = Connection::open_in_memory()?;
        schema::bring_up_to_date(&mut connection, &settings.directory)?;
        experiments::make_default(&connection, &settings)?;
        Ok(Self(Kind::Nothing(Box::new(connection), settings)))
    }

    pub(super) fn is_written(&self) -> bool {
        matches!(self.0, Kind::Written(_))
    }

    pub(super) fn settings(&self) -> &Settings {
        match &self.0 {
            Kind::Written(tracking) | Kind::LookedAt(tracking) => tracking.settings(),
            Kind::Nothing(_, settings) => settings,
        }
    }

    pub(super) fn read<T>(
        &self,
        body: impl FnOnce(&Transaction<'_>) -> Result<T, Error>,
    ) -> Result<T, Error> {
        match &self.0 {
            Kind::Written(tracking) | Kind::LookedAt(tracking) => tracking.read(body),
            Kind::Nothing(connection, _) => body(&connection.unchecked_transaction()?),
        }
    }

    /// Writes, and waits until that is on the disk; nothing when the target is only looked at.
    pub(super) fn write<T: Send + 'static>(
        &self,
        body: impl FnOnce(&mut Writing<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<Option<T>, Error> {
        match &self.0 {
            Kind::Written(tracking) => tracking.write(body).wait().map(Some),
            Kind::LookedAt(_) | Kind::Nothing(..) => Ok(None),
        }
    }
}
