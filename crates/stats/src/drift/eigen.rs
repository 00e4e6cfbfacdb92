/// The eigenvalues of a symmetric matrix, greatest first, each with its unit vector, by Jacobi's
/// rotations (1846): slow for hundreds of columns, and simple and exact for tens.
pub(super) fn symmetric(mut matrix: Vec<Vec<f64>>) -> Vec<(f64, Vec<f64>)> {
    let size = matrix.len();
    let mut vectors: Vec<Vec<f64>> =
        (0..size).map(|row| (0..size).map(|column| f64::from(u8::from(row == column))).collect()).collect();
    // It converges quadratically: a handful of sweeps reach rounding.
    for _ in 0..60 {
        let mut largest: f64 = 0.0;
        for row in 0..size {
            for column in row + 1..size {
                largest = largest.max(matrix[row][column].abs());
                rotate(&mut matrix, &mut vectors, row, column);
            }
        }
        if largest < 1e-14 {
            break;
        }
    }
    let mut pairs: Vec<(f64, Vec<f64>)> =
        vectors.into_iter().enumerate().map(|(place, vector)| (matrix[place][place], vector)).collect();
    pairs.sort_by(|one, other| other.0.total_cmp(&one.0));
    pairs
}

/// Turns the plane of two axes so that their element becomes 0; `vectors` are rows.
fn rotate(matrix: &mut [Vec<f64>], vectors: &mut [Vec<f64>], one: usize, other: usize) {
    let element = matrix[one][other];
    if element == 0.0 {
        return;
    }
    let slope = (matrix[other][other] - matrix[one][one]) / (2.0 * element);
    let tangent = slope.signum() / (slope.abs() + (slope * slope + 1.0).sqrt());
    let cosine = 1.0 / (tangent * tangent + 1.0).sqrt();
    let sine = tangent * cosine;
    let turn = |a: f64, b: f64| (cosine * a - sine * b, sine * a + cosine * b);
    for line in matrix.iter_mut() {
        (line[one], line[other]) = turn(line[one], line[other]);
    }
    turn_rows(matrix, (one, other), turn);
    turn_rows(vectors, (one, other), turn);
}

/// Turns two rows, the second below the first.
fn turn_rows(lines: &mut [Vec<f64>], (one, other): (usize, usize), turn: impl Fn(f64, f64) -> (f64, f64)) {
    let (above, below) = lines.split_at_mut(other);
    for (a, b) in above[one].iter_mut().zip(&mut below[0]) {
        (*a, *b) = turn(*a, *b);
    }
}

#[cfg(test)]
mod tests {
    use super::symmetric;

    #[test]
    fn the_vectors_rebuild_the_matrix() {
        let matrix = vec![vec![4.0, 1.0, -2.0], vec![1.0, 2.0, 0.5], vec![-2.0, 0.5, 3.0]];
        let pairs = symmetric(matrix.clone());
        assert!(pairs.windows(2).all(|pair| pair[0].0 >= pair[1].0));
        for (row, line) in matrix.iter().enumerate() {
            for (column, expected) in line.iter().enumerate() {
                let found: f64 =
                    pairs.iter().map(|(value, vector)| value * vector[row] * vector[column]).sum();
                assert!((found - expected).abs() < 1e-12, "{found} {expected}");
            }
        }
    }
}
