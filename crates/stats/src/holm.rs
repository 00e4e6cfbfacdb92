/// Holm's step-down adjustment of p-values, in their order ("A simple sequentially rejective
/// multiple test procedure", 1979): rejecting those at most α keeps the chance of any false
/// rejection at α.
pub fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|one, other| p_values[*one].total_cmp(&p_values[*other]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut highest: f64 = 0.0;
    for (position, row) in order.iter().enumerate() {
        let factor = (p_values.len() - position) as f64;
        highest = highest.max((factor * p_values[*row]).min(1.0));
        adjusted[*row] = highest;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::holm;

    #[test]
    fn p_values_are_adjusted_as_in_r() {
        // p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        for (found, expected) in adjusted.iter().zip([0.03, 0.06, 0.06, 0.02]) {
            assert!((found - expected).abs() < 1e-12, "{adjusted:?}");
        }
    }
}
