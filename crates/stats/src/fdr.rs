/// Benjamini and Hochberg's adjusted p-values, in their order ("Controlling the false discovery
/// rate", 1995): rejecting those at most α keeps the expected share of false rejections among
/// all rejections at α, for tests that are independent or positively dependent.
pub fn adjusted_p_values(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|one, other| p_values[*other].total_cmp(&p_values[*one]));
    let mut adjusted = vec![1.0; p_values.len()];
    let mut lowest: f64 = 1.0;
    for (place, row) in order.iter().enumerate() {
        let rank = (p_values.len() - place) as f64;
        lowest = lowest.min(p_values[*row] * p_values.len() as f64 / rank);
        adjusted[*row] = lowest;
    }
    adjusted
}

/// Which hypotheses to reject at this false discovery rate, in the order of their p-values.
pub fn benjamini_hochberg(p_values: &[f64], rate: f64) -> Vec<bool> {
    adjusted_p_values(p_values).into_iter().map(|adjusted| adjusted <= rate).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fifteen p-values of section 3.2 of the paper, on thrombolysis.
    const PUBLISHED: [f64; 15] = [
        0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719,
        0.6528, 0.7590, 1.0,
    ];

    #[test]
    fn the_papers_example_rejects_its_first_four() {
        let rejected = benjamini_hochberg(&PUBLISHED, 0.05);
        assert_eq!(rejected.iter().filter(|rejected| **rejected).count(), 4);
        assert!(rejected[..4].iter().all(|rejected| *rejected));
    }

    #[test]
    fn p_values_are_adjusted_as_in_statsmodels() {
        // statsmodels.stats.multitest.multipletests(.., method="fdr_bh")[1]
        let shuffled = [0.04, 0.001, 0.2, 0.03, 0.9];
        let expected = [0.066_666_666_666_666_67, 0.005, 0.25, 0.066_666_666_666_666_67, 0.9];
        for (found, expected) in adjusted_p_values(&shuffled).iter().zip(expected) {
            assert!((found - expected).abs() < 1e-12, "{found} {expected}");
        }
    }

    #[test]
    fn no_p_values_reject_nothing() {
        assert!(benjamini_hochberg(&[], 0.05).is_empty());
    }
}
