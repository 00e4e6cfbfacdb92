use crate::drift::NumberCounts;

/// Edges of equally wide bins by a rule of NumPy's `histogram_bin_edges`, on float columns.
pub(super) fn edges(range: (f64, f64), width: f64) -> Vec<f64> {
    let bins = if width > 0.0 { ((range.1 - range.0) / width).ceil() } else { 1.0 };
    equal(range, bins as usize)
}

/// Edges of this many equally wide bins; a range without width is widened by half each way.
pub(super) fn equal((least, greatest): (f64, f64), bins: usize) -> Vec<f64> {
    let (least, greatest) = if least == greatest { (least - 0.5, greatest + 0.5) } else { (least, greatest) };
    let step = (greatest - least) / bins as f64;
    let mut edges: Vec<f64> = (0..bins).map(|bin| bin as f64 * step + least).collect();
    edges.push(greatest);
    edges
}

/// Sturges' width for so many rows (1926).
pub(super) fn sturges(range: (f64, f64), rows: u64) -> f64 {
    (range.1 - range.0) / ((rows as f64).log2() + 1.0)
}

/// Doane's width (1976), which makes room for skewness; 0 where there is none to be had.
pub(super) fn doane(numbers: &NumberCounts) -> f64 {
    let (Some(range), Some(mean), Some(deviation)) = (numbers.range(), numbers.mean(), numbers.deviation())
    else {
        return 0.0;
    };
    let rows = numbers.total() as f64;
    if rows <= 2.0 || deviation <= 0.0 {
        return 0.0;
    }
    let error = (6.0 * (rows - 2.0) / ((rows + 1.0) * (rows + 3.0))).sqrt();
    let cubes: f64 =
        numbers.iter().map(|(value, count)| ((value - mean) / deviation).powi(3) * count as f64).sum();
    (range.1 - range.0) / (1.0 + rows.log2() + (1.0 + (cubes / rows).abs() / error).log2())
}

/// The rows of each bin as NumPy counts them: closed below, open above, the last closed; rows
/// outside all bins are in none.
pub(super) fn count(numbers: &NumberCounts, edges: &[f64]) -> Vec<u64> {
    let values = numbers.values();
    let last = edges.len() - 1;
    let place = |(at, edge): (usize, &f64)| {
        values.partition_point(|value| if at == last { value <= edge } else { value < edge })
    };
    let mut rows = numbers.between(edges.iter().enumerate().map(place).collect());
    rows.pop();
    rows.remove(0);
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bins_are_closed_below_and_the_last_on_both_sides() {
        let numbers = NumberCounts::of(&[-1.0, 0.0, 1.0, 1.5, 2.0, 3.0]);
        assert_eq!(count(&numbers, &[0.0, 1.0, 2.0]), [1, 3]);
    }

    #[test]
    fn a_constant_column_has_one_bin_around_it() {
        let numbers = NumberCounts::of(&[4.0, 4.0, 4.0]);
        assert_eq!(edges((4.0, 4.0), doane(&numbers)), [3.5, 4.5]);
    }
}
