/// Numbers by row: what the learners see of a table. Missing is NaN.
///
/// `f32` because the exported model takes `f32`: a threshold found here must split the same rows there.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Matrix {
    columns: usize,
    values: Vec<f32>,
}

impl Matrix {
    /// A matrix from columns of one length.
    pub(crate) fn from_columns(columns: &[Vec<f32>]) -> Self {
        let rows = columns.first().map_or(0, Vec::len);
        let mut values = Vec::with_capacity(rows * columns.len());
        for row in 0..rows {
            values.extend(columns.iter().map(|column| column[row]));
        }
        Self { columns: columns.len(), values }
    }

    pub(crate) fn rows(&self) -> usize {
        self.values.len().checked_div(self.columns).unwrap_or(0)
    }

    pub(crate) fn columns(&self) -> usize {
        self.columns
    }

    pub(crate) fn row(&self, row: usize) -> &[f32] {
        &self.values[row * self.columns..(row + 1) * self.columns]
    }

    pub(crate) fn column(&self, column: usize) -> impl Iterator<Item = f32> + '_ {
        self.values.iter().skip(column).step_by(self.columns).copied()
    }
}
