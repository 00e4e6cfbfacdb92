//! How counts and errors are written for people.

use std::error::Error;

/// A count with its thousands apart: `336,776`.
pub fn grouped(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.chars().enumerate() {
        if position > 0 && (digits.len() - position).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// An error with its causes on one line; a cause that the error already quotes is not said twice.
pub fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        let said = cause.to_string();
        if !text.contains(&said) {
            text = format!("{text}: {said}");
        }
        source = cause.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::{causes, grouped};

    #[test]
    fn thousands_are_set_apart() {
        assert_eq!([0, 999, 1_000, 336_776].map(grouped), ["0", "999", "1,000", "336,776"]);
    }

    #[test]
    fn a_cause_is_said_once() {
        let inner = std::io::Error::other("disk full");
        assert_eq!(causes(&inner), "disk full");
        #[derive(Debug, thiserror::Error)]
        #[error("write it")]
        struct Outer(#[source] std::io::Error);
        assert_eq!(causes(&Outer(inner)), "write it: disk full");
    }
}
