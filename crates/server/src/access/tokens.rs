//! The tokens of a directory, for those who keep them.

use std::path::{Path, PathBuf};

use base::{Name, Timestamp, nearest};
use serde::Serialize;

use crate::access::{
    Error, Scope, Secret,
    secret::Salt,
    sheet::{self, Entry, Sheet},
};

/// The tokens of one directory. `kaizen token` works on them, also while a server does.
#[derive(Debug, Clone)]
pub struct Tokens {
    directory: PathBuf,
}

/// A token as it may be shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Token {
    /// What it is called; the holder need not know.
    pub name: String,
    /// What it allows.
    pub scope: Scope,
    /// When it was made.
    pub created: Timestamp,
    /// From when on it allows nothing; never, when there is nothing here.
    pub expires: Option<Timestamp>,
}

/// What a new token shall be.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// What it is called.
    pub name: Name,
    /// What it allows.
    pub scope: Scope,
    /// The time now.
    pub created: Timestamp,
    /// From when on it allows nothing.
    pub expires: Option<Timestamp>,
}

impl Tokens {
    /// Those of this directory, which need not exist yet.
    pub fn of(directory: &Path) -> Self {
        Self { directory: directory.to_owned() }
    }

    /// Makes a token. Its secret is in what is returned and nowhere else.
    ///
    /// # Errors
    /// When there is one of this name, or the file cannot be read or written.
    pub fn create(&self, wanted: &Wanted) -> Result<Secret, Error> {
        let _alone = sheet::lock(&self.directory)?;
        let mut sheet = match self.read()? {
            Some(sheet) => sheet,
            None => Sheet { salt: Salt::draw()?, entries: Vec::new() },
        };
        let name = wanted.name.to_string();
        if sheet.entries.iter().any(|entry| entry.name == name) {
            return Err(Error::Exists(name));
        }
        let secret = Secret::draw()?;
        let digest = secret.digest(&sheet.salt);
        let Wanted { scope, created, expires, .. } = *wanted;
        sheet.entries.push(Entry { name, scope, created, expires, digest });
        sheet::write(&self.directory, &sheet)?;
        Ok(secret)
    }

    /// All tokens, in the order in which they were made.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn list(&self) -> Result<Vec<Token>, Error> {
        let entries = self.read()?.map(|sheet| sheet.entries).unwrap_or_default();
        let shown = |Entry { name, scope, created, expires, .. }| Token { name, scope, created, expires };
        Ok(entries.into_iter().map(shown).collect())
    }

    /// Takes a token away. Servers that run know within a second.
    ///
    /// # Errors
    /// When there is none of this name, or the file cannot be read or written.
    pub fn revoke(&self, name: &str) -> Result<(), Error> {
        if self.list()?.is_empty() {
            return Err(missing(name, &[]));
        }
        let _alone = sheet::lock(&self.directory)?;
        let Some(mut sheet) = self.read()? else { return Err(missing(name, &[])) };
        let Some(place) = sheet.entries.iter().position(|entry| entry.name == name) else {
            return Err(missing(name, &sheet.entries));
        };
        sheet.entries.remove(place);
        sheet::write(&self.directory, &sheet)
    }

    fn read(&self) -> Result<Option<Sheet>, Error> {
        sheet::read(&sheet::path(&self.directory))
    }
}

fn missing(name: &str, entries: &[Entry]) -> Error {
    let names: Vec<&str> = entries.iter().map(|entry| entry.name.as_str()).collect();
    let known = match nearest(name, names.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "there are no tokens".to_owned(),
        None => format!("there is {}", names.join(", ")),
    };
    Error::NoToken { name: name.to_owned(), known }
}

#[cfg(test)]
mod tests;
