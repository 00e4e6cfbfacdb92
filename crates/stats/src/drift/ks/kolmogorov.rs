//! The distribution of Kolmogorov's statistic D of one sample of n rows, by the methods that
//! Simard and L'Ecuyer, "Computing the two-sided Kolmogorov–Smirnov distribution" (2011),
//! recommend for each region.

use std::f64::consts::PI;

use statrs::function::factorial::ln_factorial;

/// Above this many rows the one-sided sum gives way to its limit.
const MOST_SUMMED: f64 = 1e6;

/// The chance that D of `rows` (a whole number) is at least `distance`.
pub(super) fn p_value(rows: f64, distance: f64) -> f64 {
    let reach = rows * distance;
    if reach <= 0.5 || rows < 1.0 {
        return 1.0;
    }
    if distance >= 1.0 {
        return 0.0;
    }
    let squared = reach * distance;
    let far = if rows <= 140.0 { 4.0 } else { 2.2 };
    // Both sides at once are then too rare to matter, or impossible.
    if squared >= far || distance >= 0.5 || reach >= rows - 1.0 {
        return 2.0 * one_sided(rows, distance);
    }
    if rows <= 140.0 || (rows <= 1e5 && rows * distance.powf(1.5) <= 1.4) {
        return 1.0 - durbin(rows as usize, distance);
    }
    1.0 - pelz_good(rows, distance)
}

/// The chance that D⁺ is at least `distance` (Birnbaum and Tingey, 1951): a sum of binomial
/// chances, taken from the middle outwards until nothing more is added.
fn one_sided(rows: f64, distance: f64) -> f64 {
    if rows > MOST_SUMMED {
        // Maag and Dicaire, 1971.
        return (-(6.0 * rows * distance + 1.0).powi(2) / (18.0 * rows)).exp();
    }
    let last = (rows * (1.0 - distance)).floor();
    let middle = (last / 2.0).floor();
    let mut sum = 0.0;
    let mut add = |count: f64| {
        let term = term(rows, distance, count);
        sum += term;
        term > sum * 1e-18
    };
    let mut count = middle;
    while count <= last && add(count) {
        count += 1.0;
    }
    count = middle - 1.0;
    while count >= 0.0 && add(count) {
        count -= 1.0;
    }
    sum
}

/// `distance / p` times the binomial chance of `count` successes at p = distance + count / rows,
/// by Loader's expansion ("Fast and accurate computation of binomial probabilities", 2000),
/// which needs no difference of large logarithms.
fn term(rows: f64, distance: f64, count: f64) -> f64 {
    let reach = rows * distance;
    let failures = rows - count;
    if count == 0.0 {
        return (rows * (-distance).ln_1p()).exp();
    }
    if reach >= failures {
        return 0.0;
    }
    let up = reach - count * (reach / count).ln_1p();
    let down = -reach - failures * (-reach / failures).ln_1p();
    let errors = stirling_error(rows) - stirling_error(count) - stirling_error(failures);
    let chance = (errors - up - down).exp() * (rows / (2.0 * PI * count * failures)).sqrt();
    chance * reach / (reach + count)
}

/// ln n! less Stirling's formula ½ ln(2πn) + n ln n − n.
fn stirling_error(number: f64) -> f64 {
    if number < 16.0 {
        let stirling = 0.5 * (2.0 * PI * number).ln() + number * number.ln() - number;
        return ln_factorial(number as u64) - stirling;
    }
    let square = number * number;
    let series = 1.0 / 1_260.0 - (1.0 / 1_680.0 - 1.0 / 1_188.0 / square) / square;
    (1.0 / 12.0 - (1.0 / 360.0 - series / square) / square) / number
}

/// The chance that D is below `distance`, by powers of Durbin's matrix (Marsaglia, Tsang and
/// Wang, "Evaluating Kolmogorov's distribution", 2003).
fn durbin(rows: usize, distance: f64) -> f64 {
    let reach = rows as f64 * distance;
    let middle = reach.ceil() as usize;
    let (mut power, mut exponent) = Scaled::durbin(middle, middle as f64 - reach).power(rows);
    let mut chance = power.swap_remove(middle - 1).swap_remove(middle - 1);
    for row in 1..=rows {
        chance *= row as f64 / rows as f64;
        if chance < 1e-140 {
            chance *= 1e140;
            exponent -= 140;
        }
    }
    chance * 10_f64.powi(exponent)
}

type Matrix = Vec<Vec<f64>>;

/// A square matrix times a power of ten.
struct Scaled(Matrix, i32);

