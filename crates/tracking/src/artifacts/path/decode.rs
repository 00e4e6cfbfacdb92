//! Percent-decoding, as often as there is something to decode.

use super::super::Error;

/// Rounds after which the text must have settled; nobody encodes this often in good faith.
const ROUNDS: usize = 10;

/// Decodes until that changes nothing. Control characters come out encoded, as MLflow keeps them: a metric's image may be
/// named `dog%step%100`. NUL, and what some parsers leave out of URLs, are refused.
pub(super) fn fully(text: &str) -> Result<String, Error> {
    let mut text = text.to_owned();
    for _ in 0..=ROUNDS {
        if text.contains(['\0', '\t', '\r', '\n']) {
            return Err(Error::InvalidPath);
        }
        let decoded = once(&text)?;
        if decoded == text {
            return Ok(escaped(&text));
        }
        text = decoded;
    }
    Err(Error::InvalidPath)
}

/// Decodes each run of escapes.
pub(super) fn once(text: &str) -> Result<String, Error> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('%') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let bytes = run(from);
        let (escapes, after) = from.split_at((3 * bytes.len()).max(1));
        match String::from_utf8(bytes) {
            Ok(decoded) if !decoded.is_empty() => out.push_str(&decoded),
            // A sign without digits, or a step that looks like half a character: they stay as they are.
            _ if escapes.len() == 1 || is_continuation(escapes) => out.push_str(escapes),
            _ => return Err(Error::InvalidPath),
        }
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

/// The bytes of the escapes that the text begins with.
fn run(text: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut left = text.as_bytes();
    while let [b'%', high, low, rest @ ..] = left {
        let (Some(high), Some(low)) = (digit(*high), digit(*low)) else { break };
        bytes.push(high << 4 | low);
        left = rest;
    }
    bytes
}

/// A single escape of a byte that no character begins with.
fn is_continuation(escapes: &str) -> bool {
    matches!(run(escapes).as_slice(), [0x80..=0xbf])
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{1}'..='\u{1f}' | '\u{7f}' => out.push_str(&format!("%{:02x}", u32::from(c))),
            _ => out.push(c),
        }
    }
    out
}
