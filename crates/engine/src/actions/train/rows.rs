//! The rows that a training command is given: those that a built-in learner would learn from, and no held-out one.

use std::{
    fs,
    path::{Path, PathBuf},
};

use learn::{Division, Settings, Warning};
use table::{Field, Table};

use super::{
    super::{Failure, Turn, run},
    Contents, settings, unusable,
};
use crate::{Engine, Error};

/// The rows of a model, divided, with those to learn from in a file.
pub(super) struct Rows {
    /// All rows, the held-out ones too.
    pub(super) table: Table,
    pub(super) settings: Settings,
    pub(super) division: Division,
    /// Columns that hold nothing to learn from.
    pub(super) warnings: Vec<Warning>,
    /// The file with the rows to learn from: the columns that may be learned from, and the target.
    pub(super) file: PathBuf,
}

impl Rows {
    /// Divides the rows and writes the file, unless a killed predecessor did.
    pub(super) async fn prepare(engine: &Engine, turn: &Turn, folder: &Path) -> Result<Self, Failure> {
        let model = turn.model()?;
        let contents = Contents::of(model, &turn.inputs)?;
        let warnings = unusable(engine, model, &contents.source)?;
        let table = super::rows(engine, turn, &contents).await?;
        let settings = settings(&turn.project, model, &table);
        let folder = folder.to_owned();
        let dividing = tokio::task::spawn_blocking(move || Self::divide(table, settings, warnings, &folder));
        dividing.await.map_err(|error| Failure::of(&error))?
    }

    fn divide(
        table: Table,
        settings: Settings,
        warnings: Vec<Warning>,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let division = learn::divide(&table, &settings).map_err(|error| Failure::of(&error))?;
        fs::create_dir_all(folder).map_err(Error::io("create", folder))?;
        let file = folder.join("train.parquet");
        let rows = Self { table, settings, division, warnings, file };
        if !rows.file.exists() {
            data::write_table(&rows.given(&rows.division.train), &rows.file)?;
        }
        Ok(rows)
    }

    /// These rows, as the command sees them.
    pub(super) fn given(&self, rows: &[usize]) -> Table {
        let names = self.settings.features.iter().chain([&self.settings.target]);
        self.table.select(names.map(String::as_str)).take(rows)
    }

    /// The columns that may be learned from, in the order of the file.
    pub(super) fn columns(&self) -> Vec<Field> {
        let columns = self.settings.features.iter().filter_map(|name| self.table.column(name));
        columns.map(|column| Field { name: column.name.clone(), kind: column.values.kind() }).collect()
    }

    /// Takes the file away: it can be made again.
    pub(super) fn clear(&self) -> Result<(), Failure> {
        Ok(run::clear(&self.file)?)
    }
}