impl Scaled {
    /// Durbin's matrix of 2 · `middle` − 1 rows.
    fn durbin(middle: usize, rest: f64) -> Self {
        let size = 2 * middle - 1;
        let mut matrix = vec![vec![0.0; size]; size];
        let inverse_factorials: Vec<f64> =
            (0..=size as u64).map(|number| (-ln_factorial(number)).exp()).collect();
        for (row, line) in matrix.iter_mut().enumerate() {
            for (column, cell) in line.iter_mut().enumerate().take(row + 2) {
                *cell = inverse_factorials[row + 1 - column];
            }
        }
        for place in 0..size {
            let cut = rest.powi(place as i32 + 1) * inverse_factorials[place + 1];
            matrix[place][0] -= cut;
            matrix[size - 1][size - 1 - place] -= cut;
        }
        // Both corrections met in the corner; what they took twice depends on the half.
        let twice = (2.0 * rest - 1.0).max(0.0).powi(size as i32);
        matrix[size - 1][0] += twice * inverse_factorials[size];
        Self(matrix, 0)
    }

    fn power(self, mut times: usize) -> (Matrix, i32) {
        let size = self.0.len();
        let identity = (0..size).map(|row| (0..size).map(|column| f64::from(row == column)).collect());
        let mut result = Self(identity.collect(), 0);
        let mut square = self;
        while times > 0 {
            if times % 2 == 1 {
                result = result.times(&square);
            }
            square = square.times(&square);
            times /= 2;
        }
        (result.0, result.1)
    }

    fn times(&self, other: &Self) -> Self {
        let size = self.0.len();
        let mut product = vec![vec![0.0; size]; size];
        for (line, row) in product.iter_mut().zip(&self.0) {
            for (factor, other_row) in row.iter().zip(&other.0) {
                line.iter_mut().zip(other_row).for_each(|(cell, value)| *cell += factor * value);
            }
        }
        let mut exponent = self.1 + other.1;
        if product[size / 2][size / 2] > 1e140 {
            product.iter_mut().flatten().for_each(|cell| *cell *= 1e-140);
            exponent += 140;
        }
        Self(product, exponent)
    }
}

/// The chance that D is below `distance` for many rows (Pelz and Good, "Approximating the lower
/// tail-areas of the Kolmogorov–Smirnov one-sample statistic", 1976): the limit and three
/// corrections in powers of 1 / √rows.
fn pelz_good(rows: f64, distance: f64) -> f64 {
    let z = rows.sqrt() * distance;
    let (z2, z4, z6) = (z.powi(2), z.powi(4), z.powi(6));
    let (pi2, pi4, pi6) = (PI.powi(2), PI.powi(4), PI.powi(6));
    let mut odd = [0.0; 4];
    let mut whole = [0.0; 2];
    for place in 1..=(16.0 * z / PI).ceil() as i32 {
        let (k, m) = (f64::from(place), f64::from(2 * place - 1));
        let (k2, m2, m4, m6) = (k * k, m.powi(2), m.powi(4), m.powi(6));
        let weight = (-pi2 * m2 / (8.0 * z2)).exp();
        odd[0] += weight;
        odd[1] += weight * (pi2 / 4.0 * m2 - z2);
        odd[2] += weight
            * (6.0 * z6
                + 2.0 * z4
                + (2.0 * z4 - 5.0 * z2) * pi2 / 4.0 * m2
                + (1.0 - 2.0 * z2) * pi4 / 16.0 * m4);
        odd[3] += weight
            * (pi6 / 64.0 * m6 * (5.0 - 30.0 * z2)
                + pi4 / 16.0 * m4 * (212.0 * z4 - 60.0 * z2)
                + pi2 / 4.0 * m2 * (135.0 * z4 - 96.0 * z6)
                - 30.0 * z6
                - 90.0 * z4 * z4);
        let weight = (-pi2 * k2 / (2.0 * z2)).exp();
        whole[0] += weight * k2;
        whole[1] += weight * k2 * (3.0 * z2 - pi2 * k2);
    }
    let root = (2.0 * PI).sqrt();
    let terms = [
        root / z * odd[0],
        root / (6.0 * z4) * odd[1],
        root / (72.0 * z.powi(7)) * odd[2] - root * pi2 / (36.0 * z.powi(3)) * whole[0],
        root / (6_480.0 * z.powi(10)) * odd[3] + root * pi2 / (216.0 * z6) * whole[1],
    ];
    terms[0] + terms[1] / rows.sqrt() + terms[2] / rows + terms[3] / rows.powf(1.5)
}
