//! Slices of one or two columns that lose more than the rest: where the loss is.
//!
//! A slice's effect is a difference of differences: by how much its mean loss rose, less by how much the loss of all
//! other rows rose. So a rise that is the same everywhere has no slice. All slices are tested one-sidedly, and chosen
//! at a false discovery rate (Benjamini and Hochberg, 1995).

use super::{
    case::Case,
    finding::{Finding, number, percent},
    found::{Fact, Kind},
    slices::{Cuts, Left, Slice, Sums},
};

const FALSE_DISCOVERY_RATE: f64 = 0.01;

/// The most slices that are named.
const MOST: usize = 3;

/// What a slice counts for while the loss as a whole did not rise.
const CALM: f64 = 0.4;

/// The least rows of a slice now, and before when it existed.
const LEAST_ROWS: f64 = 30.0;

/// A slice, and how much worse than the rest it became.
struct Judged {
    slice: Slice,
    effect: f64,
    error: f64,
    /// What it adds to the mean loss.
    excess: f64,
}

/// The worst slice, then the worst among the rows outside it, and so on: what one explains another does not claim.
pub(super) fn find(case: &Case<'_>) -> Vec<Finding> {
    let labelled = |rows: &super::Rows| rows.labels.is_some();
    if labelled(case.evidence.reference) != labelled(case.evidence.current) {
        // A measured loss and an expected one differ slice by slice for no other reason than that.
        return Vec::new();
    }
    let cuts = Cuts::of(case);
    let mut left = cuts.all_rows();
    let mut findings = Vec::new();
    while findings.len() < MOST {
        let Some(worst) = worst(&cuts, &left, case.evidence.current.len()) else { break };
        findings.push(finding(case, &worst));
        cuts.leave_out(&worst.slice, &mut left);
    }
    findings
}

/// The slice that surely got worse with the clearest effect.
fn worst(cuts: &Cuts<'_>, left: &Left, rows: usize) -> Option<Judged> {
    let whole = cuts.whole(left);
    let judged: Vec<Judged> =
        cuts.slices(left).into_iter().filter_map(|slice| judge(slice, &whole, rows)).collect();
    let p_values: Vec<f64> = judged.iter().map(Judged::p_value).collect();
    let significant = stats::benjamini_hochberg(&p_values, FALSE_DISCOVERY_RATE);
    let worse = judged.into_iter().zip(significant).filter(|(one, is)| *is && one.excess > 0.0);
    worse.map(|(one, _)| one).max_by(|one, other| one.z().total_cmp(&other.z()))
}

fn judge(slice: Slice, whole: &(Sums, Sums), rows: usize) -> Option<Judged> {
    let (before_out, now_out) = (whole.0 - slice.before, whole.1 - slice.now);
    if slice.now.rows < LEAST_ROWS || now_out.rows < LEAST_ROWS || before_out.rows < LEAST_ROWS {
        return None;
    }
    // A slice that did not exist is compared with the whole reference.
    let before = if slice.is_new() { whole.0 } else { slice.before };
    if before.rows < LEAST_ROWS {
        return None;
    }
    let rest = if slice.is_new() { whole.0 } else { before_out };
    let rise = slice.now.mean() - before.mean();
    let effect = rise - (now_out.mean() - rest.mean());
    let parts =
        if slice.is_new() { vec![slice.now, now_out] } else { vec![slice.now, now_out, before, rest] };
    let error = parts.iter().map(|sums| sums.error_squared()).sum::<f64>().sqrt();
    let excess = rise * slice.now.rows / rows.max(1) as f64;
    (error > 0.0 && effect.is_finite()).then_some(Judged { slice, effect, error, excess })
}

impl Judged {
    fn z(&self) -> f64 {
        self.effect / self.error
    }

    fn p_value(&self) -> f64 {
        stats::normal_cdf(-self.z())
    }
}

fn finding(case: &Case<'_>, judged: &Judged) -> Finding {
    let (slice, rows) = (&judged.slice, judged.slice.now.rows as usize);
    let support = percent(slice.now.rows / case.evidence.current.len().max(1) as f64);
    let reach = stats::normal_quantile(0.975) * judged.error;
    let interval = format!(
        "{} ({} to {})",
        number(judged.effect),
        number(judged.effect - reach),
        number(judged.effect + reach)
    );
    let past = if slice.is_new() {
        "did not exist before".to_owned()
    } else {
        format!("was {}", number(slice.before.mean()))
    };
    Finding {
        kind: Kind::Segment,
        columns: slice.columns.clone(),
        subject: slice.name.clone(),
        title: format!("the loss is in {}", slice.name),
        explanation: format!(
            "Where {}, {support} of the rows, the mean loss is {} and {past}: {interval} more than elsewhere.",
            slice.name,
            number(slice.now.mean())
        ),
        evidence: vec![
            Fact::of("support", support, rows),
            Fact::of("effect beyond the other rows', with its 95 % interval", interval, rows),
            Fact::of("added to the mean loss", number(judged.excess), rows),
        ],
        strength: (0.35 + 0.03 * judged.z()).min(0.65) * if case.loss.rose() { 1.0 } else { CALM },
        importance: 1.0,
        cost: Some(judged.excess).filter(|_| case.loss.rose()),
        recorded: None,
    }
}
