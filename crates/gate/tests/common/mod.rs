//! Seeded evidence for the gate's tests.

use base::Random;
use gate::{Beat, Check, NoWorse, Policy, Predictions, Terms, Verdict};
use stats::{Metric, Task};

/// Terms of a task with no rule at all.
pub(crate) fn terms(task: Task) -> Terms {
    let classes: &[&str] = match task {
        Task::Binary => &["false", "true"],
        Task::Multiclass => &["a", "b", "c"],
        Task::Regression => &[],
    };
    Terms {
        version: Terms::VERSION,
        task,
        classes: classes.iter().map(|class| (*class).to_owned()).collect(),
        metrics: Vec::new(),
        value: None,
        threshold: None,
        champion_threshold: None,
        champion_version: None,
        champion_missing: None,
        latency_ms: Vec::new(),
        seed: 7,
        policy: Policy {
            beat_baseline: None,
            no_worse_than_champion: None,
            max_latency_p99_ms: None,
            min_value_per_1000: None,
            confidence: 0.95,
            min_slice_rows: 30,
        },
    }
}

/// Terms of a binary task: beat a constant by 0.02 of ROC AUC, and the champion within a margin.
pub(crate) fn binary_terms(metric: Metric, margin: f64) -> Terms {
    let mut terms = terms(Task::Binary);
    terms.policy.beat_baseline = Some(Beat { metric: Metric::RocAuc, by: 0.02 });
    terms.policy.no_worse_than_champion = Some(NoWorse { metric, margin, confidence: 0.95 });
    terms
}

/// A standard normal number (Box and Muller).
pub(crate) fn normal(random: &mut Random) -> f64 {
    let radius = (-2.0 * (1.0 - random.unit()).ln()).sqrt();
    radius * (std::f64::consts::TAU * random.unit()).cos()
}

/// Binary rows, half of them positive, whose models see the class at these distances through
/// noise of their own; the baseline is a constant.
pub(crate) fn binary(rows: usize, candidate: f64, champion: Option<f64>, seed: u64) -> Predictions {
    let mut random = Random::new(seed);
    let target: Vec<f64> = (0..rows).map(|row| (row % 2) as f64).collect();
    let mut scores = |distance: f64| -> Vec<f64> {
        let mut odds = |class: &f64| distance * (distance * (class - 0.5) + normal(&mut random));
        target.iter().map(|class| 1.0 / (1.0 + (-odds(class)).exp())).collect()
    };
    let (candidate, champion) = (scores(candidate), champion.map(&mut scores));
    Predictions {
        task: Task::Binary,
        classes: 2,
        target,
        candidate,
        baseline: vec![0.5; rows],
        champion,
        slices: Vec::new(),
    }
}

/// Regression rows whose models err normally and independently with these deviations.
pub(crate) fn regression(rows: usize, candidate: f64, champion: f64, seed: u64) -> Predictions {
    let mut random = Random::new(seed);
    let target: Vec<f64> = (0..rows).map(|_| 10.0 * normal(&mut random)).collect();
    let mut values = |deviation: f64| -> Vec<f64> {
        target.iter().map(|target| target + deviation * normal(&mut random)).collect()
    };
    let (candidate, champion) = (values(candidate), values(champion));
    Predictions {
        task: Task::Regression,
        classes: 0,
        target,
        candidate,
        baseline: vec![0.0; rows],
        champion: Some(champion),
        slices: Vec::new(),
    }
}

/// The check of this name.
pub(crate) fn check<'a>(verdict: &'a Verdict, name: &str) -> &'a Check {
    let found = verdict.checks.iter().find(|check| check.name == name);
    found.unwrap_or_else(|| panic!("no check `{name}` in {:?}", verdict.checks))
}
