use super::eigen;

/// What of a row the principal components of a reference cannot say: all columns at once, so
/// that a change in how they go together shows even when none of them drifts alone.
///
/// Columns are standardised by the reference and projected on the fewest components that keep
/// the asked share of its variance; the error of a row is the Euclidean distance to its
/// projection (Pearson, 1901; as a monitor of drift, Mahgoub and others, 2022).
#[derive(Debug, Clone, PartialEq)]
pub struct Reconstruction {
    columns: Vec<Standard>,
    components: Vec<Vec<f64>>,
}

/// A column's mean and standard deviation (ddof 0) in the reference.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Standard {
    mean: f64,
    deviation: f64,
}

impl Reconstruction {
    /// Learns from the reference's columns, each with one finite number a row, keeping this share
    /// of the variance; nothing without rows or with columns of different lengths.
    ///
    /// A constant column is left out of account. Costs rows × columns².
    pub fn fit(columns: &[Vec<f64>], kept: f64) -> Option<Self> {
        let rows = columns.first().map_or(0, Vec::len);
        if rows == 0 || columns.iter().any(|column| column.len() != rows) {
            return None;
        }
        let standards = columns.iter().map(|column| Standard::of(column)).collect::<Option<Vec<_>>>()?;
        let scaled: Vec<Vec<f64>> =
            columns.iter().zip(&standards).map(|(column, standard)| standard.scaled(column)).collect();
        let product = |one: &Vec<f64>, other: &Vec<f64>| {
            one.iter().zip(other).map(|(one, other)| one * other).sum::<f64>() / rows as f64
        };
        let covariance =
            scaled.iter().map(|one| scaled.iter().map(|other| product(one, other)).collect()).collect();
        Some(Self { columns: standards, components: enough(eigen::symmetric(covariance), kept) })
    }

    /// The error of each row of these columns, in the reference's standard deviations; nothing
    /// when they are not as many as in the reference, or of different lengths.
    pub fn errors(&self, columns: &[Vec<f64>]) -> Option<Vec<f64>> {
        let rows = columns.first().map_or(0, Vec::len);
        if columns.len() != self.columns.len() || columns.iter().any(|column| column.len() != rows) {
            return None;
        }
        let row = |row: usize| {
            let scaled: Vec<f64> = columns
                .iter()
                .zip(&self.columns)
                .map(|(column, standard)| standard.scale(column[row]))
                .collect();
            self.error(&scaled)
        };
        Some((0..rows).map(row).collect())
    }

    /// How many components are kept.
    pub fn components(&self) -> usize {
        self.components.len()
    }

    fn error(&self, scaled: &[f64]) -> f64 {
        let mut rest = scaled.to_vec();
        for component in &self.components {
            let along: f64 = component.iter().zip(scaled).map(|(one, other)| one * other).sum();
            rest.iter_mut().zip(component).for_each(|(rest, part)| *rest -= along * part);
        }
        rest.iter().map(|part| part * part).sum::<f64>().sqrt()
    }
}

impl Standard {
    fn of(column: &[f64]) -> Option<Self> {
        let mean = crate::mean(column)?;
        let squares = column.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / column.len() as f64;
        (mean.is_finite() && squares.is_finite()).then(|| Self { mean, deviation: squares.sqrt() })
    }

    fn scale(self, value: f64) -> f64 {
        if self.deviation > 0.0 { (value - self.mean) / self.deviation } else { 0.0 }
    }

    fn scaled(self, column: &[f64]) -> Vec<f64> {
        column.iter().map(|value| self.scale(*value)).collect()
    }
}

/// The fewest first components whose eigenvalues make up the share.
fn enough(pairs: Vec<(f64, Vec<f64>)>, share: f64) -> Vec<Vec<f64>> {
    let all: f64 = pairs.iter().map(|(value, _)| value.max(0.0)).sum();
    let mut sum = 0.0;
    let before = |(value, _): &(f64, Vec<f64>)| {
        let wanted = sum < share * all;
        sum += value.max(0.0);
        wanted
    };
    pairs.into_iter().take_while(before).map(|(_, vector)| vector).collect()
}

#[cfg(test)]
mod tests {
    use super::Reconstruction;

    fn line(rows: u32, slope: f64) -> Vec<Vec<f64>> {
        let first: Vec<f64> = (0..rows).map(f64::from).collect();
        let second = first.iter().map(|value| slope * value).collect();
        vec![first, second]
    }

    #[test]
    fn rows_on_the_reference_s_line_have_no_error() {
        let fitted = Reconstruction::fit(&line(50, 2.0), 0.65).unwrap();
        assert_eq!(fitted.components(), 1);
        assert!(fitted.errors(&line(50, 2.0)).unwrap().iter().all(|error| *error < 1e-12));
    }

    #[test]
    fn a_broken_relation_shows_though_no_column_changed() {
        let fitted = Reconstruction::fit(&line(50, 2.0), 0.65).unwrap();
        let mut turned = line(50, 2.0);
        turned[1].reverse();
        let errors = fitted.errors(&turned).unwrap();
        assert!(errors.iter().sum::<f64>() / 50.0 > 1.0);
    }

    #[test]
    fn columns_that_do_not_match_have_no_error() {
        let fitted = Reconstruction::fit(&line(5, 2.0), 0.65).unwrap();
        assert_eq!(fitted.errors(&line(5, 2.0)[..1]), None);
        assert_eq!(Reconstruction::fit(&[vec![1.0], vec![]], 0.65), None);
        assert_eq!(Reconstruction::fit(&[], 0.65), None);
    }
}
