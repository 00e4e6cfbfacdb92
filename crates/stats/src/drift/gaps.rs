use super::NumberCounts;

/// What the standard deviation of the reference is raised to before a distance is divided by it.
pub const DEVIATION_FLOOR: f64 = 0.001;

/// What lies between the two cumulative distributions of a column, found in one walk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Gaps {
    /// The largest vertical distance: the Kolmogorov–Smirnov statistic.
    pub largest: f64,
    /// The area: the Wasserstein-1 distance, in the column's unit.
    pub area: f64,
}

impl Gaps {
    /// Between a reference and a current sample; nothing when either has no finite number.
    pub fn between(reference: &NumberCounts, current: &NumberCounts) -> Option<Self> {
        if reference.total() == 0 || current.total() == 0 {
            return None;
        }
        let mut found = Self { largest: 0.0, area: 0.0 };
        let mut before = None;
        walk(reference, current, |value, gap| {
            if let Some((from, height)) = before.replace((value, gap)) {
                found.area += height * (value - from);
            }
            found.largest = found.largest.max(gap);
        });
        Some(found)
    }
}

/// Calls for each distinct number of either sample, ascending, with the distance of the two
/// cumulative shares from there to the next number.
fn walk(reference: &NumberCounts, current: &NumberCounts, mut visit: impl FnMut(f64, f64)) {
    let (left, right) = (reference.values(), current.values());
    let (whole_left, whole_right) = (reference.total() as f64, current.total() as f64);
    let (mut at_left, mut at_right) = (0, 0);
    let (mut below_left, mut below_right) = (0, 0);
    while at_left < left.len() || at_right < right.len() {
        let one = left.get(at_left).copied().unwrap_or(f64::INFINITY);
        let other = right.get(at_right).copied().unwrap_or(f64::INFINITY);
        let value = one.min(other);
        if one == value {
            below_left += reference.count_at(at_left);
            at_left += 1;
        }
        if other == value {
            below_right += current.count_at(at_right);
            at_right += 1;
        }
        visit(value, (below_left as f64 / whole_left - below_right as f64 / whole_right).abs());
    }
}

/// The Wasserstein-1 (earth mover's) distance: the area between the two cumulative
/// distributions, in the column's unit (Vallender, 1974).
pub fn wasserstein(reference: &NumberCounts, current: &NumberCounts) -> Option<f64> {
    Gaps::between(reference, current).map(|gaps| gaps.area)
}

/// The same in standard deviations of the reference (ddof 0, at least [`DEVIATION_FLOOR`]).
pub fn wasserstein_normalised(reference: &NumberCounts, current: &NumberCounts) -> Option<f64> {
    let deviation = reference.deviation()?.max(DEVIATION_FLOOR);
    wasserstein(reference, current).map(|distance| distance / deviation)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_shifted_sample_is_as_far_as_its_shift() {
        let values: Vec<f64> = (0..50).map(|row| f64::from(row * row)).collect();
        let shifted: Vec<f64> = values.iter().map(|value| value + 7.5).collect();
        let distance = wasserstein(&NumberCounts::of(&values), &NumberCounts::of(&shifted)).unwrap();
        assert!((distance - 7.5).abs() < 1e-12);
    }

    #[test]
    fn a_sample_without_numbers_has_no_distance() {
        let some = NumberCounts::of(&[1.0]);
        assert_eq!(Gaps::between(&some, &NumberCounts::of(&[f64::NAN])), None);
        assert_eq!(wasserstein_normalised(&NumberCounts::default(), &some), None);
    }

    proptest! {
        #[test]
        fn equal_sized_samples_are_as_far_as_their_sorted_rows(
            pairs in prop::collection::vec((-20i16..20, -20i16..20), 1..40),
        ) {
            let (mut one, mut other): (Vec<f64>, Vec<f64>) =
                pairs.into_iter().map(|(one, other)| (f64::from(one), f64::from(other))).unzip();
            let found = wasserstein(&NumberCounts::of(&one), &NumberCounts::of(&other)).unwrap();
            one.sort_by(f64::total_cmp);
            other.sort_by(f64::total_cmp);
            let moved: f64 = one.iter().zip(&other).map(|(one, other)| (one - other).abs()).sum();
            prop_assert!((found - moved / one.len() as f64).abs() < 1e-9);
        }
    }
}
