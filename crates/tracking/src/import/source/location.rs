//! Where MLflow's database is, as its users write it.

use std::path::{Path, PathBuf};

use crate::import::Error;

/// The file that a URI of SQLAlchemy's, or a path, names.
///
/// # Errors
/// When it is a database of another kind, or a server.
pub fn database(text: &str) -> Result<PathBuf, Error> {
    let Some((scheme, rest)) = text.split_once("://") else { return Ok(PathBuf::from(text)) };
    let kind = scheme.split('+').next().unwrap_or_default();
    match kind {
        "sqlite" => sqlite(text, rest),
        "http" | "https" | "databricks" => Err(Error::Location(format!(
            "`{text}` is a server; name the database behind it, as in its --backend-store-uri: sqlite:///mlflow.db"
        ))),
        "file" => Err(Error::Location(format!(
            "`{text}` holds runs in files; bring them into a database first: mlflow migrate-filestore --source DIR --target \
             sqlite:///mlflow.db"
        ))),
        _ => Err(Error::Location(format!(
            "a database of {kind} is not read here, only SQLite. Start `kaizen server` and copy from MLflow's server to it over \
             their common API, for example with mlflow-export-import"
        ))),
    }
}

/// Three slashes before a relative path, four before an absolute one.
fn sqlite(text: &str, rest: &str) -> Result<PathBuf, Error> {
    let path = rest.split('?').next().unwrap_or_default();
    match path.strip_prefix('/') {
        Some(path) if !path.is_empty() && path != ":memory:" => Ok(Path::new(path).to_owned()),
        _ => Err(Error::Location(format!(
            "`{text}` names no file; write sqlite:///mlflow.db, or sqlite:////var/lib/mlflow.db for an absolute path"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_of_sqlite_and_a_path_name_the_file() {
        for (text, file) in [
            ("sqlite:///mlflow.db", "mlflow.db"),
            ("sqlite:///data/mlflow.db", "data/mlflow.db"),
            ("sqlite:////var/mlflow.db", "/var/mlflow.db"),
            ("sqlite+pysqlite:///mlflow.db?timeout=5", "mlflow.db"),
            ("mlflow.db", "mlflow.db"),
            ("/var/mlflow.db", "/var/mlflow.db"),
        ] {
            assert_eq!(database(text).unwrap(), Path::new(file), "{text}");
        }
    }

    #[test]
    fn anything_else_is_refused_with_the_way_out() {
        for (text, way) in [
            ("postgresql://me@host/db", "mlflow-export-import"),
            ("mysql+pymysql://host/db", "a database of mysql"),
            ("http://localhost:5000", "the database behind it"),
            ("file:///mlruns", "migrate-filestore"),
            ("sqlite://", "names no file"),
            ("sqlite:///", "names no file"),
            ("sqlite:///:memory:", "names no file"),
        ] {
            assert!(database(text).unwrap_err().to_string().contains(way), "{text}");
        }
    }
}
