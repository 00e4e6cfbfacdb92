//! The path of an artifact below its root, from text that anyone may have sent.
//!
//! Whoever sends a path may encode it, and whoever receives it later may be a client on another system: so a path is
//! refused when any reading of it, decoded once or many times, by Windows' rules or after compatibility
//! normalisation, leads out of the directory it is joined to.

mod decode;
mod lookalike;

#[cfg(test)]
mod tests;

use std::fmt;

use super::{Error, staging};

/// A relative path of plain names: none is empty, `.` or `..`, none has a separator, NUL or control character in it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Path(Vec<String>);

/// The longest path, in bytes, as in POSIX.
const LONGEST: usize = 4_096;
/// The longest name, in bytes: what file systems take.
const LONGEST_NAME: usize = 255;
/// The most directories in each other.
const DEEPEST: usize = 64;

impl Path {
    /// The root itself.
    pub fn root() -> Self {
        Self(Vec::new())
    }

    /// Reads a path as MLflow does: it is percent-decoded until that changes nothing.
    ///
    /// # Errors
    /// [`Error::InvalidPath`] when it could lead out of its root or names what the server keeps for itself.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.len() > 3 * LONGEST {
            return Err(Error::InvalidPath);
        }
        let text = decode::fully(text)?;
        let path = Self::literal(&text)?;
        // Whoever reads the path later reads it without its empty names and dots.
        for text in [text, path.to_string()] {
            if text.contains('#') || is_absolute(&text) || has_scheme(&text) {
                return Err(Error::InvalidPath);
            }
        }
        Ok(path)
    }

    /// Reads the path of a `file:` URI: decoded once, as everybody reads those.
    pub(super) fn of_file_uri(text: &str) -> Result<Self, Error> {
        Self::literal(&decode::once(text)?)
    }

    /// Reads a path that is not encoded.
    pub(super) fn literal(text: &str) -> Result<Self, Error> {
        if lookalike::escapes(text) || text.len() > LONGEST {
            return Err(Error::InvalidPath);
        }
        let names = text.split('/').filter(|name| !name.is_empty() && *name != ".");
        let names = names.map(checked).collect::<Result<Vec<_>, _>>()?;
        let path = Self(names);
        if path.0.len() > DEEPEST || lookalike::escapes(&path.to_string()) {
            return Err(Error::InvalidPath);
        }
        Ok(path)
    }

    /// This path with another below it.
    ///
    /// # Errors
    /// [`Error::InvalidPath`] when the two together are too long.
    pub fn join(&self, below: &Self) -> Result<Self, Error> {
        let names: Vec<String> = self.0.iter().chain(&below.0).cloned().collect();
        let length: usize = names.iter().map(|name| name.len() + 1).sum();
        if names.len() > DEEPEST || length > LONGEST {
            return Err(Error::InvalidPath);
        }
        Ok(Self(names))
    }

    /// Whether it is the root itself.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// Its last name; none for the root.
    pub fn name(&self) -> Option<&str> {
        self.0.last().map(String::as_str)
    }

    /// Its names, outermost first.
    pub(super) fn names(&self) -> &[String] {
        &self.0
    }

    /// What is left of it below `directory`; nothing when it is elsewhere.
    pub(super) fn below(&self, directory: &Self) -> Option<Self> {
        self.0.strip_prefix(directory.names()).map(|names| Self(names.to_vec()))
    }

    /// The directories it is in and its own name.
    pub(super) fn split(&self) -> Result<(&[String], &str), Error> {
        let (name, parents) = self.0.split_last().ok_or(Error::Root)?;
        Ok((parents, name))
    }
}

impl fmt::Display for Path {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0.join("/"))
    }
}

fn checked(name: &str) -> Result<String, Error> {
    let is_reserved = name.to_ascii_lowercase().starts_with(staging::RESERVED);
    if name.len() > LONGEST_NAME || is_reserved || name.chars().any(char::is_control) {
        return Err(Error::InvalidPath);
    }
    Ok(name.to_owned())
}

/// Absolute here, on Windows, or on a share of Windows.
fn is_absolute(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_drive = matches!(bytes, [letter, b':', ..] if letter.is_ascii_alphabetic());
    text.starts_with(['/', '\\']) || (has_drive && matches!(bytes.get(2), None | Some(b'/' | b'\\')))
}

/// A URL, or a `file:` URI in any of its forms.
fn has_scheme(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let is_scheme = scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c));
    is_scheme && (rest.starts_with("//") || scheme.eq_ignore_ascii_case("file"))
}
