use super::proportion::hypergeometric;

/// The chance that at least so many of the current rows lie outside the least and the greatest
/// of the reference rows, when all come from one continuous distribution.
///
/// Exact and free of the distribution: the rows before the second of the reference rows in a
/// random order (Wilks, "Statistical prediction with special reference to the problem of
/// tolerance limits", 1942). Ties make it cautious.
pub fn exceedance(reference: u64, current: u64, outside: u64) -> f64 {
    if outside == 0 || reference == 0 {
        return 1.0;
    }
    let drawn = outside + 1;
    let all = reference + current;
    let at_most_one = hypergeometric(all, reference, drawn, 0) + hypergeometric(all, reference, drawn, 1);
    at_most_one.min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_rows_are_counted_out() {
        // Two reference rows and one current: it is outside in two of the three orders.
        assert!((exceedance(2, 1, 1) - 2.0 / 3.0).abs() < 1e-12);
        // Both of two current rows are outside in 3 of the 6 orders: ccrr, crrc, rrcc.
        assert!((exceedance(2, 2, 2) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn many_rows_outside_a_long_reference_are_no_chance() {
        assert!(exceedance(100_000, 1_000, 1) > 0.01);
        assert!(exceedance(100_000, 1_000, 10) < 1e-15);
    }
}
