//! Histories of several runs thinned out alike, for charts.

use std::collections::BTreeSet;

use crate::{
    Error, Tracking,
    metrics::{
        history::{OfRun, find, points},
        point::Point,
    },
};

/// The most points of one run in an answer.
const MOST: usize = 25_000;

impl Tracking {
    /// Points of a key in several runs at about `max_results` steps, the same for all, and at the first and last step of
    /// each run. Without `between`, from step 0 on.
    ///
    /// # Errors
    /// When they cannot be read.
    pub fn metric_history_interval(
        &self,
        run_ids: &[String],
        key: &str,
        between: Option<(i64, i64)>,
        max_results: usize,
    ) -> Result<OfRun, Error> {
        self.read(|transaction| {
            let mut all = BTreeSet::new();
            let mut ends = BTreeSet::new();
            for run_id in run_ids {
                let Some((run, key)) = find(transaction, run_id, key)? else { continue };
                let steps: BTreeSet<i64> =
                    points(transaction, run, key, None, usize::MAX)?.iter().map(|point| point.step).collect();
                ends.extend(steps.first().copied());
                ends.extend(steps.last().copied());
                all.extend(steps);
            }
            let steps = sample(&all.into_iter().collect::<Vec<_>>(), &ends, between, max_results);
            let mut runs = Vec::new();
            for run_id in run_ids {
                let Some((run, key)) = find(transaction, run_id, key)? else { continue };
                let mut points = points(transaction, run, key, None, usize::MAX)?;
                points.retain(|point| steps.contains(&point.step));
                points.sort_by(by_step);
                points.truncate(MOST);
                // What was read and is not shown may be a million times as much.
                points.shrink_to_fit();
                runs.push((run_id.clone(), points));
            }
            Ok(OfRun { key: key.to_owned(), runs })
        })
    }
}

fn by_step(one: &Point, other: &Point) -> std::cmp::Ordering {
    one.step.cmp(&other.step).then_with(|| one.order(other))
}

/// The steps to show: all between, when they are few, and evenly taken ones otherwise.
fn sample(
    all: &[i64],
    ends: &BTreeSet<i64>,
    between: Option<(i64, i64)>,
    max_results: usize,
) -> BTreeSet<i64> {
    let Some(last) = all.last() else { return BTreeSet::new() };
    let (start, end) = between.unwrap_or((0, *last));
    let inside: Vec<i64> = all.iter().copied().filter(|step| (start..=end).contains(step)).collect();
    let mut steps: BTreeSet<i64> = ends.iter().copied().filter(|step| (start..=end).contains(step)).collect();
    if inside.len() <= max_results {
        steps.extend(inside);
        return steps;
    }
    let every = inside.len() as f64 / max_results as f64;
    for at in 0..max_results {
        steps.extend(inside.get((at as f64 * every) as usize));
    }
    steps.extend(inside.last());
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_taken_evenly_and_ends_are_kept() {
        let all: Vec<i64> = (0..20).collect();
        let ends = BTreeSet::from([0, 9, 19]);
        let steps: Vec<i64> = sample(&all, &ends, None, 5).into_iter().collect();
        assert_eq!(steps, [0, 4, 8, 9, 12, 16, 19]);
        let steps: Vec<i64> = sample(&all, &ends, Some((0, 4)), 5).into_iter().collect();
        assert_eq!(steps, [0, 1, 2, 3, 4]);
        assert!(sample(&[], &BTreeSet::new(), None, 5).is_empty());
    }

    #[test]
    fn without_bounds_negative_steps_are_left_out() {
        let steps: Vec<i64> =
            sample(&[-5, -1, 0, 3], &BTreeSet::from([-5, 3]), None, 10).into_iter().collect();
        assert_eq!(steps, [0, 3]);
    }
}
