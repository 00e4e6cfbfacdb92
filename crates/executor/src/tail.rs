//! The last lines of an output, for messages.

use std::collections::VecDeque;

const LINES: usize = 20;
/// One endless line would drown the message.
const LINE: usize = 500;
/// Enough for all the lines at four bytes a character.
const KEPT: usize = LINES * LINE * 4;

/// Keeps the end of what is pushed.
#[derive(Default)]
pub(crate) struct Tail(VecDeque<u8>);

impl Tail {
    pub(crate) fn push(&mut self, bytes: &[u8]) {
        let bytes = &bytes[bytes.len().saturating_sub(KEPT)..];
        let surplus = (self.0.len() + bytes.len()).saturating_sub(KEPT);
        self.0.drain(..surplus);
        self.0.extend(bytes);
    }

    pub(crate) fn text(mut self) -> String {
        let text = String::from_utf8_lossy(self.0.make_contiguous()).into_owned();
        let lines: Vec<_> = text.lines().rev().take(LINES).collect();
        let clipped = lines.into_iter().rev().map(|line| line.chars().take(LINE).collect::<String>());
        clipped.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_twenty_lines_are_kept_and_long_ones_are_clipped() {
        let mut tail = Tail::default();
        for number in 0..30_000 {
            tail.push(format!("{number}\n").as_bytes());
        }
        tail.push("ü".repeat(600).as_bytes());
        let text = tail.text();
        let lines: Vec<_> = text.lines().collect();
        assert_eq!(lines.len(), 20);
        assert_eq!((lines[0], lines[18]), ("29981", "29999"));
        assert_eq!(lines[19], "ü".repeat(500));
    }

    #[test]
    fn memory_stays_bounded_whatever_is_pushed() {
        let mut tail = Tail::default();
        for _ in 0..100 {
            tail.push(&vec![b'x'; 1 << 20]);
        }
        assert_eq!(tail.0.len(), KEPT);
    }
}
