//! What a comparison and an order are about: a name with or without its kind, and how names and values are quoted.

use std::{borrow::Cow, fmt};

/// A name as it was written: ``tags.`mlflow.user` ``, `metrics.loss`, `status`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name<'a> {
    /// What stands before the first point.
    pub(super) kind: Option<&'a str>,
    /// What stands behind it, without quotes.
    pub(super) key: Cow<'a, str>,
    /// Whether the key stood in quotes, so that it is no keyword.
    pub(super) quoted: bool,
}

impl Name<'_> {
    /// Whether this is that keyword, in whatever case.
    pub(super) fn is(&self, keyword: &str) -> bool {
        self.kind.is_none() && !self.quoted && self.key.eq_ignore_ascii_case(keyword)
    }
}

/// Whether a character may stand in a name without quotes. Points part it.
pub(super) fn is_plain(character: char) -> bool {
    character.is_alphanumeric() || character == '_'
}

/// A key, in backticks unless it is plain. A backtick in it is doubled.
pub(super) struct Key<'a>(pub(super) &'a str);

impl fmt::Display for Key<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match !self.0.is_empty() && self.0.chars().all(is_plain) {
            true => f.write_str(self.0),
            false => write!(f, "`{}`", self.0.replace('`', "``")),
        }
    }
}

/// A text value in quotes: single ones unless double ones spare it a doubled quote. A text that ends in a backslash cannot be
/// written so that it is read back from before another quote; MLflow's grammar has no way to say it.
pub(super) struct Quoted<'a>(pub(super) &'a str);

impl fmt::Display for Quoted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let quote = if self.0.contains('\'') && !self.0.contains('"') { "\"" } else { "'" };
        write!(f, "{quote}{}{quote}", self.0.replace(quote, &quote.repeat(2)))
    }
}
