//! Columns cut into bins: which bin a number falls into, and which threshold ends the bin.

use crate::matrix::Matrix;

/// The bin of a missing value.
pub(crate) const MISSING: u8 = 255;
/// The most bins of numbers in a column; the codes are 0 to 254.
const MOST: usize = 255;
/// Columns whose codes lie side by side: one load brings four.
pub(crate) const LANES: usize = 4;
/// A row's codes in a group of columns.
pub(crate) type Codes = [u8; LANES];
/// Cutting looks at this many rows at most; quantiles of more would move by less than a bin.
const SAMPLE: usize = 200_000;

/// A matrix as codes, one byte a value.
pub(crate) struct Bins {
    /// For each column, the largest value of each bin but the last.
    thresholds: Vec<Vec<f32>>,
    /// For each four columns, the codes of each row; the last group is padded with zeros.
    groups: Vec<Vec<Codes>>,
    rows: usize,
}

impl Bins {
    /// Cuts every column at its own quantiles.
    pub(crate) fn new(matrix: &Matrix) -> Self {
        let thresholds: Vec<Vec<f32>> =
            (0..matrix.columns()).map(|column| thresholds(matrix, column)).collect();
        let groups = thresholds
            .chunks(LANES)
            .enumerate()
            .map(|(group, cuts)| group_codes(matrix, group * LANES, cuts))
            .collect();
        Self { thresholds, groups, rows: matrix.rows() }
    }

    pub(crate) fn rows(&self) -> usize {
        self.rows
    }

    pub(crate) fn columns(&self) -> usize {
        self.thresholds.len()
    }

    pub(crate) fn groups(&self) -> &[Vec<Codes>] {
        &self.groups
    }

    /// The code of a number that need not be in the matrix.
    pub(crate) fn code_of(&self, column: usize, value: f32) -> u8 {
        code(&self.thresholds[column], value)
    }

    /// The codes of one column, by row.
    pub(crate) fn column(&self, column: usize) -> BinnedColumn<'_> {
        BinnedColumn { group: &self.groups[column / LANES], lane: column % LANES }
    }

    /// The code of a row's value.
    #[cfg(test)]
    pub(crate) fn code(&self, column: usize, row: usize) -> u8 {
        self.column(column).code(row)
    }

    /// How many bins of numbers a column has.
    pub(crate) fn count(&self, column: usize) -> usize {
        self.thresholds[column].len() + 1
    }

    /// The threshold `t` for which `x <= t` holds for exactly the numbers in bins up to `bin`.
    pub(crate) fn threshold(&self, column: usize, bin: u8) -> f32 {
        self.thresholds[column].get(usize::from(bin)).copied().unwrap_or(f32::INFINITY)
    }
}

/// One column of the codes.
#[derive(Clone, Copy)]
pub(crate) struct BinnedColumn<'a> {
    group: &'a [Codes],
    lane: usize,
}

impl BinnedColumn<'_> {
    pub(crate) fn code(&self, row: usize) -> u8 {
        self.group[row][self.lane]
    }

    pub(crate) fn codes(&self) -> impl Iterator<Item = u8> + '_ {
        self.group.iter().map(|codes| codes[self.lane])
    }
}

/// The bin of a value among these thresholds.
pub(crate) fn code(thresholds: &[f32], value: f32) -> u8 {
    if value.is_nan() {
        return MISSING;
    }
    let bin = thresholds.partition_point(|threshold| *threshold < value);
    u8::try_from(bin).expect("at most 254 thresholds")
}

fn group_codes(matrix: &Matrix, first: usize, cuts: &[Vec<f32>]) -> Vec<Codes> {
    let mut codes = vec![[0; LANES]; matrix.rows()];
    for (row, codes) in codes.iter_mut().enumerate() {
        let values = &matrix.row(row)[first..];
        for ((slot, thresholds), value) in codes.iter_mut().zip(cuts).zip(values) {
            *slot = code(thresholds, *value);
        }
    }
    codes
}

fn thresholds(matrix: &Matrix, column: usize) -> Vec<f32> {
    let step = matrix.rows().div_ceil(SAMPLE).max(1);
    let mut values: Vec<f32> = matrix.column(column).step_by(step).filter(|value| !value.is_nan()).collect();
    values.sort_unstable_by(f32::total_cmp);
    cuts(&values)
}

/// Thresholds between sorted values: between all distinct ones if they are few, else at quantiles.
pub(crate) fn cuts(sorted: &[f32]) -> Vec<f32> {
    let mut distinct = sorted.to_vec();
    distinct.dedup();
    if distinct.len() <= MOST {
        return distinct.windows(2).map(|pair| between(pair[0], pair[1])).collect();
    }
    let mut cuts = Vec::with_capacity(MOST - 1);
    let mut end = 0;
    // Each bin takes an equal share of what is left, so that one frequent value does not cost others theirs.
    while cuts.len() < MOST - 1 {
        let bins_left = MOST - cuts.len();
        end += (sorted.len() - end).div_ceil(bins_left).max(1);
        while end < sorted.len() && sorted[end] == sorted[end - 1] {
            end += 1;
        }
        if end >= sorted.len() {
            break;
        }
        cuts.push(between(sorted[end - 1], sorted[end]));
    }
    cuts
}

/// A threshold with `lower <= t < upper`, in the middle where `f32` has a middle.
fn between(lower: f32, upper: f32) -> f32 {
    let middle = ((f64::from(lower) + f64::from(upper)) / 2.0) as f32;
    if lower <= middle && middle < upper { middle } else { lower }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

    use super::{Bins, MISSING, MOST, code, cuts};
    use crate::matrix::Matrix;

    proptest! {
        #[test]
        fn a_threshold_splits_numbers_exactly_as_their_bins_do(bits in proptest::collection::vec(any::<u32>(), 2..600), narrow in any::<bool>()) {
            // Raw bits reach subnormals, infinities and neighbours; the narrow case makes neighbours the rule.
            let of = |bits: u32| if narrow { f32::from_bits(0x3f80_0000 + bits % 700) } else { f32::from_bits(bits) };
            let values: Vec<f32> = bits.into_iter().map(of).collect();
            let bins = Bins::new(&Matrix::from_columns(std::slice::from_ref(&values)));
            for (row, value) in values.iter().enumerate() {
                let code = bins.code(0, row);
                prop_assert_eq!(code == MISSING, value.is_nan());
                for bin in 0..bins.count(0) as u8 {
                    let left = code != MISSING && code <= bin;
                    prop_assert_eq!(*value <= bins.threshold(0, bin), left);
                }
            }
        }

        #[test]
        fn thresholds_rise_and_are_few(mut values in proptest::collection::vec(-1e3f32..1e3, 1..3_000)) {
            values.sort_unstable_by(f32::total_cmp);
            let cuts = cuts(&values);
            prop_assert!(cuts.len() < MOST);
            prop_assert!(cuts.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }

    #[test]
    fn a_value_that_fills_half_the_rows_leaves_bins_for_the_rest() {
        let mut values: Vec<f32> = (0..5_000).map(|value| value as f32).collect();
        values.extend(vec![0.0; 5_000]);
        values.sort_unstable_by(f32::total_cmp);
        let cuts = cuts(&values);
        assert!(cuts.len() > 240, "{}", cuts.len());
        assert_eq!(code(&cuts, -1.0), code(&cuts, 0.0));
    }
}
