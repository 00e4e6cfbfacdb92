use crate::Value;

/// The threshold at which saying yes to every row with at least that probability is worth most.
///
/// Among equally good ones it lies halfway between two probabilities, so that a new row near a
/// seen one is treated alike. Without rows it is 0.5.
///
/// # Panics
/// When the slices differ in length.
pub fn best_threshold(probabilities: &[f64], labels: &[bool], value: &Value) -> f64 {
    let mut order: Vec<usize> = (0..probabilities.len()).collect();
    order.sort_unstable_by(|one, other| probabilities[*other].total_cmp(&probabilities[*one]));
    let mut worth: f64 = labels.iter().map(|label| value.of(false, *label)).sum();
    let Some(first) = order.first() else { return 0.5 };
    // To say yes to no row, a threshold above any probability, as models compare it: in 32 bits.
    let never = f64::from(f32::max(1.0, probabilities[*first] as f32).next_up());
    let (mut best, mut threshold) = (worth, never);
    for (position, row) in order.iter().enumerate() {
        worth += value.of(true, labels[*row]) - value.of(false, labels[*row]);
        let here = probabilities[*row];
        let next = order.get(position + 1).map(|next| probabilities[*next]);
        if next == Some(here) || worth <= best {
            continue;
        }
        best = worth;
        threshold = next.map_or(here / 2.0, |next| f64::midpoint(here, next));
    }
    threshold
}
