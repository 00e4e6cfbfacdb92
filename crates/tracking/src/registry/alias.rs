//! Aliases, which point at versions.

use rusqlite::params;

use crate::{
    Pending, Tracking,
    registry::{
        read::{model_row, version_row},
        words,
    },
};

impl Tracking {
    /// Points an alias at a version, whatever it pointed at before.
    pub fn set_registered_model_alias(&self, name: String, alias: String, version: String) -> Pending<()> {
        let checked = words::check_name(&name).and_then(|()| words::check_new_alias(&alias));
        if let Err(error) = checked.and_then(|()| words::version(&version)) {
            return Pending::refused(error);
        }
        self.write(move |writing| {
            let row = version_row(writing.transaction, &name, &version)?;
            let sql = "INSERT INTO registered_model_aliases (model, alias, version) VALUES (?1, ?2, ?3) \
                ON CONFLICT DO UPDATE SET version = excluded.version";
            writing.transaction.prepare_cached(sql)?.execute(params![row.model, alias, row.version])?;
            Ok(())
        })
    }

    /// Takes an alias away. One that is not there is no mistake.
    pub fn delete_registered_model_alias(&self, name: String, alias: String) -> Pending<()> {
        if let Err(error) = words::check_name(&name).and_then(|()| words::check_alias(&alias)) {
            return Pending::refused(error);
        }
        self.write(move |writing| {
            let model = model_row(writing.transaction, &name)?;
            let sql = "DELETE FROM registered_model_aliases WHERE model = ?1 AND alias = ?2";
            writing.transaction.prepare_cached(sql)?.execute(params![model, alias])?;
            Ok(())
        })
    }
}
