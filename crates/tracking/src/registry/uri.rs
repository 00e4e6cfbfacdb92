//! Reads `models:/…` URIs, in which a version may name its source.

use crate::{Error, checks::repr};

/// What `models:/…` names.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum ModelUri<'a> {
    /// A logged model.
    Logged(&'a str),
    /// A version by its number.
    Version { name: &'a str, version: &'a str },
    /// Whatever an alias, a stage or `latest` points at just now.
    Movable,
}

impl<'a> ModelUri<'a> {
    pub(super) fn parse(uri: &'a str) -> Result<Self, Error> {
        Self::read(uri).ok_or_else(|| {
            let uri = repr(uri);
            Error::invalid(format!(
                "Not a proper models:/ URI: {uri}. Write models:/MODEL_ID or models:/NAME/VERSION"
            ))
        })
    }

    fn read(uri: &'a str) -> Option<Self> {
        let (_, path) = uri.split_once(':')?;
        let path = path.strip_prefix('/')?;
        let (name, suffix) = match path.split_once('/') {
            Some((name, suffix)) => (name, Some(suffix)),
            None => (path, None),
        };
        if name.trim().is_empty() {
            return None;
        }
        match suffix {
            Some(suffix) if suffix.trim().is_empty() || suffix.contains('/') => None,
            Some(version) if version.bytes().all(|byte| byte.is_ascii_digit()) => {
                Some(Self::Version { name, version })
            }
            Some(_) => Some(Self::Movable),
            None if name.contains('@') => Some(Self::Movable),
            None => Some(Self::Logged(name)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_of_models_name_a_logged_model_or_a_version() {
        for (uri, named) in [
            ("models:/m-1", Some(ModelUri::Logged("m-1"))),
            ("models:/name/3", Some(ModelUri::Version { name: "name", version: "3" })),
            ("models:/name/Staging", Some(ModelUri::Movable)),
            ("models:/name/latest", Some(ModelUri::Movable)),
            ("models:/name@alias", Some(ModelUri::Movable)),
            ("models:/", None),
            ("models:name", None),
            ("models:/name/", None),
            ("models:/name/1/2", None),
            ("models:// /1", None),
        ] {
            assert_eq!(ModelUri::read(uri), named, "{uri}");
        }
    }
}
