//! The order in which people list names: the numbers in them count as numbers.

use std::cmp::Ordering;

/// `train[lr=2]` before `train[lr=10]`, `train[lr=0.02]` before `train[lr=0.1]`.
pub(crate) fn order(one: &str, other: &str) -> Ordering {
    let (mut left, mut right) = (one, other);
    while let (Some(first), Some(second)) = (left.chars().next(), right.chars().next()) {
        let order = match (number(left), number(right)) {
            (Some((first, after)), Some((second, rest))) => {
                (left, right) = (after, rest);
                first.total_cmp(&second)
            }
            _ => {
                (left, right) = (&left[first.len_utf8()..], &right[second.len_utf8()..]);
                first.cmp(&second)
            }
        };
        if order != Ordering::Equal {
            return order;
        }
    }
    // What looks the same so far, as `1` and `01` do, has an order too.
    left.len().cmp(&right.len()).then_with(|| one.cmp(other))
}

/// The number that a text begins with, and what follows it.
fn number(text: &str) -> Option<(f64, &str)> {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let whole = digits(text);
    if whole == 0 {
        return None;
    }
    let mut end = whole;
    if let Some(fraction) = text[end..].strip_prefix('.').map(digits).filter(|count| *count > 0) {
        end += 1 + fraction;
    }
    if let Some(exponent) = text[end..].strip_prefix("e-") {
        let count = digits(exponent);
        end += if count > 0 { 2 + count } else { 0 };
    }
    Some((text[..end].parse().ok()?, &text[end..]))
}

#[cfg(test)]
mod tests {
    use super::order;

    #[test]
    fn numbers_in_names_count_as_numbers() {
        let sorted = [
            "a",
            "b[n=01]",
            "b[n=1]",
            "b[n=2]",
            "b[n=10,k=2]",
            "b[n=10,k=12]",
            "b[n=10]",
            "lr=1e-4",
            "lr=0.02",
            "lr=0.1",
            "lr=1",
            "lr=1.x",
            "lr=12",
            "lra",
        ];
        for (at, one) in sorted.iter().enumerate() {
            for (place, other) in sorted.iter().enumerate() {
                assert_eq!(order(one, other), at.cmp(&place), "{one} {other}");
            }
        }
    }
}
