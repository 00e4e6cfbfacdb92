//! Where artifacts are: URIs put together, and those that a client may name.

use std::path::{Component, Path, PathBuf};

use crate::{Error, Settings};

/// The longest location a client may give, in characters.
const LONGEST: usize = 2_048;

/// The URI with these segments after its path, before its query.
pub(crate) fn append(uri: &str, segments: &[&str]) -> String {
    let (path, query) = match uri.split_once('?') {
        Some((path, query)) if scheme(uri).is_some() => (path, Some(query)),
        _ => (uri, None),
    };
    let mut out = path.trim_end_matches('/').to_owned();
    if out.is_empty() && path.is_empty() {
        out = segments.join("/");
    } else {
        for segment in segments {
            out.push('/');
            out.push_str(segment);
        }
    }
    if let Some(query) = query {
        out.push('?');
        out.push_str(query);
    }
    out
}

/// The scheme of a URI, where it has one. A path of this machine has none.
pub(crate) fn scheme(uri: &str) -> Option<&str> {
    let (scheme, _) = uri.split_once(':')?;
    let mut characters = scheme.chars();
    let is_first_good = characters.next().is_some_and(|first| first.is_ascii_alphabetic());
    let is_good =
        is_first_good && characters.all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    is_good.then_some(scheme)
}

/// What a client gives as the place of an experiment's artifacts, made absolute. A place on this machine must lie in one of
/// the roots that the operator allows.
pub(crate) fn artifact_location(given: &str, settings: &Settings) -> Result<String, Error> {
    if given.chars().count() > LONGEST {
        return Err(Error::invalid(format!(
            "Invalid artifact path length. The length of the artifact path cannot be greater than {LONGEST} characters."
        )));
    }
    if given.starts_with("runs:") {
        return Err(Error::invalid(format!("Artifact location cannot be a runs:/ URI. Given: '{given}'")));
    }
    let (before_query, query) = given.split_once('?').unwrap_or((given, ""));
    if given.contains('#') || before_query.rsplit('/').next().is_some_and(|last| last.contains(';')) {
        return Err(Error::invalid("'artifact_location' URL can't include fragments or params."));
    }
    if query.contains("..") || decoded(query).contains("..") {
        return Err(Error::invalid("Invalid query string: it must not go up with '..'"));
    }
    match scheme(given) {
        None => Ok(text_of(&allowed_path(Path::new(given), given, settings)?)),
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => allowed_file(before_query, given, settings),
        Some(_) => Ok(given.to_owned()),
    }
}

fn allowed_file(uri: &str, given: &str, settings: &Settings) -> Result<String, Error> {
    let rest = &uri["file:".len()..];
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        None => rest,
    };
    if rest.starts_with("//") && !path.starts_with('/') {
        return Err(not_allowed(given));
    }
    let is_absolute = path.starts_with('/');
    let allowed = allowed_path(Path::new(&decoded(path)), given, settings)?;
    Ok(if is_absolute { given.to_owned() } else { format!("file://{}", text_of(&allowed)) })
}

/// The path, absolute, when one of the allowed roots holds it.
fn allowed_path(path: &Path, given: &str, settings: &Settings) -> Result<PathBuf, Error> {
    let goes_up = path.components().any(|part| part == Component::ParentDir);
    let absolute = std::path::absolute(path).map_err(|_| not_allowed(given))?;
    let is_within = settings.local_roots.iter().any(|root| absolute.starts_with(root));
    if goes_up || !is_within || given.contains('\0') {
        return Err(not_allowed(given));
    }
    Ok(absolute)
}

fn not_allowed(given: &str) -> Error {
    Error::invalid(format!(
        "Invalid artifact_location '{given}': it is on the server's machine and in none of the roots its operator allows; leave it out, use a URI such as s3://, or let the operator allow that root"
    ))
}

fn text_of(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// Without its percent-encoding.
pub(crate) fn decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while at < bytes.len() {
        let digits = text.get(at + 1..at + 3).filter(|_| bytes[at] == b'%');
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                out.push(byte);
                at += 3;
            }
            None => {
                out.push(bytes[at]);
                at += 1;
            }
        }
    }
    String::from_utf8_lossy(&out).into_owned()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use base::{FixedClock, Timestamp};

    use super::*;

    fn settings(roots: &[&str]) -> Settings {
        let clock = Arc::new(FixedClock::at(Timestamp::from_micros(0)));
        let mut settings = Settings::of("/nowhere", clock);
        settings.local_roots = roots.iter().map(PathBuf::from).collect();
        settings
    }

    #[test]
    fn segments_go_after_the_path_and_before_the_query() {
        let cases = [
            ("mlflow-artifacts:/", "mlflow-artifacts:/0"),
            ("s3://bucket", "s3://bucket/0"),
            ("s3://bucket/a/?x=y", "s3://bucket/a/0?x=y"),
            ("file:///tmp/a", "file:///tmp/a/0"),
            ("/tmp/a?b", "/tmp/a?b/0"),
        ];
        for (uri, expected) in cases {
            assert_eq!(append(uri, &["0"]), expected, "{uri}");
        }
    }

    #[test]
    fn a_place_on_this_machine_must_be_allowed() {
        let settings = settings(&["/data/models"]);
        for good in ["/data/models/a", "file:///data/models/a%20b", "s3://bucket/a", "mlflow-artifacts:/x"] {
            assert_eq!(artifact_location(good, &settings), Ok(good.to_owned()));
        }
        let bad = [
            "/etc",
            "/data/models/../x",
            "file:///etc",
            "file:///data/models/%2e%2e/x",
            "file://host/data/models/a",
            "relative",
            "/data/models2",
            "file:/etc",
            "file:relative",
            "runs:/a/b",
            "s3://a#b",
            "s3://a/b;c",
            "s3://a?../b",
            "s3://a?%2e%2e/b",
        ];
        for bad in bad {
            assert!(artifact_location(bad, &settings).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_relative_place_is_made_absolute() {
        let here = std::env::current_dir().unwrap();
        let settings = settings(&[here.to_str().unwrap()]);
        let expected = here.join("my_location").to_str().unwrap().to_owned();
        assert_eq!(artifact_location("my_location", &settings), Ok(expected.clone()));
        assert_eq!(artifact_location("file:my_location", &settings), Ok(format!("file://{expected}")));
    }
}
