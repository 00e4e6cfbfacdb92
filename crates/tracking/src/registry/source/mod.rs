//! Which sources a version may have. Whoever may register versions could otherwise have any file of this machine
//! served: that is how MLflow's servers were read empty more than once.

use std::path::{Component, Path, PathBuf};

use rusqlite::Transaction;

use crate::{
    Error, checks, models,
    registry::source::plain::{decoded, goes_up, is_plain, local_path, path_of},
    runs,
    uri::scheme,
    writer::Writing,
};

mod plain;
#[cfg(test)]
mod tests;

/// The longest source, in characters.
const LONGEST: usize = 4_096;

/// What a version says it is, which decides where its files may be.
#[derive(Debug, Clone, Copy)]
pub(super) enum Claim<'a> {
    /// A prompt, which has no files.
    Prompt,
    /// What a run made; empty for no run.
    Run(&'a str),
    /// A logged model.
    Model(&'a str),
}

/// Refuses a source that leads to files of this machine which are not those of what the version claims to be.
pub(super) fn check(writing: &mut Writing<'_>, source: &str, claim: Claim<'_>) -> Result<(), Error> {
    checks::length("source", LONGEST, source)?;
    if matches!(claim, Claim::Prompt) {
        return check_prompt(source);
    }
    let Some(path) = local_path(source)? else { return check_remote(source) };
    let settings = writing.settings;
    if settings.lenient_sources && settings.local_roots.iter().any(|root| holds(root, &path)) {
        return Ok(());
    }
    let own = match claim {
        Claim::Prompt | Claim::Run("") => None,
        Claim::Run(run_id) => {
            let run = runs::find(writing, run_id)?.row;
            Some(artifact_uri_of(writing.transaction, run)?)
        }
        Claim::Model(model_id) => {
            Some(models::by_model_id(writing.transaction, model_id, false)?.info.artifact_uri)
        }
    };
    let own = own.and_then(|uri| local_path(&uri).ok().flatten());
    let own = own.filter(|own| !own.trim_matches('/').is_empty());
    if own.is_some_and(|own| holds(Path::new(&own), &path)) {
        return Ok(());
    }
    Err(elsewhere(source, claim))
}

fn artifact_uri_of(transaction: &Transaction<'_>, run: i64) -> Result<String, Error> {
    let mut statement = transaction.prepare_cached("SELECT artifact_uri FROM runs WHERE id = ?1")?;
    Ok(statement.query_row([run], |row| row.get(0))?)
}

/// Whether a directory is the path or has it inside, by name: what is a link is for whoever opens it to see.
fn holds(directory: &Path, path: &str) -> bool {
    let (Some(directory), Some(path)) = (resolved(directory), resolved(Path::new(path))) else {
        return false;
    };
    let below = path.strip_prefix(&directory).ok().and_then(Path::to_str);
    // Nor may it lead out for someone who decodes it once more.
    below.is_some_and(|below| decoded(below).is_some_and(|below| !goes_up(&below)))
}

/// An absolute path without `.` and `..`.
fn resolved(path: &Path) -> Option<PathBuf> {
    let mut resolved = PathBuf::new();
    for component in path.components() {
        match component {
            Component::RootDir | Component::Normal(_) => resolved.push(component),
            Component::CurDir => {}
            Component::ParentDir => drop(resolved.pop()),
            Component::Prefix(_) => return None,
        }
    }
    resolved.is_absolute().then_some(resolved)
}

/// A URI of another place needs an absolute path that says what it means.
fn check_remote(source: &str) -> Result<(), Error> {
    let path = decoded(source).filter(|decoded| !goes_up(decoded));
    match path.as_deref().map(path_of) {
        Some(path) if is_plain(path) => Ok(()),
        _ => Err(relative(source)),
    }
}

fn check_prompt(source: &str) -> Result<(), Error> {
    let scheme = scheme(source);
    if source.starts_with('/') || scheme.is_some_and(|scheme| scheme.eq_ignore_ascii_case("file")) {
        return Err(Error::invalid(format!(
            "Invalid prompt source: '{source}'. A prompt has no files, so its source cannot be a local path."
        )));
    }
    match scheme {
        Some(_) => check_remote(source),
        None if decoded(source).is_some_and(|decoded| !goes_up(&decoded)) => Ok(()),
        None => Err(relative(source)),
    }
}

fn relative(source: &str) -> Error {
    Error::invalid(format!(
        "Invalid model version source: '{source}'. If supplying a source as an http, https, object store, local \
         or mlflow-artifacts URI, give an absolute path in it, and nothing relative such as '..'."
    ))
}

fn elsewhere(source: &str, claim: Claim<'_>) -> Error {
    let (field, whose) = match claim {
        Claim::Model(_) => ("model_id", "the logged model"),
        Claim::Run(_) | Claim::Prompt => ("run_id", "the run"),
    };
    Error::invalid(format!(
        "Invalid model version source: '{source}'. To use a local path as a model version source, give the \
         {field} of {whose} that it comes from; the path must be in the artifact directory of {whose}."
    ))
}
