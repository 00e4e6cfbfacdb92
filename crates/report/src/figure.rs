//! Numbers as people read them, in documents and in the terminal.

use base::Timestamp;
use monitor::drift::ColumnDrift;

/// Four significant digits, without an exponent while that is short.
pub fn number(value: f64) -> String {
    let size = value.abs();
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    if !(1e-4..1e7).contains(&size) {
        return format!("{value:.2e}");
    }
    let digits = (3 - size.log10().floor() as i32).max(0) as usize;
    let text = format!("{value:.digits$}");
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A whole number in groups of three.
pub fn count(value: u64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// So many rows.
pub fn rows(rows: u64) -> String {
    format!("{} {}", count(rows), if rows == 1 { "row" } else { "rows" })
}

/// A share as a percentage: none is `0 %`, and what is not none never looks like it.
pub fn share(value: f64) -> String {
    match value * 100.0 {
        0.0 => "0 %".to_owned(),
        percent if percent < 0.01 => "< 0.01 %".to_owned(),
        percent if percent < 1.0 => format!("{percent:.2} %"),
        percent => format!("{percent:.1} %"),
    }
}

/// A share before and now, once when it is the same.
pub fn change(before: f64, now: f64) -> String {
    let (before, now) = (share(before), share(now));
    if before == now { now } else { format!("{before} → {now}") }
}

/// What share of the current rows is unlike any of the reference, and how.
pub fn strange(found: &ColumnDrift) -> String {
    match (&found.unseen, &found.out_of_range) {
        (Some(unseen), _) if unseen.current > 0.0 => format!("{} unseen", share(unseen.current)),
        (_, Some(outside)) if outside.current > 0.0 => format!("{} out of range", share(outside.current)),
        _ => "–".to_owned(),
    }
}

/// A probability; below a thousandth it is said to be so, below what can be told apart to be nothing.
pub fn probability(value: f64) -> String {
    match value {
        0.0..1e-15 => "< 1e-15".to_owned(),
        0.0..0.001 => format!("{value:.0e}"),
        _ => format!("{value:.3}"),
    }
}

/// Microseconds since 1970 as a date and a time.
pub fn instant(micros: f64) -> String {
    let text = Timestamp::from_micros(micros as i64).to_string();
    text.chars().take(16).collect::<String>().replace('T', " ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_four_digits() {
        let shown: Vec<_> = [0.0, 1013.25, 54.0, 0.123_456, -2.5, 1e-9, 2.5e9].map(number).into();
        assert_eq!(shown, ["0", "1013", "54", "0.1235", "-2.5", "1.00e-9", "2.50e9"]);
    }

    #[test]
    fn counts_are_grouped_and_small_shares_are_not_nothing() {
        assert_eq!(
            (count(12), count(123), count(2_500_000)),
            ("12".into(), "123".into(), "2,500,000".into())
        );
        assert_eq!(
            (share(0.0), share(1e-6), share(0.0042)),
            ("0 %".into(), "< 0.01 %".into(), "0.42 %".into())
        );
        assert_eq!((share(0.1234), share(1.0)), ("12.3 %".into(), "100.0 %".into()));
        assert_eq!(
            (probability(0.0), probability(2e-5), probability(0.25)),
            ("< 1e-15".into(), "2e-5".into(), "0.250".into())
        );
    }

    #[test]
    fn instants_are_dates() {
        assert_eq!(instant(1_357_035_300_000_000.0), "2013-01-01 10:15");
    }
}
