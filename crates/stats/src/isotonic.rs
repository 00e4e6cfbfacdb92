//! Isotonic regression: the rising step curve nearest to the points. `cbpe` calibrates with it.

use serde::{Deserialize, Serialize};

/// A rising curve through knots, straight between them and level outside.
///
/// The least-squares fit by pooling adjacent violators (Barlow et al., "Statistical Inference under Order
/// Restrictions", 1972); each pool keeps its first and last input, as scikit-learn's `IsotonicRegression` does.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Isotonic {
    inputs: Vec<f64>,
    outputs: Vec<f64>,
}

/// Inputs sorted once, for any number of fits with other weights.
#[derive(Debug)]
pub(crate) struct Sorted<'a> {
    inputs: &'a [f64],
    order: Vec<usize>,
}

/// Neighbouring inputs that share an output.
#[derive(Debug, Clone, Copy)]
struct Pool {
    first: f64,
    last: f64,
    weight: f64,
    sum: f64,
}

impl Isotonic {
    /// The curve of these points, each counted `weights` times; nothing without a point of finite input.
    ///
    /// # Panics
    /// When the slices differ in length.
    pub fn fit(inputs: &[f64], targets: &[f64], weights: &[f64]) -> Option<Self> {
        Sorted::new(inputs).fit(|row| targets[row], weights)
    }

    /// The curve's height; NaN at NaN.
    pub fn at(&self, input: f64) -> f64 {
        let above = self.inputs.partition_point(|knot| *knot < input);
        if input.is_nan() {
            return f64::NAN;
        }
        if above == 0 {
            return self.outputs[0];
        }
        let Some(right) = self.inputs.get(above) else { return self.outputs[above - 1] };
        let (left, low) = (self.inputs[above - 1], self.outputs[above - 1]);
        (self.outputs[above] - low) / (right - left) * (input - left) + low
    }
}

impl<'a> Sorted<'a> {
    pub(crate) fn new(inputs: &'a [f64]) -> Self {
        let mut order: Vec<usize> = (0..inputs.len()).filter(|row| inputs[*row].is_finite()).collect();
        order.sort_unstable_by(|one, other| inputs[*one].total_cmp(&inputs[*other]).then(one.cmp(other)));
        Self { inputs, order }
    }

    pub(crate) fn fit(&self, target: impl Fn(usize) -> f64, weights: &[f64]) -> Option<Isotonic> {
        let mut pools: Vec<Pool> = Vec::new();
        for pool in self.distinct(target, weights) {
            pools.push(pool);
            merge(&mut pools);
        }
        let mut curve = Isotonic { inputs: Vec::new(), outputs: Vec::new() };
        for pool in pools {
            curve.inputs.push(pool.first);
            curve.outputs.push(pool.mean());
            if pool.last > pool.first {
                curve.inputs.push(pool.last);
                curve.outputs.push(pool.mean());
            }
        }
        (!curve.inputs.is_empty()).then_some(curve)
    }

    /// Each distinct input with the weight and the weighted sum of its targets.
    fn distinct(&self, target: impl Fn(usize) -> f64, weights: &[f64]) -> Vec<Pool> {
        let mut distinct: Vec<Pool> = Vec::new();
        for row in self.order.iter().copied().filter(|row| weights[*row] > 0.0) {
            let (input, weight) = (self.inputs[row], weights[row]);
            match distinct.last_mut() {
                Some(last) if last.last == input => {
                    last.weight += weight;
                    last.sum += weight * target(row);
                }
                _ => distinct.push(Pool { first: input, last: input, weight, sum: weight * target(row) }),
            }
        }
        distinct
    }
}

impl Pool {
    fn mean(&self) -> f64 {
        self.sum / self.weight
    }
}

/// Pools the last with those before it until the means rise.
fn merge(pools: &mut Vec<Pool>) {
    while let [.., before, last] = pools.as_mut_slice() {
        if before.mean() < last.mean() {
            return;
        }
        before.last = last.last;
        before.weight += last.weight;
        before.sum += last.sum;
        pools.pop();
    }
}

#[cfg(test)]
mod tests {
    use super::Isotonic;

    fn fit(inputs: &[f64], targets: &[f64]) -> Isotonic {
        Isotonic::fit(inputs, targets, &vec![1.0; inputs.len()]).unwrap()
    }

    #[test]
    fn violators_are_pooled_and_the_curve_is_straight_between_pools() {
        // scikit-learn's documentation has this series; its fit is [1, 2.5, 2.5, 3, 4.5, 4.5].
        let curve = fit(&[1.0, 2.0, 3.0, 4.0, 5.0, 6.0], &[1.0, 3.0, 2.0, 3.0, 5.0, 4.0]);
        let heights: Vec<f64> = [1.0, 2.0, 2.7, 3.0, 4.0, 5.0, 6.0].map(|input| curve.at(input)).to_vec();
        assert_eq!(heights, [1.0, 2.5, 2.5, 2.5, 3.0, 4.5, 4.5]);
        assert_eq!(curve.at(3.5), 2.75);
        assert_eq!([curve.at(-9.0), curve.at(f64::NEG_INFINITY), curve.at(99.0)], [1.0, 1.0, 4.5]);
        assert!(curve.at(f64::NAN).is_nan());
    }

    #[test]
    fn equal_inputs_share_their_mean_and_weights_count() {
        let curve =
            Isotonic::fit(&[1.0, 1.0, 2.0, 9.0], &[0.0, 1.0, 1.0, 0.0], &[3.0, 1.0, 1.0, 0.0]).unwrap();
        assert_eq!([curve.at(1.0), curve.at(2.0), curve.at(1.5)], [0.25, 1.0, 0.625]);
    }

    #[test]
    fn nothing_to_fit_is_no_curve_and_falling_points_are_a_level_one() {
        assert_eq!(Isotonic::fit(&[], &[], &[]), None);
        assert_eq!(Isotonic::fit(&[f64::NAN], &[1.0], &[1.0]), None);
        let curve = fit(&[1.0, 2.0, 3.0], &[3.0, 2.0, 1.0]);
        assert_eq!([curve.at(0.0), curve.at(2.5), curve.at(3.0)], [2.0; 3]);
    }
}
