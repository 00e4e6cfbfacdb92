//! Where a run's, model's or version's artifacts are, from the URI that is recorded for it.

use std::path::{Component, PathBuf};

use super::{Error, Path};

/// What a URI names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Location {
    /// A path below the destination of this server.
    Proxied(Path),
    /// A directory of this machine, as a path below `/`.
    Local(Path),
}

/// What comes before the path in the URL of a proxied artifact.
const ROUTE: &str = "/api/2.0/mlflow-artifacts/artifacts";

pub(super) fn parse(uri: &str) -> Result<Location, Error> {
    if uri.starts_with('/') {
        return Path::literal(uri).map(Location::Local);
    }
    let (scheme, rest) = uri.split_once(':').ok_or_else(|| malformed(uri))?;
    let rest = rest.split('?').next().unwrap_or_default();
    match scheme.to_ascii_lowercase().as_str() {
        "mlflow-artifacts" => proxied(after_host(rest).1),
        "http" | "https" => {
            let (_, below) = rest.split_once(ROUTE).ok_or_else(|| Error::Scheme(scheme.to_owned()))?;
            if !below.is_empty() && !below.starts_with('/') {
                return Err(malformed(uri));
            }
            proxied(below)
        }
        "file" => match after_host(rest) {
            ("" | "localhost", path) if path.starts_with('/') => Path::of_file_uri(path).map(Location::Local),
            _ => Err(malformed(uri)),
        },
        _ => Err(Error::Scheme(shortened(scheme))),
    }
}

/// The allowed root that the directory is in, the innermost one, and the directory's path below that.
pub(super) fn within(roots: &[PathBuf], directory: &Path) -> Result<(PathBuf, Path), Error> {
    let mut best: Option<(PathBuf, Path)> = None;
    for root in roots {
        let Some(below) = names(root).and_then(|root| directory.below(&root)) else { continue };
        if best.as_ref().is_none_or(|(_, shortest)| below.names().len() < shortest.names().len()) {
            best = Some((root.clone(), below));
        }
    }
    best.ok_or_else(|| Error::NotAllowed(format!("/{directory}")))
}

fn proxied(path: &str) -> Result<Location, Error> {
    Path::parse(path.trim_start_matches('/')).map(Location::Proxied)
}

/// The host of a URI, if it has one, and the path.
fn after_host(rest: &str) -> (&str, &str) {
    match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    }
}

/// An absolute directory as a path below `/`; none when it has `..` or is not text.
fn names(directory: &std::path::Path) -> Option<Path> {
    let mut text = String::new();
    for component in directory.components() {
        match component {
            Component::Normal(name) => {
                text.push('/');
                text.push_str(name.to_str()?);
            }
            Component::RootDir => {}
            Component::CurDir | Component::ParentDir | Component::Prefix(_) => return None,
        }
    }
    directory.is_absolute().then(|| Path::literal(&text).ok()).flatten()
}

fn malformed(uri: &str) -> Error {
    Error::Uri(shortened(uri))
}

fn shortened(text: &str) -> String {
    text.chars().take(200).collect()
}
