/// The chance that the statistic of two samples of these sizes is at least `statistic`.
///
/// Every order of the rows is a lattice path from (0, 0) to (m, n), all equally likely; the
/// chance of having left the band in which the statistic is smaller follows from that of the
/// two neighbours before (Hodges, "The significance probability of the Smirnov two-sample
/// test", 1958; Schröer and Trenkler, 1995). Only sums of positive terms, so that small
/// chances keep their precision. Costs the area of the band.
pub(super) fn p_value(reference: u64, current: u64, statistic: f64) -> f64 {
    let common = greatest_common_divisor(reference, current);
    let (step_down, step_right) = (current / common, reference / common);
    let height = (statistic * (step_down * reference) as f64).round() as u64;
    if height == 0 {
        return 1.0;
    }
    let effective = reference as f64 * current as f64 / (reference + current) as f64;
    // Beyond this the chance is below the smallest number (Wei and Dudley, 2012).
    if effective * statistic * statistic > 400.0 {
        return 0.0;
    }
    Band { step_down, step_right, height }.left(reference as usize, current as usize)
}

/// Points (i, j) with |i · `step_down` − j · `step_right`| < `height`.
struct Band {
    step_down: u64,
    step_right: u64,
    height: u64,
}

impl Band {
    /// The chance that a random path to (rows, columns) has left the band on its way.
    fn left(&self, rows: usize, columns: usize) -> f64 {
        // By column, for the current row: outside the band it is certain.
        let mut chances = vec![1.0; columns + 1];
        for row in 0..=rows {
            let (from, upto) = self.columns(row as u64, columns);
            let mut before = 1.0;
            for (column, chance) in chances.iter_mut().enumerate().take(upto + 1).skip(from) {
                let place = (row + column) as f64;
                before =
                    if place == 0.0 { 0.0 } else { (row as f64 * *chance + column as f64 * before) / place };
                // The first row starts inside, and comes from nowhere above.
                if row == 0 {
                    before = 0.0;
                }
                *chance = before;
            }
        }
        chances[columns]
    }

    /// The first and the last column inside the band.
    fn columns(&self, row: u64, columns: usize) -> (usize, usize) {
        let middle = row * self.step_down;
        let first = (middle + 1).saturating_sub(self.height).div_ceil(self.step_right);
        let last = (middle + self.height - 1) / self.step_right;
        (first as usize, (last as usize).min(columns))
    }
}

fn greatest_common_divisor(one: u64, other: u64) -> u64 {
    if other == 0 { one } else { greatest_common_divisor(other, one % other) }
}
