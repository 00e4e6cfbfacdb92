//! Minimises a smooth function of many variables.
//!
//! L-BFGS (Nocedal and Wright, "Numerical Optimization", algorithms 7.4 and 7.5) with a
//! backtracking line search; a step that shows no positive curvature is not remembered.

use std::collections::VecDeque;

use crate::linear::dot;

const MEMORY: usize = 10;
const TOLERANCE: f64 = 1e-7;

struct Step {
    moved: Vec<f64>,
    turned: Vec<f64>,
    curvature: f64,
}

/// The point of least value found from `at`; `evaluate` returns the value and fills in the gradient.
pub(crate) fn minimise(
    mut at: Vec<f64>,
    iterations: usize,
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
) -> Vec<f64> {
    let mut gradient = vec![0.0; at.len()];
    let mut value = evaluate(&at, &mut gradient);
    let mut history: VecDeque<Step> = VecDeque::with_capacity(MEMORY);
    for _ in 0..iterations {
        if gradient.iter().all(|slope| slope.abs() < TOLERANCE) {
            break;
        }
        let mut direction = direction(&gradient, &history);
        let mut slope = dot(&direction, &gradient);
        if slope >= 0.0 {
            history.clear();
            direction = gradient.iter().map(|slope| -slope).collect();
            slope = dot(&direction, &gradient);
        }
        // Without a history the length of the gradient says nothing about how far to go.
        let first = if history.is_empty() { (1.0 / -slope).sqrt().min(1.0) } else { 1.0 };
        let Some(next) = search(&at, value, (&direction, slope, first), evaluate) else { break };
        let moved: Vec<f64> = next.at.iter().zip(&at).map(|(new, old)| new - old).collect();
        let turned: Vec<f64> = next.gradient.iter().zip(&gradient).map(|(new, old)| new - old).collect();
        let curvature = dot(&moved, &turned);
        if curvature > 1e-14 * dot(&turned, &turned) {
            if history.len() == MEMORY {
                history.pop_front();
            }
            history.push_back(Step { moved, turned, curvature });
        }
        let gained = value - next.value;
        (at, value, gradient) = (next.at, next.value, next.gradient);
        if gained <= 1e-12 * value.abs() {
            break;
        }
    }
    at
}

fn direction(gradient: &[f64], history: &VecDeque<Step>) -> Vec<f64> {
    let mut direction: Vec<f64> = gradient.iter().map(|slope| -slope).collect();
    let mut shares = Vec::with_capacity(history.len());
    for step in history.iter().rev() {
        let share = dot(&step.moved, &direction) / step.curvature;
        add(&mut direction, &step.turned, -share);
        shares.push(share);
    }
    if let Some(last) = history.back() {
        let scale = last.curvature / dot(&last.turned, &last.turned);
        direction.iter_mut().for_each(|part| *part *= scale);
    }
    for (step, share) in history.iter().zip(shares.into_iter().rev()) {
        let back = dot(&step.turned, &direction) / step.curvature;
        add(&mut direction, &step.moved, share - back);
    }
    direction
}

fn add(to: &mut [f64], what: &[f64], times: f64) {
    to.iter_mut().zip(what).for_each(|(to, what)| *to += times * what);
}

struct Place {
    at: Vec<f64>,
    value: f64,
    gradient: Vec<f64>,
}

/// The first of ever shorter steps that lowers the value enough (Armijo's condition).
fn search(
    at: &[f64],
    value: f64,
    (direction, slope, first): (&[f64], f64, f64),
    evaluate: &mut dyn FnMut(&[f64], &mut [f64]) -> f64,
) -> Option<Place> {
    let mut length = first;
    for _ in 0..40 {
        let mut next = at.to_vec();
        add(&mut next, direction, length);
        let mut gradient = vec![0.0; at.len()];
        let found = evaluate(&next, &mut gradient);
        if found <= value + 1e-4 * length * slope {
            return Some(Place { at: next, value: found, gradient });
        }
        length *= 0.5;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::minimise;

    #[test]
    fn the_bottom_of_rosenbrocks_valley_is_found() {
        let found = minimise(vec![-1.2, 1.0], 200, &mut |at, gradient| {
            let (x, y) = (at[0], at[1]);
            gradient[0] = -2.0 * (1.0 - x) - 400.0 * x * (y - x * x);
            gradient[1] = 200.0 * (y - x * x);
            (1.0 - x).powi(2) + 100.0 * (y - x * x).powi(2)
        });
        assert!((found[0] - 1.0).abs() < 1e-4 && (found[1] - 1.0).abs() < 1e-4, "{found:?}");
    }

    #[test]
    fn a_function_that_cannot_be_lowered_leaves_the_start() {
        let found = minimise(vec![3.0], 50, &mut |_, gradient| {
            gradient[0] = 1.0;
            f64::NAN
        });
        assert_eq!(found, [3.0]);
    }
}
