//! What a server makes up: `<run 1>` in a recording, and what stands there now.

use std::{
    collections::HashMap,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use serde_json::Number;

/// No session lasts longer.
const LONGEST: Duration = Duration::from_secs(600);

/// What Kaizen has said where the recording has placeholders.
pub(super) struct Placeholders {
    said: HashMap<String, String>,
    /// When the session began.
    began: SystemTime,
}

/// A piece of a recorded text.
#[derive(Debug, PartialEq)]
enum Piece<'a> {
    Plain(&'a str),
    /// `run 1`.
    Placeholder(&'a str),
}

impl Placeholders {
    pub(super) fn new(began: SystemTime) -> Self {
        Self { said: HashMap::new(), began }
    }

    /// A recorded text with what now stands for its placeholders.
    pub(super) fn filled(&self, recorded: &str) -> String {
        pieces(recorded).into_iter().map(|piece| self.value(&piece)).collect()
    }

    /// The same in an address, where some characters must be written otherwise.
    pub(super) fn in_address(&self, recorded: &str) -> String {
        let piece = |piece: Piece<'_>| match piece {
            Piece::Plain(text) => text.to_owned(),
            Piece::Placeholder(_) => self.value(&piece).bytes().map(escaped).collect(),
        };
        pieces(recorded).into_iter().map(piece).collect()
    }

    fn value(&self, piece: &Piece<'_>) -> String {
        match piece {
            Piece::Plain(text) => (*text).to_owned(),
            Piece::Placeholder(name) => {
                let said = self.said.get(*name);
                said.unwrap_or_else(|| panic!("no answer has said what <{name}> is")).clone()
            }
        }
    }

    /// Whether a text is the recorded one; a placeholder that stands for nothing yet stands for what is there from now on.
    pub(super) fn fits(&mut self, recorded: &str, text: &str) -> bool {
        let mut rest = text;
        let mut learned = Vec::new();
        for piece in pieces(recorded) {
            let value = match piece {
                Piece::Plain(plain) => plain,
                Piece::Placeholder(name) => match self.said.get(name) {
                    Some(value) => value,
                    None => {
                        let value = &rest[..length(name, rest)];
                        learned.push((name.to_owned(), value.to_owned()));
                        value
                    }
                },
            };
            match rest.strip_prefix(value) {
                Some(after) if !value.is_empty() => rest = after,
                _ => return false,
            }
        }
        if rest.is_empty() {
            self.said.extend(learned);
        }
        rest.is_empty()
    }

    /// Whether a number is a time in milliseconds, and of this session.
    pub(super) fn is_now(&self, number: &Number) -> bool {
        let after = |time: u64| (UNIX_EPOCH + Duration::from_millis(time)).duration_since(self.began);
        number.as_u64().is_some_and(|time| after(time).is_ok_and(|after| after < LONGEST))
    }
}

/// How much of a text can stand for a placeholder of this name; 0 when its beginning is nothing of the kind.
fn length(name: &str, text: &str) -> usize {
    let hexadecimal = |text: &str| text.bytes().take_while(u8::is_ascii_hexdigit).count() == 32;
    match name.split(' ').next() {
        Some("run") if text.get(..32).is_some_and(hexadecimal) => 32,
        Some("model") if text.strip_prefix("m-").and_then(|id| id.get(..32)).is_some_and(hexadecimal) => 34,
        Some("name") if is_made_up(text) => text.len(),
        Some("token") => text.len(),
        _ => 0,
    }
}

/// `colour-animal-123`.
fn is_made_up(name: &str) -> bool {
    let words: Vec<&str> = name.split('-').collect();
    let word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase());
    let number = |number: &str| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
    matches!(words[..], [first, second, last] if word(first) && word(second) && number(last))
}

fn escaped(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

fn pieces(recorded: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut plain = 0;
    for (open, _) in recorded.match_indices('<') {
        let Some(close) = recorded[open..].find('>').map(|length| open + length) else {
            break;
        };
        let inside = &recorded[open + 1..close];
        let is_one = inside.split_once(' ').is_some_and(|(kind, number)| {
            ["run", "model", "name", "token"].contains(&kind) && number.parse::<u32>().is_ok()
        });
        if is_one {
            pieces.push(Piece::Plain(&recorded[plain..open]));
            pieces.push(Piece::Placeholder(inside));
            plain = close + 1;
        }
    }
    pieces.push(Piece::Plain(&recorded[plain..]));
    pieces.retain(|piece| *piece != Piece::Plain(""));
    pieces
}

/// A recorded line with what was written `<100 x>` said a hundred times.
pub(super) fn repeated(line: &str) -> String {
    let mut whole = String::new();
    let mut rest = line;
    while let Some(open) = rest.find('<') {
        whole += &rest[..open];
        rest = &rest[open..];
        let said = rest.find('>').and_then(|close| rest[1..close].split_once(' '));
        match said.and_then(|(count, text)| Some((count.parse::<usize>().ok()?, text, count.len()))) {
            Some((count, text, digits)) if text.chars().count() == 1 => {
                whole += &text.repeat(count);
                rest = &rest[digits + text.len() + 3..];
            }
            _ => {
                whole.push('<');
                rest = &rest[1..];
            }
        }
    }
    whole + rest
}

#[test]
fn a_placeholder_stands_for_what_is_said_first_and_nothing_else_after() {
    let (one, two) = ("0".repeat(32), "1".repeat(32));
    let mut placeholders = Placeholders::new(UNIX_EPOCH);
    assert!(!placeholders.fits("run <run 1> of", "run 12 of"));
    assert!(placeholders.fits("run <run 1> of", &format!("run {one} of")));
    assert!(!placeholders.fits("<run 1>", &two));
    assert!(placeholders.fits("<run 2>/<run 1>", &format!("{two}/{one}")));
    assert_eq!(placeholders.filled("<run 1> <p>"), format!("{one} <p>"));
    assert!(placeholders.fits("<token 1>", "a+b"));
    assert_eq!(placeholders.in_address("?t=<token 1>"), "?t=a%2Bb");
    assert!(!placeholders.fits("<name 1>", "my run"));
    assert!(placeholders.fits("<name 1>", "quick-fox-12"));
    assert!(placeholders.is_now(&Number::from(5)) && !placeholders.is_now(&Number::from(600_000)));
    assert!(!placeholders.is_now(&Number::from_f64(5.5).unwrap()));
}

#[test]
fn what_was_shortened_is_whole_again() {
    assert_eq!(repeated("a <3 x> <run 1> <b"), "a xxx <run 1> <b");
}
