//! Sums of gradients by bin, for one node of a tree.

use crate::{
    gbdt::bins::{Bins, Codes, LANES},
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
    fn of(gradient: Gradient) -> Self {
        Self { first: f64::from(gradient.first), second: f64::from(gradient.second), rows: 1 }
    }

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

    fn column_mut(&mut self, column: usize) -> &mut [Sum] {
        &mut self.sums[column * WIDTH..(column + 1) * WIDTH]
    }
}

/// Counts the histograms of one tree, of the columns that the tree may split on.
pub(crate) struct Counter<'a> {
    bins: &'a Bins,
    columns: &'a [usize],
    gradients: &'a [Gradient],
    threads: usize,
    /// For each group of columns, which of its lanes the tree may split on.
    lanes: Vec<Vec<usize>>,
}

impl<'a> Counter<'a> {
    pub(crate) fn new(
        bins: &'a Bins,
        columns: &'a [usize],
        gradients: &'a [Gradient],
        threads: usize,
    ) -> Self {
        let mut lanes = vec![Vec::new(); bins.groups().len()];
        for column in columns {
            lanes[column / LANES].push(column % LANES);
        }
        Self { bins, columns, gradients, threads, lanes }
    }

    /// The columns that are counted.
    pub(crate) fn columns(&self) -> &'a [usize] {
        self.columns
    }

    /// The sum over all rows of the tree.
    pub(crate) fn total(&self) -> Sum {
        let mut total = Sum::default();
        for gradient in self.gradients {
            total = total.plus(Sum::of(*gradient));
        }
        total
    }

    /// Counts these rows afresh.
    ///
    /// Threads share out the columns, never the rows: every sum is added up in the order of the rows,
    /// so the result is the same for any number of threads.
    pub(crate) fn count(&self, rows: &[u32], histogram: &mut Histogram) {
        self.columns.iter().for_each(|column| histogram.column_mut(*column).fill(Sum::default()));
        let groups = self.bins.groups();
        let worth = (rows.len() * self.columns.len()).div_ceil(WORTH_A_THREAD);
        let parts = self.threads.min(worth).clamp(1, groups.len().max(1));
        let share = groups.len().div_ceil(parts).max(1);
        std::thread::scope(|scope| {
            let lanes = self.lanes.chunks(share);
            let mut work = histogram.sums.chunks_mut(share * GROUP).zip(groups.chunks(share)).zip(lanes);
            let own = work.next();
            for ((sums, groups), lanes) in work {
                scope.spawn(move || self.count_groups(sums, groups, lanes, rows));
            }
            if let Some(((sums, groups), lanes)) = own {
                self.count_groups(sums, groups, lanes, rows);
            }
        });
    }

    /// Takes a child's sums from its parent's, which leaves the other child's.
    pub(crate) fn subtract(&self, child: &Histogram, parent: &mut Histogram) {
        for column in self.columns {
            for (own, taken) in parent.column_mut(*column).iter_mut().zip(child.column(*column)) {
                *own = own.minus(*taken);
            }
        }
    }

    fn count_groups(&self, sums: &mut [Sum], groups: &[Vec<Codes>], lanes: &[Vec<usize>], rows: &[u32]) {
        let (sums, _) = sums.as_chunks_mut::<GROUP>();
        for ((sums, codes), lanes) in sums.iter_mut().zip(groups).zip(lanes) {
            // With the number of lanes known to the compiler the inner loop is straight code.
            match lanes.as_slice() {
                [] => {}
                &[one] => self.count_lanes([one], sums, codes, rows),
                &[one, two] => self.count_lanes([one, two], sums, codes, rows),
                &[one, two, three] => self.count_lanes([one, two, three], sums, codes, rows),
                _ => self.count_lanes([0, 1, 2, 3], sums, codes, rows),
            }
        }
    }

    fn count_lanes<const N: usize>(
        &self,
        lanes: [usize; N],
        sums: &mut [Sum; GROUP],
        codes: &[Codes],
        rows: &[u32],
    ) {
        for row in rows {
            let codes = codes[*row as usize];
            let one = Sum::of(self.gradients[*row as usize]);
            for lane in lanes {
                let sum = &mut sums[(lane % LANES) * WIDTH + usize::from(codes[lane % LANES])];
                *sum = sum.plus(one);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use base::Random;

    use super::{Counter, Histogram};
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
        let columns: Vec<usize> = (0..23).filter(|column| column % 5 != 1).collect();
        let count = |threads| {
            let mut histogram = Histogram::empty(&bins);
            Counter::new(&bins, &columns, &gradients, threads).count(&rows, &mut histogram);
            histogram
        };
        for threads in [2, 3, 5, 64] {
            assert_eq!(count(1), count(threads));
        }
    }

    #[test]
    fn each_lane_counts_its_own_column() {
        let column = |number: usize| (0..50).map(|row| ((row * (number + 1)) % 7) as f32).collect();
        let matrix = Matrix::from_columns(&std::array::from_fn::<Vec<f32>, 6, _>(column));
        let bins = Bins::new(&matrix);
        let gradients: Vec<Gradient> =
            (0..50).map(|row| Gradient { first: row as f32, second: 1.0 }).collect();
        for columns in [vec![0], vec![1, 3], vec![0, 1, 2, 5], vec![0, 1, 2, 3, 4]] {
            let mut histogram = Histogram::empty(&bins);
            Counter::new(&bins, &columns, &gradients, 1).count(&[3, 20, 41], &mut histogram);
            for column in columns {
                for row in [3, 20, 41] {
                    let sum = histogram.column(column)[usize::from(bins.code(column, row))];
                    let alike = [3, 20, 41]
                        .into_iter()
                        .filter(|other| bins.code(column, *other) == bins.code(column, row));
                    assert_eq!(sum.first, alike.sum::<usize>() as f64);
                }
            }
        }
    }

    #[test]
    fn a_parent_less_one_child_is_the_other_child() {
        let matrix = Matrix::from_columns(&[(0..100).map(|row| (row % 10) as f32).collect()]);
        let bins = Bins::new(&matrix);
        let gradients = vec![Gradient { first: 0.5, second: 1.0 }; 100];
        let counter = Counter::new(&bins, &[0], &gradients, 1);
        let count = |rows: Vec<u32>| {
            let mut histogram = Histogram::empty(&bins);
            counter.count(&rows, &mut histogram);
            histogram
        };
        let mut parent = count((0..100).collect());
        counter.subtract(&count((0..37).collect()), &mut parent);
        assert_eq!(parent, count((37..100).collect()));
    }
}
