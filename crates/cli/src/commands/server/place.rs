//! Where artifacts go, as an operator writes it: a URI or a directory.

use std::path::{Path, PathBuf, absolute};

/// The root of new experiments as it is recorded, and the directory that it names, when it is one of this machine.
pub(super) fn root(text: &str) -> Result<(String, Option<PathBuf>), String> {
    match scheme(text) {
        None => {
            let directory = whole(Path::new(text))?;
            let shown = directory.to_str().map(str::to_owned);
            Ok((shown.ok_or_else(|| format!("`{text}` is not valid UTF-8"))?, Some(directory)))
        }
        Some("file") => Ok((text.to_owned(), Some(of_uri(text)?))),
        Some(_) => Ok((text.to_owned(), None)),
    }
}

/// The directory behind `mlflow-artifacts:/`.
pub(super) fn destination(text: &str) -> Result<PathBuf, String> {
    match scheme(text) {
        None => whole(Path::new(text)),
        Some("file") => of_uri(text),
        Some(scheme) => Err(format!(
            "--artifacts-destination {text}: this release keeps artifacts in a directory of this machine and cannot \
             write to {scheme}; give a directory or a file:// URI, or have clients write there themselves \
             (--default-artifact-root)"
        )),
    }
}

/// What stands before the colon of a URI; a path has nothing of the kind.
fn scheme(text: &str) -> Option<&str> {
    let (scheme, _) = text.split_once(':')?;
    let starts_well = scheme.starts_with(|first: char| first.is_ascii_alphabetic());
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "+-.".contains(letter);
    (starts_well && scheme.chars().all(plain)).then_some(scheme)
}

fn of_uri(uri: &str) -> Result<PathBuf, String> {
    let problem = || format!("`{uri}` names no directory of this machine; write file:///absolute/path");
    let rest = uri.strip_prefix("file:").ok_or_else(problem)?;
    let path = match rest.strip_prefix("//") {
        Some(rest) => rest.strip_prefix("localhost").unwrap_or(rest),
        None => rest,
    };
    if !path.starts_with('/') || path.contains(['?', '#']) {
        return Err(problem());
    }
    let decoded = decoded(path).ok_or_else(problem)?;
    whole(Path::new(&decoded))
}

/// Text with its percent signs read; nothing when they are wrong or give no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let mut rest = text.as_bytes();
    while let Some((first, after)) = rest.split_first() {
        rest = after;
        if *first != b'%' {
            bytes.push(*first);
            continue;
        }
        let (digits, after) = rest.split_at_checked(2)?;
        let digits = std::str::from_utf8(digits).ok().filter(|digits| !digits.starts_with('+'))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        rest = after;
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains('\0'))
}

fn whole(path: &Path) -> Result<PathBuf, String> {
    absolute(path).map_err(|error| format!("`{}` names no directory: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::path::{Path, PathBuf};

    use super::{destination, root};

    #[test]
    fn a_root_is_recorded_as_it_is_given_and_its_directory_is_known() {
        for (text, directory) in [
            ("mlflow-artifacts:/", None),
            ("s3://bucket/prefix", None),
            ("file:///srv/mlflow%20runs", Some("/srv/mlflow runs")),
            ("file:/srv/runs", Some("/srv/runs")),
            ("file://localhost/srv/runs", Some("/srv/runs")),
            ("/srv/runs", Some("/srv/runs")),
        ] {
            assert_eq!(root(text).unwrap(), (text.to_owned(), directory.map(PathBuf::from)), "{text}");
        }
        let (shown, directory) = root("runs").unwrap();
        assert!(shown.starts_with('/') && shown.ends_with("/runs"), "{shown}");
        assert_eq!(directory.as_deref(), Some(Path::new(&shown)));
    }

    #[test]
    fn a_uri_that_names_no_directory_here_is_refused_by_name() {
        for uri in [
            "file://other/srv",
            "file:srv",
            "file:",
            "file:///srv?x",
            "file:///a%2",
            "file:///a%zz",
            "file:///a%00",
            "file:///a%ff",
            "file:///a%+1",
        ] {
            assert!(root(uri).unwrap_err().contains(uri), "{uri}");
            assert!(destination(uri).is_err(), "{uri}");
        }
    }

    #[test]
    fn artifacts_come_to_rest_in_a_directory_of_this_machine() {
        assert_eq!(destination("/srv/a").unwrap(), Path::new("/srv/a"));
        assert_eq!(destination("file:///srv/a").unwrap(), Path::new("/srv/a"));
        assert!(destination("a").unwrap().is_absolute());
        for elsewhere in ["s3://bucket", "gs://bucket/x", "mlflow-artifacts:/"] {
            assert!(destination(elsewhere).unwrap_err().contains("cannot write to"), "{elsewhere}");
        }
    }
}
