//! What names and values may be, in MLflow's words.

use crate::Error;

/// The longest key of a metric, parameter or tag, in characters.
pub(crate) const KEY: usize = 250;
/// The longest value of a parameter. More is cut off.
pub(crate) const PARAM: usize = 6_000;
/// The longest value of a tag. More is cut off.
pub(crate) const TAG: usize = 8_000;
/// The longest name of an experiment.
const EXPERIMENT_NAME: usize = 500;
const CHARACTERS: &str = "Names may only contain alphanumerics, underscores (_), dashes (-), periods (.), spaces ( ), colon(:) and slashes (/).";

/// A key of a metric, parameter or tag: a normalised relative path of harmless characters. `path` is where it stands in the
/// request.
pub(crate) fn key(name: &str, path: &str) -> Result<(), Error> {
    if !name.chars().all(is_harmless) {
        return Err(invalid_value(path, name, CHARACTERS));
    }
    if !is_unique_path(name) {
        let message = format!(
            "Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to {}",
            repr(&normalised(name))
        );
        return Err(invalid_value(path, name, &message));
    }
    Ok(())
}

fn is_harmless(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '_' | '/' | '.' | '-' | ' ' | ':')
}

/// Whether, taken as a relative path, it is the only way to write that path.
pub(crate) fn is_unique_path(name: &str) -> bool {
    let normalised = normalised(name);
    normalised == name && normalised != "." && !normalised.starts_with("..") && !normalised.starts_with('/')
}

fn invalid_value(path: &str, value: &str, message: &str) -> Error {
    Error::invalid(format!("Invalid value {} for parameter '{path}' supplied: {message}", json_text(value)))
}

/// Refuses what has more than `limit` characters.
pub(crate) fn length(entity: &str, limit: usize, value: &str) -> Result<(), Error> {
    if cut(limit, value).len() == value.len() {
        return Ok(());
    }
    Err(Error::invalid(format!("'{entity}' exceeds the maximum length of {limit} characters")))
}

/// The first `limit` characters.
pub(crate) fn cut(limit: usize, value: &str) -> &str {
    if value.len() <= limit {
        return value;
    }
    value.char_indices().nth(limit).map_or(value, |(end, _)| &value[..end])
}

/// An id of a run: a letter or digit, then up to 255 more, `_` and `-` among them.
pub(crate) fn run_id(id: &str) -> Result<(), Error> {
    let mut characters = id.chars();
    let is_first_good = characters.next().is_some_and(|first| first.is_ascii_alphanumeric());
    let are_rest_good =
        characters.all(|character| character.is_alphanumeric() || matches!(character, '_' | '-'));
    if is_first_good && are_rest_good && id.chars().count() <= 256 {
        return Ok(());
    }
    Err(Error::invalid(format!("Invalid value {} for parameter 'run_id' supplied.", json_text(id))))
}

/// The name of an experiment.
pub(crate) fn experiment_name(name: &str) -> Result<(), Error> {
    if name.is_empty() {
        return Err(Error::invalid("Invalid experiment name: ''"));
    }
    length("name", EXPERIMENT_NAME, name)
}

/// As Python's `json.dumps` writes a text, in ASCII.
pub(crate) fn json_text(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for character in text.chars() {
        match character {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            ' '..='~' => out.push(character),
            _ => {
                for unit in character.encode_utf16(&mut [0; 2]) {
                    out.push_str(&format!("\\u{unit:04x}"));
                }
            }
        }
    }
    out.push('"');
    out
}

/// As Python shows a text.
pub(crate) fn repr(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::with_capacity(text.len() + 2);
    out.push(quote);
    for character in text.chars() {
        match character {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            _ if character == quote => out.extend(['\\', quote]),
            _ if character.is_control() => out.push_str(&format!("\\x{:02x}", u32::from(character))),
            _ => out.push(character),
        }
    }
    out.push(quote);
    out
}

/// A POSIX path without `.`, without `..` where it can be, and without doubled slashes.
pub(crate) fn normalised(path: &str) -> String {
    let is_absolute = path.starts_with('/');
    // POSIX gives exactly two leading slashes a meaning of their own.
    let root = match (is_absolute, path.starts_with("//") && !path.starts_with("///")) {
        (_, true) => "//",
        (true, _) => "/",
        _ => "",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part != ".."
            || parts.last().is_some_and(|last| *last == "..")
            || (parts.is_empty() && !is_absolute)
        {
            parts.push(part);
        } else {
            parts.pop();
        }
    }
    let joined = format!("{root}{}", parts.join("/"));
    if joined.is_empty() { ".".to_owned() } else { joined }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_are_no_plain_relative_paths_are_refused() {
        for good in ["a", "a/b", "a b:c-d.e_f", "größe", "..a/b".trim_start_matches(".."), "1"] {
            assert_eq!(key(good, "name"), Ok(()), "{good}");
        }
        for bad in [
            "", ".", "..", "../a", "/a", "a//b", "a/./b", "a/../b", "a/", "..a", "a\\b", "a;b", "a\nb", "a\0",
        ] {
            assert!(key(bad, "name").is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_refused_key_is_shown_as_mlflow_shows_it() {
        let message = key("b\"ä;", "metrics[3].name").unwrap_err().message;
        let expected =
            format!("Invalid value \"b\\\"\\u00e4;\" for parameter 'metrics[3].name' supplied: {CHARACTERS}");
        assert_eq!(message, expected);
        let message = key("a//b", "key").unwrap_err().message;
        assert!(message.ends_with("This name would resolve to 'a/b'"), "{message}");
    }

    #[test]
    fn lengths_are_counted_in_characters() {
        assert_eq!(length("Param value", 3, "äöü"), Ok(()));
        let message = length("Param value", 3, "äöüß").unwrap_err().message;
        assert_eq!(message, "'Param value' exceeds the maximum length of 3 characters");
        assert_eq!(cut(3, "äöüß"), "äöü");
        assert_eq!(cut(3, "ab"), "ab");
    }

    #[test]
    fn ids_of_runs_are_letters_digits_underscores_and_dashes() {
        for good in ["a", "0f3", "a-b_c", &"a".repeat(256)] {
            assert_eq!(run_id(good), Ok(()), "{good}");
        }
        for bad in ["", "-a", "_a", "a/b", "a b", &"a".repeat(257)] {
            assert!(run_id(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn paths_are_normalised_as_posix_has_it() {
        let cases = [
            ("", "."),
            ("a/b/../c", "a/c"),
            ("../../a", "../../a"),
            ("/..", "/"),
            ("//a", "//a"),
            ("///a", "/a"),
        ];
        for (path, expected) in cases {
            assert_eq!(normalised(path), expected, "{path}");
        }
    }
}
