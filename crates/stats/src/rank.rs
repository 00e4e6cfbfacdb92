/// The ranks of the values, from 1, ties sharing the mean of their ranks.
///
/// NaN ranks above everything.
pub fn midranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_unstable_by(|one, other| values[*one].total_cmp(&values[*other]));
    let mut ranks = vec![0.0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let value = values[order[start]];
        let tied = order[start..].iter().take_while(|row| values[**row] == value).count().max(1);
        // Ranks start+1 … start+tied share their mean.
        let shared = (2 * start + tied + 1) as f64 / 2.0;
        for row in &order[start..start + tied] {
            ranks[*row] = shared;
        }
        start += tied;
    }
    ranks
}

#[cfg(test)]
mod tests {
    use super::midranks;

    #[test]
    fn ties_share_the_mean_of_their_ranks() {
        assert_eq!(midranks(&[3.0, 1.0, 3.0, 2.0, 3.0]), [4.0, 1.0, 4.0, 2.0, 4.0]);
        assert_eq!(midranks(&[0.0, -0.0]), [1.5, 1.5]);
        assert!(midranks(&[]).is_empty());
    }
}
