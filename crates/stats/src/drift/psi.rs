use super::Binned;

/// What shares of an empty bin are raised to in [`psi`], without renormalising.
pub const PSI_FLOOR: f64 = 1e-4;

/// The population stability index: Σ (q − p) · ln(q / p) over the bins, with shares p of the
/// reference and q of the current sample raised to at least [`PSI_FLOOR`].
///
/// Symmetric, at least 0, in nats; also Jeffreys' divergence (Jeffreys, 1946; Yurdakul,
/// "Statistical properties of the population stability index", 2018).
pub fn psi(binned: &Binned) -> f64 {
    let floored = binned.shares().map(|(p, q)| (p.max(PSI_FLOOR), q.max(PSI_FLOOR)));
    floored.map(|(p, q)| (q - p) * (q / p).ln()).sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_two_bins_is_that_worked_by_hand() {
        let binned = Binned::new(vec![50, 50], vec![75, 25]).unwrap();
        let expected = 0.25 * 1.5_f64.ln() - 0.25 * 0.5_f64.ln();
        assert!((psi(&binned) - expected).abs() < 1e-15);
    }

    #[test]
    fn a_bin_that_empties_has_a_finite_index() {
        let binned = Binned::new(vec![1, 1], vec![0, 2]).unwrap();
        assert!((psi(&binned) - (0.4999 * 5_000_f64.ln() + 0.5 * 2_f64.ln())).abs() < 1e-12);
    }
}
