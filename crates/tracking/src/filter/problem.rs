//! What is wrong, and where: made by everything that reads, made an [`Error`] where the whole text is known.

use std::ops::Range;

use crate::Error;

/// So much of the offending text is shown, in characters.
const SHOWN: usize = 40;

/// A sentence about a part of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) message: String,
    /// Where it begins, in bytes of the text.
    pub(super) start: usize,
    /// Where it ends; where the text ends, if nobody knows better.
    pub(super) end: Option<usize>,
    /// Whether the text is no filter at all. The search then says first that it is none, in its own words.
    pub(super) malformed: bool,
}

impl Problem {
    /// A whole sentence about that part.
    pub(super) fn new(message: impl Into<String>, at: &Range<usize>) -> Self {
        Self { message: message.into(), start: at.start, end: Some(at.end), malformed: false }
    }

    /// From `start` on the text is malformed, for this reason.
    pub(super) fn malformed(reason: impl Into<String>, start: usize) -> Self {
        Self { message: reason.into(), start, end: None, malformed: true }
    }

    /// With the column, counted in characters from one, and what stands there. What is malformed is introduced by those words.
    pub(super) fn within(self, text: &str, introduction: &str) -> Error {
        let column = text[..self.start].chars().count() + 1;
        let place = match &text[self.start..self.end.unwrap_or(text.len())] {
            "" => String::from("the end"),
            found => format!("`{}`", shortened(found)),
        };
        let introduction = if self.malformed { format!("{introduction}: ") } else { String::new() };
        Error::invalid(format!("{introduction}{} (column {column}: {place})", self.message))
    }
}

/// The beginning of a text, as far as a message may show it.
pub(super) fn shortened(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_column_counts_characters_and_not_bytes() {
        let error = Problem::new("no such thing", &(6..8)).within("tägé = 5", "bad");
        assert_eq!(error, Error::invalid("no such thing (column 5: ` =`)"));
    }

    #[test]
    fn what_is_malformed_is_introduced_and_its_end_is_called_the_end() {
        let error = Problem::malformed("more is needed", 2).within("ab", "bad filter");
        assert_eq!(error, Error::invalid("bad filter: more is needed (column 3: the end)"));
    }

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(shortened(&"é".repeat(41)), format!("{}…", "é".repeat(40)));
        assert_eq!(shortened(&"é".repeat(40)), "é".repeat(40));
    }
}
