//! Text that must not be seen.

use std::fmt;

use base::Diagnostic;
use serde::{Serialize, Serializer};

use crate::reader::Section;

/// A secret of the project file. Neither `Debug` nor serde shows it, and a plan never rests on it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

const HIDDEN: &str = "(secret)";

impl Secret {
    pub(crate) fn new(text: String) -> Self {
        Self(text)
    }

    /// The secret itself, for signing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(HIDDEN)
    }
}

/// As RFC 2104 has it a key should not be shorter than is hard to guess; 128 bits are.
const SHORTEST: usize = 16;

/// The field as a secret that cannot be guessed; `what` says what it is, for a person.
pub(crate) fn read(section: &Section<'_>, field: &str, what: &str) -> Option<Secret> {
    let text = section.text(field)?;
    if text.len() >= SHORTEST {
        return Some(Secret::new(text));
    }
    let short = Diagnostic::error(format!("the {what} has {} bytes, which can be guessed", text.len()));
    section.place(field).refuse(
        short
            .expected(format!("at least {SHORTEST} bytes"))
            .hint("make one: openssl rand -base64 32; and keep it in the environment"),
    );
    None
}

#[cfg(test)]
mod tests {
    use super::Secret;

    #[test]
    fn a_secret_is_shown_to_nobody_who_does_not_ask_for_it() {
        let secret = Secret::new("correct horse battery".to_owned());
        let shown = format!("{secret:?} {}", serde_json::to_string(&secret).unwrap());
        assert!(!shown.contains("horse"), "{shown}");
        assert_eq!(secret.reveal(), "correct horse battery");
    }
}
