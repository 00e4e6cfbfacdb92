//! Text from data, without what would steer a terminal. Every view and `output` pass what they show through here.

/// In one line: line breaks and other control characters are shown as replaced.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { REPLACED } else { letter }).collect()
}

/// In one line of at most `most` letters: line breaks are spaces, and what was cut off the end shows as `…`.
pub(crate) fn clipped(text: &str, most: usize) -> String {
    let text = text.replace("\r\n", " ").replace(['\n', '\t'], " ");
    if text.chars().count() <= most {
        return line(&text);
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    line(kept.trim_end()) + "…"
}

/// In several: line breaks and tabs stay.
pub(crate) fn lines(text: &str) -> String {
    let steers = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    text.chars().map(|letter| if steers(letter) { REPLACED } else { letter }).collect()
}

/// The first line of what was said, without the announcement of further ones.
pub(crate) fn first(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches("; last output:")
}

const REPLACED: char = '\u{fffd}';

#[cfg(test)]
mod tests {
    use super::{clipped, first, line, lines};

    #[test]
    fn what_would_steer_a_terminal_is_replaced() {
        let text = "a\u{1b}[2J\r\u{9b}b\nc\td";
        assert_eq!(lines(text), "a\u{fffd}[2J\u{fffd}\u{fffd}b\nc\td");
        assert_eq!(line("one\ntwo"), "one\u{fffd}two");
    }

    #[test]
    fn what_is_long_or_has_several_lines_is_clipped_to_one() {
        assert_eq!(clipped("abcde", 5), "abcde");
        assert_eq!(clipped("abcdef", 5), "abcd…");
        assert_eq!(clipped("abc def", 5), "abc…");
        assert_eq!(clipped("a\r\nb\nc\u{1b}", 9), "a b c\u{fffd}");
        assert_eq!(clipped("ééééé", 4), "ééé…");
    }

    #[test]
    fn a_first_line_announces_nothing_that_does_not_follow() {
        assert_eq!(
            first("it ended with exit status: 3; last output:\nwhy\n"),
            "it ended with exit status: 3"
        );
        assert_eq!(first("it ended"), "it ended");
        assert_eq!(first(""), "");
    }
}
