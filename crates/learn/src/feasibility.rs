//! The first question: can the target be predicted from these columns at all, and would more rows help?
//!
//! The answer compares row by row: how much less the best candidate loses than the baseline on the same
//! validation rows, with an interval. Called by `train`; shown before anything else in the report.

use base::Random;
use serde::{Deserialize, Serialize};

use crate::{
    calibration::Calibration,
    candidates::{Bench, Candidate, Prepared, Tried, baseline_predictions, validation_targets},
    features::Scope,
    loss,
    predictor::predictions,
    progress::Progress,
    split::Fold,
};

/// The curve's points below the whole.
const SHARES: [f64; 2] = [0.25, 0.5];
/// The share of the budget after which the curve is left as it is.
const BUDGET_SHARE: f64 = 0.65;
/// Removing less of the baseline's loss than this is not worth a model.
const NEGLIGIBLE: f64 = 0.01;
/// Doubling the rows for less than this share of the loss is not worth collecting them.
const FLAT: f64 = 0.002;

/// Whether and how well the target can be predicted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Feasibility {
    /// The answer.
    pub outlook: Outlook,
    /// The best candidate, the baseline aside.
    pub candidate: Option<String>,
    /// The share of the baseline's validation loss that it removes (of the squared error: R²).
    pub improvement: f64,
    /// The lower end of the 95 % interval of that share.
    pub lower: f64,
    /// The upper end.
    pub upper: f64,
    /// Validation loss by the number of rows learned from, fewest first.
    pub curve: Vec<Point>,
    /// Whether more rows would help; nothing when the curve does not tell.
    pub more_data_helps: Option<bool>,
    /// All of this in plain words.
    pub statement: String,
}

/// The answer to "can it be predicted?".
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outlook {
    /// A candidate beats the baseline with confidence.
    Feasible,
    /// No candidate gains anything that would matter.
    NotYet,
    /// A gain is possible but not shown; the rows are too few to tell.
    Unclear,
}

/// A point of the learning curve.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// The share of the rows to learn from.
    pub share: f64,
    /// How many those are.
    pub rows: usize,
    /// The validation score: log loss or RMSE.
    pub score: f64,
}

/// What the curve is drawn from.
#[derive(Clone, Copy)]
pub(crate) struct Grounds<'a> {
    pub(crate) bench: Bench<'a>,
    pub(crate) scope: Scope<'a>,
    pub(crate) columns: &'a [String],
    pub(crate) folds: &'a [Fold],
    pub(crate) prepared: &'a [Prepared],
}

/// Answers, from the candidates that were tried.
pub(crate) fn assess(
    grounds: Grounds<'_>,
    tried: &[Tried],
    progress: &mut dyn FnMut(Progress),
) -> Feasibility {
    let objective = grounds.bench.objective;
    let targets = validation_targets(grounds.prepared);
    let learners = tried.iter().filter(|tried| tried.candidate != Candidate::Baseline);
    let best = learners.min_by(|one, other| one.score.total_cmp(&other.score));
    let baseline = loss::rows(objective, &baseline_predictions(objective, grounds.prepared), &targets);
    let Some(best) = best else { return untried() };
    let losses = loss::rows(objective, &best.predictions(objective), &targets);
    let gain = Gain::between(&baseline, &losses);
    let outlook = if gain.lower > 0.0 {
        Outlook::Feasible
    } else if gain.upper < NEGLIGIBLE {
        Outlook::NotYet
    } else {
        Outlook::Unclear
    };
    let (curve, doubling) = curve(grounds, best, &losses, progress);
    let more_data_helps = doubling.and_then(|gain| match gain {
        Gain { lower, .. } if lower > 0.0 => Some(true),
        Gain { upper, .. } if upper < FLAT => Some(false),
        _ => None,
    });
    let statement = statement(outlook, &gain, best, more_data_helps);
    Feasibility {
        outlook,
        candidate: Some(best.candidate.name().to_owned()),
        improvement: gain.mean,
        lower: gain.lower,
        upper: gain.upper,
        curve,
        more_data_helps,
        statement,
    }
}

fn untried() -> Feasibility {
    Feasibility {
        outlook: Outlook::Unclear,
        candidate: None,
        improvement: 0.0,
        lower: 0.0,
        upper: 0.0,
        curve: Vec::new(),
        more_data_helps: None,
        statement: "unclear: only the baseline was asked for; set builtin = \"auto\" to find out".to_owned(),
    }
}

/// How much of the first losses the second ones remove, with the 95 % interval of paired rows.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Gain {
    mean: f64,
    lower: f64,
    upper: f64,
}

