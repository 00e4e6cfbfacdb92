//! Reads experiments from MLflow's database.

use super::{Source, some_text, text};
use crate::import::{Error, compare::Pairs};

/// An experiment as MLflow has it.
#[derive(Debug, Clone)]
pub(in crate::import) struct Experiment {
    pub(in crate::import) id: i64,
    pub(in crate::import) name: String,
    pub(in crate::import) artifact_location: Option<String>,
    pub(in crate::import) deleted: bool,
    pub(in crate::import) created: i64,
    pub(in crate::import) updated: i64,
    pub(in crate::import) tags: Pairs,
}

impl Source {
    /// All of them, by id.
    pub(in crate::import) fn experiments(&self) -> Result<Vec<Experiment>, Error> {
        let sql = format!(
            "SELECT experiment_id, name, artifact_location, lifecycle_stage = 'deleted', coalesce({created}, 0), coalesce({updated}, 0)
            FROM experiments WHERE {here} ORDER BY experiment_id",
            created = self.or("experiments", "creation_time", "0"),
            updated = self.or("experiments", "last_update_time", "0"),
            here = self.in_workspace("experiments"),
        );
        let mut experiments = self.list(&sql, [], |row| {
            Ok(Experiment {
                id: row.get(0)?,
                name: text(row, 1)?,
                artifact_location: some_text(row, 2)?,
                deleted: row.get::<_, Option<bool>>(3)?.unwrap_or(false),
                created: row.get(4)?,
                updated: row.get(5)?,
                tags: Pairs::new(),
            })
        })?;
        for experiment in &mut experiments {
            let sql = "SELECT key, value FROM experiment_tags WHERE experiment_id = ?1";
            experiment.tags = self.pairs(sql, [experiment.id])?;
        }
        Ok(experiments)
    }
}
