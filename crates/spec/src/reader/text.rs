/// A value from the file as messages show it: in one line, without control characters, not too long.
pub(crate) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut short: String = text.chars().take(LONGEST).flat_map(visible).collect();
    if text.chars().nth(LONGEST).is_some() {
        short.push('…');
    }
    short
}

fn visible(letter: char) -> Vec<char> {
    if letter.is_control() { letter.escape_default().collect() } else { vec![letter] }
}

/// A key as TOML writes it: bare when it can be, in quotes otherwise.
pub(crate) fn segment(key: &str) -> String {
    let bare = |letter: char| letter.is_ascii_alphanumeric() || letter == '_' || letter == '-';
    if !key.is_empty() && key.chars().all(bare) { key.to_owned() } else { format!("\"{}\"", shown(key)) }
}

#[cfg(test)]
mod tests {
    use super::{segment, shown};

    #[test]
    fn what_could_confuse_a_terminal_is_shown_escaped() {
        assert_eq!(shown("a\n\u{1b}[31mb"), "a\\n\\u{1b}[31mb");
        assert_eq!(shown(&"x".repeat(70)), format!("{}…", "x".repeat(60)));
    }

    #[test]
    fn only_odd_keys_are_quoted() {
        assert_eq!(segment("late-2"), "late-2");
        assert_eq!(segment("../x"), "\"../x\"");
        assert_eq!(segment(""), "\"\"");
    }
}
