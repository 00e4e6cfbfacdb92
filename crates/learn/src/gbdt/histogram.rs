//! Sums of gradients by bin, for one node of a tree.

use crate::{
    gbdt::bins::{Bins, LANES},
    objective::Gradient,
};

/// Bins of a column, the one for missing values included.
pub(crate) const WIDTH: usize = 256;
const GROUP: usize = LANES * WIDTH;
/// Counting fewer values than this is faster than starting a thread for it.
const WORTH_A_THREAD: usize = 60_000;

/// What fell into a bin.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Sum {
    pub(crate) first: f64,
    pub(crate) second: f64,
    pub(crate) rows: u32,
}

impl Sum {
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            first: self.first + other.first,
            second: self.second + other.second,
            rows: self.rows + other.rows,
        }
    }

    pub(crate) fn minus(self, other: Self) -> Self {
        Self {
            first: self.first - other.first,
            second: self.second - other.second,
            rows: self.rows - other.rows,
        }
    }
}

/// The sums of every bin of every column.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Histogram {
    sums: Vec<Sum>,
}

impl Histogram {
    pub(crate) fn empty(bins: &Bins) -> Self {
        Self { sums: vec![Sum::default(); bins.groups().len() * GROUP] }
    }

    /// The bytes a histogram over these bins takes.
    pub(crate) fn bytes(bins: &Bins) -> usize {
        bins.groups().len() * GROUP * size_of::<Sum>()
    }

    /// The sums of a column: one for each code.
    pub(crate) fn column(&self, column: usize) -> &[Sum] {
        &self.sums[column * WIDTH..(column + 1) * WIDTH]
    }

    /// Counts these rows afresh.
    ///
    /// Threads share out the columns, never the rows: every sum is added up in the order of the rows,
    /// so the result is the same for any number of threads.
    pub(crate) fn count(&mut self, bins: &Bins, rows: &[u32], gradients: &[Gradient], threads: usize) {
        self.sums.fill(Sum::default());
        let groups = bins.groups();
        let worth = (rows.len() * bins.columns()).div_ceil(WORTH_A_THREAD);
        let parts = threads.min(worth).clamp(1, groups.len().max(1));
        if parts == 1 {
            count_groups(&mut self.sums, groups, rows, gradients);
            return;
        }
        let share = groups.len().div_ceil(parts);
        std::thread::scope(|scope| {
            let mut work = self.sums.chunks_mut(share * GROUP).zip(groups.chunks(share));
            let own = work.next();
            for (sums, groups) in work {
                scope.spawn(move || count_groups(sums, groups, rows, gradients));
            }
            if let Some((sums, groups)) = own {
                count_groups(sums, groups, rows, gradients);
            }
        });
    }

    /// Takes a child's sums away, which leaves the other child's.
    pub(crate) fn subtract(&mut self, child: &Self) {
        for (own, taken) in self.sums.iter_mut().zip(&child.sums) {
            *own = own.minus(*taken);
        }
    }
}

fn count_groups(sums: &mut [Sum], groups: &[Vec<[u8; LANES]>], rows: &[u32], gradients: &[Gradient]) {
    let (sums, _) = sums.as_chunks_mut::<GROUP>();
    for (sums, codes) in sums.iter_mut().zip(groups) {
        for row in rows {
            let codes = codes[*row as usize];
            let gradient = gradients[*row as usize];
            let (first, second) = (f64::from(gradient.first), f64::from(gradient.second));
            for (lane, code) in codes.into_iter().enumerate() {
                let sum = &mut sums[lane * WIDTH + usize::from(code)];
                sum.first += first;
                sum.second += second;
                sum.rows += 1;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base::Random;

    use super::Histogram;
    use crate::{gbdt::bins::Bins, matrix::Matrix, objective::Gradient};

    #[test]
    fn a_histogram_is_the_same_for_any_number_of_threads() {
        let mut random = Random::new(3);
        let mut column = || (0..9_000).map(|_| random.unit() as f32).collect::<Vec<f32>>();
        let matrix = Matrix::from_columns(&std::array::from_fn::<_, 23, _>(|_| column()));
        let bins = Bins::new(&matrix);
        let gradients: Vec<Gradient> =
            matrix.column(0).map(|value| Gradient { first: value - 0.3, second: value }).collect();
        let rows: Vec<u32> = (0..9_000).filter(|row| row % 7 != 0).collect();
        let mut one = Histogram::empty(&bins);
        one.count(&bins, &rows, &gradients, 1);
        for threads in [2, 3, 5, 64] {
            let mut many = Histogram::empty(&bins);
            many.count(&bins, &rows, &gradients, threads);
            assert_eq!(one, many);
        }
    }

    #[test]
    fn a_parent_less_one_child_is_the_other_child() {
        let matrix = Matrix::from_columns(&[(0..100).map(|row| (row % 10) as f32).collect()]);
        let bins = Bins::new(&matrix);
        let gradients = vec![Gradient { first: 0.5, second: 1.0 }; 100];
        let count = |rows: Vec<u32>| {
            let mut histogram = Histogram::empty(&bins);
            histogram.count(&bins, &rows, &gradients, 1);
            histogram
        };
        let mut parent = count((0..100).collect());
        parent.subtract(&count((0..37).collect()));
        assert_eq!(parent, count((37..100).collect()));
    }
}
