//! Text of any kind as TOML that reads back as the same text.

use std::fmt::Write;

use crate::env;

/// A value in quotes. `${env.…}` in it stays text.
pub(super) fn value(text: &str) -> String {
    quoted(&env::escape(text))
}

/// A list of values in quotes.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let values: Vec<String> = texts.into_iter().map(value).collect();
    format!("[{}]", values.join(", "))
}

/// A key, bare where TOML allows it.
pub(super) fn key(text: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !text.is_empty() && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match letter {
            '"' | '\\' => quoted.extend(['\\', letter]),
            _ if letter.is_control() => {
                // A String takes everything.
                let _ = write!(quoted, "\\u{:04X}", u32::from(letter));
            }
            _ => quoted.push(letter),
        }
    }
    quoted.push('"');
    quoted
}
