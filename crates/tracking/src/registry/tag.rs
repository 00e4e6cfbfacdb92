//! Tags of registered models and of their versions.

use rusqlite::{Transaction, params};

use crate::{
    Error, Pending, Tracking,
    registry::{
        read::{model_row, version_row},
        words,
    },
};

impl Tracking {
    /// Sets a tag of a registered model.
    pub fn set_registered_model_tag(&self, name: String, key: String, value: String) -> Pending<()> {
        if let Err(error) = words::check_name(&name).and_then(|()| words::check_model_tag(&key, &value)) {
            return Pending::refused(error);
        }
        self.write(move |writing| {
            let model = model_row(writing.transaction, &name)?;
            set_on_model(writing.transaction, model, &[(key, value)])
        })
    }

    /// Takes a tag from a registered model. One that is not there is no mistake.
    pub fn delete_registered_model_tag(&self, name: String, key: String) -> Pending<()> {
        if let Err(error) = words::check_name(&name).and_then(|()| words::check_key(&key)) {
            return Pending::refused(error);
        }
        self.write(move |writing| {
            let model = model_row(writing.transaction, &name)?;
            let sql = "DELETE FROM registered_model_tags WHERE model = ?1 AND key = ?2";
            writing.transaction.prepare_cached(sql)?.execute(params![model, key])?;
            Ok(())
        })
    }

    /// Sets a tag of a version.
    pub fn set_model_version_tag(&self, name: String, version: String, tag: (String, String)) -> Pending<()> {
        let checked = check_version(&name, &version).and_then(|()| words::check_version_tag(&tag.0, &tag.1));
        if let Err(error) = checked {
            return Pending::refused(error);
        }
        self.write(move |writing| {
            let row = version_row(writing.transaction, &name, &version)?.id;
            set_on_version(writing.transaction, row, &[tag])
        })
    }

    /// Takes a tag from a version. One that is not there is no mistake.
    pub fn delete_model_version_tag(&self, name: String, version: String, key: String) -> Pending<()> {
        if let Err(error) = check_version(&name, &version).and_then(|()| words::check_key(&key)) {
            return Pending::refused(error);
        }
        self.write(move |writing| {
            let row = version_row(writing.transaction, &name, &version)?.id;
            let sql = "DELETE FROM model_version_tags WHERE version = ?1 AND key = ?2";
            writing.transaction.prepare_cached(sql)?.execute(params![row, key])?;
            Ok(())
        })
    }
}

fn check_version(name: &str, version: &str) -> Result<(), Error> {
    words::check_name(name)?;
    words::version(version).map(drop)
}

pub(super) fn set_on_model(
    transaction: &Transaction<'_>,
    model: i64,
    tags: &[(String, String)],
) -> Result<(), Error> {
    let sql = "INSERT INTO registered_model_tags (model, key, value) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO UPDATE SET value = excluded.value";
    let mut set = transaction.prepare_cached(sql)?;
    tags.iter().try_for_each(|(key, value)| set.execute(params![model, key, value]).map(drop))?;
    Ok(())
}

pub(super) fn set_on_version(
    transaction: &Transaction<'_>,
    version: i64,
    tags: &[(String, String)],
) -> Result<(), Error> {
    let sql = "INSERT INTO model_version_tags (version, key, value) VALUES (?1, ?2, ?3) \
        ON CONFLICT DO UPDATE SET value = excluded.value";
    let mut set = transaction.prepare_cached(sql)?;
    tags.iter().try_for_each(|(key, value)| set.execute(params![version, key, value]).map(drop))?;
    Ok(())
}
