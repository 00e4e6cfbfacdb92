use statrs::function::factorial::ln_binomial;

use super::{Binned, chi_square};

/// Expected rows below which the approximation by chi-square gives way to the exact test.
const LEAST_EXPECTED: f64 = 5.0;

/// The two-sided p-value of equal proportions, `(rows with the property, all rows)` a side.
///
/// Pearson's chi-square without correction when every cell expects at least five rows, else
/// Fisher's exact test (Fisher, 1922); 1 when a side has no rows.
pub fn proportions(reference: (u64, u64), current: (u64, u64)) -> f64 {
    let with = vec![reference.0, reference.1 - reference.0];
    let Some(binned) = Binned::new(with, vec![current.0, current.1 - current.0]) else { return 1.0 };
    let all = (reference.1 + current.1) as f64;
    let rarer = (reference.0 + current.0).min(reference.1 + current.1 - reference.0 - current.0);
    if rarer as f64 * reference.1.min(current.1) as f64 / all >= LEAST_EXPECTED {
        return chi_square(&binned).p_value;
    }
    fisher(reference, current)
}

/// Fisher's exact test: the chance of all tables no more likely than this one.
fn fisher(reference: (u64, u64), current: (u64, u64)) -> f64 {
    let all = reference.1 + current.1;
    let with = reference.0 + current.0;
    // The rarer of having and lacking the property keeps the sum short.
    let (with, seen) = if 2 * with > all { (all - with, current.1 - current.0) } else { (with, current.0) };
    let chance = |count| hypergeometric(all, with, current.1, count);
    let limit = chance(seen) * (1.0 + 1e-7);
    let counts = with.saturating_sub(reference.1)..=with.min(current.1);
    counts.map(chance).filter(|chance| *chance <= limit).sum::<f64>().min(1.0)
}

/// The chance of so many marked rows among the drawn ones.
pub(super) fn hypergeometric(all: u64, marked: u64, drawn: u64, count: u64) -> f64 {
    let unmarked = all - marked;
    if count > marked || count > drawn || drawn - count > unmarked {
        return 0.0;
    }
    let ways = ln_binomial(marked, count) + ln_binomial(unmarked, drawn - count);
    (ways - ln_binomial(all, drawn)).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_tables_are_judged_exactly() {
        // scipy.stats.fisher_exact([[8, 2], [1, 5]]).pvalue
        assert!((proportions((8, 10), (1, 6)) - 0.034_965_034_965_034_95).abs() < 1e-9);
        assert!((proportions((0, 3), (3, 3)) - 0.1).abs() < 1e-9);
    }

    #[test]
    fn large_tables_are_judged_by_chi_square() {
        // scipy.stats.chi2_contingency([[50, 950], [80, 920]], correction=False).pvalue
        assert!((proportions((50, 1_000), (80, 1_000)) - 0.006_506_597_483_637_84).abs() < 1e-9);
    }

    #[test]
    fn a_side_without_rows_says_nothing() {
        assert_eq!(proportions((0, 0), (3, 3)), 1.0);
        assert_eq!(proportions((0, 9), (0, 3)), 1.0);
    }
}