impl Gain {
    fn between(before: &[f64], after: &[f64]) -> Self {
        let rows = before.len() as f64;
        let whole = (before.iter().sum::<f64>() / rows).max(f64::MIN_POSITIVE);
        let gains: Vec<f64> = before.iter().zip(after).map(|(before, after)| before - after).collect();
        let mean = gains.iter().sum::<f64>() / rows;
        let variance = gains.iter().map(|gain| (gain - mean).powi(2)).sum::<f64>() / (rows - 1.0).max(1.0);
        let margin = stats::student_quantile(0.975, (rows - 1.0).max(1.0)) * (variance / rows).sqrt();
        Self { mean: mean / whole, lower: (mean - margin) / whole, upper: ((mean + margin) / whole).min(1.0) }
    }
}

/// The points of the curve, and what the last doubling of the rows gained.
fn curve(
    grounds: Grounds<'_>,
    best: &Tried,
    losses: &[f64],
    progress: &mut dyn FnMut(Progress),
) -> (Vec<Point>, Option<Gain>) {
    let objective = grounds.bench.objective;
    let deadline = grounds.bench.budget.until(BUDGET_SHARE);
    let rows = grounds.folds[0].train.len();
    let mut points = Vec::new();
    let mut doubling = None;
    for share in SHARES {
        progress(Progress::Curve { share });
        let mut margins = Vec::new();
        let mut out_of_time = deadline.passed();
        for fold in grounds.folds {
            if out_of_time {
                break;
            }
            let part = Prepared::new(grounds.scope, grounds.columns, &part(fold, share, grounds.scope.seed));
            if part.train.columns() == 0 {
                break;
            }
            let fitted = grounds.bench.fit(best.candidate, &part, deadline, progress);
            margins.extend(fitted.learned.margins(&part.validation));
            out_of_time |= fitted.out_of_time;
        }
        if out_of_time || margins.len() != best.margins.len() {
            break;
        }
        let targets = validation_targets(grounds.prepared);
        let calibration = Calibration::fit(objective, &margins, &targets);
        let predictions = predictions(objective, calibration, &margins);
        let score = loss::total(objective, &predictions, &targets);
        points.push(Point { share, rows: (rows as f64 * share) as usize, score });
        doubling = Some(Gain::between(&loss::rows(objective, &predictions, &targets), losses))
            .filter(|_| share == 0.5);
    }
    points.push(Point { share: 1.0, rows, score: best.score });
    (points, doubling)
}

/// A random part of the rows to learn from; random, so that the curve shows amount and not recency.
fn part(fold: &Fold, share: f64, seed: u64) -> Fold {
    let mut train = fold.train.clone();
    Random::new(seed).shuffle(&mut train);
    train.truncate((fold.train.len() as f64 * share) as usize);
    train.sort_unstable();
    Fold { train, validation: fold.validation.clone() }
}

fn statement(outlook: Outlook, gain: &Gain, best: &Tried, more_data_helps: Option<bool>) -> String {
    let percent = |share: f64| format!("{:.1} %", share * 100.0);
    let interval = format!("{} to {}", percent(gain.lower), percent(gain.upper));
    let name = best.candidate.name();
    let finding = match outlook {
        Outlook::Feasible => format!(
            "feasible: {name} removes {} of the baseline's loss on rows it has not seen (95 % interval {interval})",
            percent(gain.mean)
        ),
        Outlook::NotYet => format!(
            "not yet: no candidate beats the baseline by anything that matters (best: {name}, 95 % interval \
             {interval} of its loss); look for columns that know more about the target"
        ),
        Outlook::Unclear => format!(
            "unclear: {name} may beat the baseline, but these rows cannot tell (95 % interval {interval} of its \
             loss); collect more rows"
        ),
    };
    let outlook_on_rows = match more_data_helps {
        Some(true) => "; more rows would help: half of them did worse",
        Some(false) => "; more rows would hardly help: half of them did as well",
        None => "; whether more rows would help cannot be told from these",
    };
    finding + outlook_on_rows
}

#[cfg(test)]
mod tests {
    use super::Gain;

    #[test]
    fn the_interval_of_a_paired_gain_is_students() {
        // Differences 1, 2, 3 of a mean loss of 10: mean 2, standard error 1/√3, t(0.975, 2) = 4.3027.
        let gain = Gain::between(&[10.0, 10.0, 10.0], &[9.0, 8.0, 7.0]);
        let margin = 4.302_653 / 3.0_f64.sqrt() / 10.0;
        assert!((gain.mean - 0.2).abs() < 1e-12);
        assert!((gain.lower - (0.2 - margin)).abs() < 1e-6 && (gain.upper - (0.2 + margin)).abs() < 1e-6);
    }
}
