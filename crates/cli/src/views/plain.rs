//! Text from data, without what would steer a terminal. Every view and `output` pass what they show through here.

/// In one line: line breaks and other control characters are shown as replaced.
pub(crate) fn line(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { REPLACED } else { letter }).collect()
}

/// In several: line breaks and tabs stay.
pub(crate) fn lines(text: &str) -> String {
    let steers = |letter: char| letter.is_control() && !matches!(letter, '\n' | '\t');
    text.chars().map(|letter| if steers(letter) { REPLACED } else { letter }).collect()
}

const REPLACED: char = '\u{fffd}';

#[cfg(test)]
mod tests {
    use super::{line, lines};

    #[test]
    fn what_would_steer_a_terminal_is_replaced() {
        let text = "a\u{1b}[2J\r\u{9b}b\nc\td";
        assert_eq!(lines(text), "a\u{fffd}[2J\u{fffd}\u{fffd}b\nc\td");
        assert_eq!(line("one\ntwo"), "one\u{fffd}two");
    }
}
