//! The stages of model versions.

use rusqlite::types::{FromSql, FromSqlError, FromSqlResult, ToSql, ToSqlOutput, ValueRef};

use crate::Error;

/// How far a version has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    None,
    Staging,
    Production,
    Archived,
}

/// What stands in the place of a stage when a version is deleted.
pub(super) const DELETED: &str = "Deleted_Internal";

impl Stage {
    pub(super) const ALL: [Self; 4] = [Self::None, Self::Staging, Self::Production, Self::Archived];

    /// The stage of this name, in letters of any case.
    pub(super) fn named(name: &str) -> Result<Self, Error> {
        let stage = Self::ALL.into_iter().find(|stage| stage.name().eq_ignore_ascii_case(name));
        stage.ok_or_else(|| {
            let all = Self::ALL.map(Self::name).join(", ");
            Error::invalid(format!("Invalid Model Version stage: {name}. Value must be one of {all}."))
        })
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::None => "None",
            Self::Staging => "Staging",
            Self::Production => "Production",
            Self::Archived => "Archived",
        }
    }

    /// Whether a version in it is in use, so that there may be only one.
    pub(super) fn is_active(self) -> bool {
        matches!(self, Self::Staging | Self::Production)
    }
}

impl ToSql for Stage {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::from(self.name()))
    }
}

impl FromSql for Stage {
    fn column_result(value: ValueRef<'_>) -> FromSqlResult<Self> {
        Self::named(value.as_str()?).map_err(|_| FromSqlError::InvalidType)
    }
}
