//! Where artifacts are there, and where they are to be here.

use std::path::{Component, Path, PathBuf};

use super::Error;
use crate::{artifacts, uri};

/// What comes before the path in the URL of a proxied artifact.
const ROUTE: &str = "/api/2.0/mlflow-artifacts/artifacts";

/// The directory of MLflow's artifacts.
pub(super) struct Places {
    root: Option<PathBuf>,
}

/// Where something of MLflow's has its artifacts here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// Their URI here.
    pub(super) uri: String,
    /// Their path below MLflow's directory, when they are copied: it is the same here.
    pub(super) copied: Option<artifacts::Path>,
    /// Whether they stay on another system or in another directory.
    pub(super) is_elsewhere: bool,
}

impl Places {
    /// Of this directory; of none, so that everything stays where it is.
    pub(super) fn of(root: Option<&Path>) -> Result<Self, Error> {
        let Some(root) = root else { return Ok(Self { root: None }) };
        let root = root.canonicalize().map_err(|error| Error::artifacts(root, &error))?;
        if !root.is_dir() {
            let problem =
                "it is no directory; name the one that MLflow's server was given as --artifacts-destination"
                    .to_owned();
            return Err(Error::Artifacts { path: root, problem });
        }
        Ok(Self { root: Some(root) })
    }

    pub(super) fn root(&self) -> Option<&Path> {
        self.root.as_deref()
    }

    /// The place of artifacts. `usual` is how their path ends unless somebody chose another: with it a directory that was
    /// moved since is found.
    pub(super) fn place(&self, uri: &str, usual: &[&str]) -> Placed {
        if let Some(path) = proxied(uri) {
            return self.below(uri, path);
        }
        let stays = Placed { uri: uri.to_owned(), copied: None, is_elsewhere: !uri.is_empty() };
        match (self.root(), local(uri)) {
            (Some(root), Some(path)) => match below(root, &path, usual) {
                Some(path) => self.below(uri, &path),
                None => stays,
            },
            _ => stays,
        }
    }

    /// A path below the directory.
    fn below(&self, uri: &str, path: &str) -> Placed {
        let path = path.trim_matches('/');
        match artifacts::Path::parse(path) {
            // One that reads as another path when it is decoded is nobody's.
            Ok(parsed) if parsed.to_string() == path => {
                let has_root = self.root.is_some();
                let copied = Some(parsed).filter(|path| has_root && !path.is_root());
                Placed { uri: format!("mlflow-artifacts:/{path}"), copied, is_elsewhere: !has_root }
            }
            _ => Placed { uri: uri.to_owned(), copied: None, is_elsewhere: true },
        }
    }
}

/// The path of an artifact that MLflow's server passes on.
fn proxied(uri: &str) -> Option<&str> {
    let scheme = uri::scheme(uri)?;
    let rest = uri[scheme.len() + 1..].split('?').next().unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "mlflow-artifacts" => Some(match rest.strip_prefix("//") {
            Some(rest) => rest.split_once('/').map_or("", |(_, path)| path),
            None => rest,
        }),
        "http" | "https" => rest.split_once(ROUTE).map(|(_, path)| path),
        _ => None,
    }
}

/// The path of this machine that a URI names.
fn local(uri: &str) -> Option<String> {
    match uri::scheme(uri) {
        None => Some(uri.to_owned()),
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => {
            let rest = &uri[scheme.len() + 1..];
            let path = match rest.strip_prefix("//") {
                Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
                None => rest,
            };
            Some(uri::decoded(path))
        }
        Some(_) => None,
    }
}

/// The path below the root: that of a path in it, or of one whose end is in it, since the root may have been elsewhere when
/// MLflow wrote the path.
fn below(root: &Path, path: &str, usual: &[&str]) -> Option<String> {
    let found = Path::new(path);
    let inside = found.strip_prefix(root).ok().map(Path::to_owned);
    let inside = inside.or_else(|| found.canonicalize().ok()?.strip_prefix(root).ok().map(Path::to_owned));
    if let Some(inside) = inside {
        return inside.to_str().map(str::to_owned);
    }
    let names: Vec<&str> = found
        .components()
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            Component::ParentDir => None,
            _ => Some(""),
        })
        .collect::<Option<_>>()?;
    if !usual.is_empty() && names.ends_with(usual) {
        return Some(usual.join("/"));
    }
    // A single name is too little to know a directory by.
    let ends = (0..names.len().saturating_sub(1)).map(|from| names[from..].join("/"));
    ends.filter(|end| !end.starts_with('/')).find(|end| root.join(end).is_dir())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    #[test]
    fn proxied_artifacts_keep_their_path_and_come_through_this_server() {
        let directory = tempfile::tempdir().unwrap();
        let places = Places::of(Some(directory.path())).unwrap();
        for uri in [
            "mlflow-artifacts:/1/r/artifacts",
            "mlflow-artifacts://host:5000/1/r/artifacts",
            "mlflow-artifacts:///1/r/artifacts",
            "http://host:5000/api/2.0/mlflow-artifacts/artifacts/1/r/artifacts",
        ] {
            let placed = places.place(uri, &["1", "r", "artifacts"]);
            assert_eq!(placed.uri, "mlflow-artifacts:/1/r/artifacts", "{uri}");
            assert_eq!(placed.copied.unwrap().to_string(), "1/r/artifacts", "{uri}");
        }
        let without = Places::of(None).unwrap().place("mlflow-artifacts:/1/r/artifacts", &[]);
        assert_eq!(
            (without.uri.as_str(), without.copied, without.is_elsewhere),
            ("mlflow-artifacts:/1/r/artifacts", None, true)
        );
    }

    #[test]
    fn local_artifacts_are_found_where_they_are_and_where_they_were_moved_to() {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        fs::create_dir_all(root.join("1/models/m-1/artifacts")).unwrap();
        let places = Places::of(Some(&root)).unwrap();
        let here = format!("{}/1/r/artifacts", root.display());
        for uri in [
            here.clone(),
            format!("file://{here}"),
            "/old/mlruns/1/r/artifacts".to_owned(),
            "./mlruns/1/r/artifacts".to_owned(),
        ] {
            let placed = places.place(&uri, &["1", "r", "artifacts"]);
            assert_eq!(placed.uri, "mlflow-artifacts:/1/r/artifacts", "{uri}");
        }
        let version = places.place("file:///old/mlruns/1/models/m-1/artifacts", &[]);
        assert_eq!(version.copied.unwrap().to_string(), "1/models/m-1/artifacts");
    }

    #[test]
    fn what_is_elsewhere_stays_and_nothing_leads_out() {
        let directory = tempfile::tempdir().unwrap();
        let places = Places::of(Some(directory.path())).unwrap();
        for uri in [
            "s3://bucket/1/r/artifacts",
            "models:/m-1",
            "/etc",
            "file:///etc/passwd",
            "/old/../../etc",
            "mlflow-artifacts:/../etc",
            "mlflow-artifacts:/%2e%2e/etc",
            "mlflow-artifacts:/1/a%20b",
        ] {
            let placed = places.place(uri, &[]);
            assert_eq!((placed.uri.as_str(), placed.copied), (uri, None), "{uri}");
        }
    }

    #[test]
    fn a_root_that_is_no_directory_is_refused() {
        let file = tempfile::NamedTempFile::new().unwrap();
        assert!(Places::of(Some(file.path())).is_err());
        assert!(Places::of(Some(Path::new("/nowhere/at/all"))).is_err());
    }
}
