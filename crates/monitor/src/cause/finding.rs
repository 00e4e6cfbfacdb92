//! What a detector found, before it is weighed against what the others found.

use base::Timestamp;

use super::found::{Fact, Kind};

/// A candidate for a cause.
pub(super) struct Finding {
    pub(super) kind: Kind,
    /// The columns it explains, or rests on.
    pub(super) columns: Vec<String>,
    pub(super) subject: String,
    pub(super) title: String,
    pub(super) explanation: String,
    pub(super) evidence: Vec<Fact>,
    /// How surely it is so, in [0, 1].
    pub(super) strength: f64,
    /// How much the model depends on it, in [0, 1].
    pub(super) importance: f64,
    /// The loss it adds to the mean, where that can be computed.
    pub(super) cost: Option<f64>,
    /// When it was recorded and at which lineage node, if it was.
    pub(super) recorded: Option<(Timestamp, String)>,
}

/// `name` as it stands in sentences.
pub(super) fn quoted(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => format!("`{one}`"),
        [first @ .., last] => {
            let first: Vec<String> = first.iter().map(|name| format!("`{name}`")).collect();
            format!("{} and `{last}`", first.join(", "))
        }
    }
}

/// A number with three significant digits and no needless zeros.
pub(super) fn number(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return format!("{value}");
    }
    let digits = (2 - value.abs().log10().floor() as i32).clamp(0, 8);
    let text = format!("{value:.*}", digits as usize);
    if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.').to_owned() } else { text }
}

/// A share as a percentage.
pub(super) fn percent(share: f64) -> String {
    format!("{} %", number(share * 100.0))
}

#[cfg(test)]
mod tests {
    use super::{number, percent, quoted};

    #[test]
    fn numbers_are_short_and_lists_read_as_sentences() {
        assert_eq!(
            [number(0.031_44), number(1_234.6), number(-40.0), number(0.5)],
            ["0.0314", "1235", "-40", "0.5"]
        );
        assert_eq!(percent(0.125), "12.5 %");
        assert_eq!(quoted(&["a".into(), "b".into(), "c".into()]), "`a`, `b` and `c`");
    }
}
