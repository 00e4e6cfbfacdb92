//! What a source says once nothing in it is encoded any more.

use crate::{Error, uri::scheme};

/// How often a source may be percent-encoded, one over the other.
const LAYERS: usize = 8;

/// The path of this machine that a source is, if it is one.
pub(super) fn local_path(source: &str) -> Result<Option<String>, Error> {
    let rest = match scheme(source) {
        None => return Ok(Some(source.to_owned())),
        Some(scheme) if scheme.eq_ignore_ascii_case("file") => &source[scheme.len() + 1..],
        Some(_) => return Ok(None),
    };
    let (host, path) = after_host(rest);
    let is_here =
        host.is_empty() || host == "." || host == "127.0.0.1" || host.eq_ignore_ascii_case("localhost");
    if !is_here {
        return Err(Error::invalid(format!(
            "{source} is not a valid remote uri: a file:// URI names a file of this machine, so leave out its host"
        )));
    }
    Ok(Some(once(path).unwrap_or_else(|| path.to_owned())))
}

/// The path in a URI.
pub(super) fn path_of(uri: &str) -> &str {
    let rest = scheme(uri).map_or(uri, |scheme| &uri[scheme.len() + 1..]);
    let (_, path) = after_host(rest);
    path.split(['?', '#']).next().unwrap_or_default()
}

/// Whether it is absolute, and would be no shorter without what means nothing.
pub(super) fn is_plain(path: &str) -> bool {
    let path = path.trim_end_matches('/');
    path.starts_with('/') && path.split('/').all(|part| part != ".")
}

/// Whether it has parts that mean the directory above, or that end it for somebody.
pub(super) fn goes_up(text: &str) -> bool {
    text.contains(char::is_control) || text.split(['/', '\\']).any(|part| part == "..")
}

/// The text with all layers of percent-encoding taken off; none when there are too many for an honest one.
pub(super) fn decoded(text: &str) -> Option<String> {
    let mut text = text.to_owned();
    for _ in 0..LAYERS {
        match once(&text) {
            Some(decoded) => text = decoded,
            None => return Some(text),
        }
    }
    None
}

/// The text with one layer of percent-encoding taken off, if it has one.
fn once(text: &str) -> Option<String> {
    let (mut decoded, mut rest) = (Vec::with_capacity(text.len()), text);
    while let Some((before, after)) = rest.split_once('%') {
        decoded.extend_from_slice(before.as_bytes());
        let digits = after.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()));
        match digits.and_then(|digits| u8::from_str_radix(digits, 16).ok()) {
            Some(byte) => {
                decoded.push(byte);
                rest = &after[2..];
            }
            None => {
                decoded.push(b'%');
                rest = after;
            }
        }
    }
    decoded.extend_from_slice(rest.as_bytes());
    let decoded = String::from_utf8_lossy(&decoded).into_owned();
    (decoded != text).then_some(decoded)
}

/// The host of a URI, if it has one, and what follows.
fn after_host(rest: &str) -> (&str, &str) {
    match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find(['/', '?', '#']).unwrap_or(rest.len())),
        None => ("", rest),
    }
}
