//! Findings become causes: scored, put in order, and given their shares of the loss.

use super::{
    case::Case,
    finding::Finding,
    found::{Cause, Fact, Kind, LossChange},
};

/// A score below which a finding is no cause.
const FLOOR: f64 = 0.14;

/// The most causes that are named.
const MOST: usize = 10;

/// From this share of the loss without a cause on, "unknown" is a cause itself.
const MOSTLY: f64 = 0.4;

/// How likely something unknown is to have caused all of a loss that nothing explains.
const UNKNOWN: f64 = 0.5;

/// A finding with its share of the loss.
pub(super) struct Weighed {
    pub(super) finding: Finding,
    pub(super) share: Option<f64>,
    pub(super) score: f64,
}

/// From ½ to 1: a factor that shifts the balance and decides nothing alone. Without a value it is in the middle.
/// Importance counts half of it, from ¾ to 1, because the share of the loss has it in already.
fn lift(value: Option<f64>) -> f64 {
    (1.0 + value.unwrap_or(0.5).clamp(0.0, 1.0)) / 2.0
}

/// The findings above the floor, the likeliest first, with shares that add up to 1 at most.
pub(super) fn weigh(loss: &LossChange, findings: Vec<Finding>) -> Vec<Weighed> {
    let whole = whole(loss, &findings);
    let dimmed = 1.0 - 0.7 * explained(whole, &findings);
    let mut weighed: Vec<Weighed> = findings
        .into_iter()
        .map(|finding| {
            let share = finding.cost.map(|cost| cost / whole).filter(|_| whole > 0.0);
            let strength = if is_bare(&finding) { finding.strength * dimmed } else { finding.strength };
            let importance = (1.0 + lift(Some(finding.importance))) / 2.0;
            Weighed { score: strength * importance * lift(share), share, finding }
        })
        .filter(|weighed| weighed.score >= FLOOR)
        .collect();
    weighed.sort_by(|one, other| other.score.total_cmp(&one.score));
    weighed.truncate(MOST);
    share_out(&mut weighed);
    weighed
}

/// The loss that is shared out: what was added, or what the changes of the columns add together where that is more, for
/// instance because chance hides it; never less than what chance could make.
fn whole(loss: &LossChange, findings: &[Finding]) -> f64 {
    let of_columns = |finding: &&Finding| {
        !matches!(finding.kind, Kind::Segment | Kind::MixShift) && finding.recorded.is_none()
    };
    let together: f64 = findings.iter().filter(of_columns).filter_map(|finding| finding.cost).sum();
    loss.change().max(together).max(loss.floor())
}

/// How much of the loss the rows themselves explain, by the surest finding.
fn explained(whole: f64, findings: &[Finding]) -> f64 {
    let sure = findings.iter().filter(|finding| finding.recorded.is_none());
    let share = |finding: &Finding| finding.cost.map_or(0.0, |cost| (cost / whole).min(1.0));
    sure.map(|finding| finding.strength * share(finding))
        .filter(|share| share.is_finite())
        .fold(0.0, f64::max)
}

/// Whether it rests on its time alone.
fn is_bare(finding: &Finding) -> bool {
    finding.recorded.is_some() && finding.columns.is_empty()
}

/// Costs overlap: the likelier cause takes its share first, the next takes from what is left.
fn share_out(weighed: &mut [Weighed]) {
    let mut left = 1.0_f64;
    for one in weighed {
        if let Some(share) = &mut one.share {
            *share = share.clamp(0.0, left);
            left -= *share;
        }
    }
}

/// The share of the loss that no cause accounts for; 0 when there is no loss.
pub(super) fn unexplained(loss: &LossChange, weighed: &[Weighed]) -> f64 {
    let shares: f64 = weighed.iter().filter_map(|one| one.share).sum();
    if loss.rose() { (1.0 - shares).clamp(0.0, 1.0) } else { 0.0 }
}

/// The same for the least loss that was added in all likelihood, so that chance asks for no cause.
fn surely_unexplained(loss: &LossChange, unexplained: f64) -> f64 {
    if loss.rose() { (unexplained - loss.margin / loss.change()).max(0.0) } else { 0.0 }
}

/// Causes in order, "unknown" among them where its place is.
pub(super) fn causes(case: &Case<'_>, weighed: &[Weighed], unexplained: f64) -> Vec<Cause> {
    let surely = surely_unexplained(&case.loss, unexplained);
    let score = if surely > MOSTLY { UNKNOWN * lift(Some(surely)) } else { 0.0 };
    let place = weighed.iter().position(|one| one.score < score).unwrap_or(weighed.len());
    let mut scores: Vec<f64> = weighed.iter().map(|one| one.score).collect();
    if score > 0.0 {
        scores.insert(place, score);
    }
    let rival = |place: usize| {
        let others = scores.iter().enumerate().filter(|(other, _)| *other != place);
        others.map(|(_, score)| *score).fold(0.0, f64::max)
    };
    let mut causes: Vec<Cause> = weighed
        .iter()
        .enumerate()
        .map(|(at, one)| cause(one, rival(if score > 0.0 && at >= place { at + 1 } else { at })))
        .collect();
    if score > 0.0 || (weighed.is_empty() && is_noticed(case)) {
        causes.insert(place, unknown(case, unexplained));
    }
    causes
}

fn cause(weighed: &Weighed, rival: f64) -> Cause {
    let finding = &weighed.finding;
    let doubt = (rival / weighed.score.max(f64::MIN_POSITIVE)).min(1.0) / 2.0;
    Cause {
        kind: finding.kind,
        subject: finding.subject.clone(),
        title: finding.title.clone(),
        explanation: finding.explanation.clone(),
        evidence: finding.evidence.clone(),
        share_of_loss: weighed.share,
        confidence: (finding.strength * (1.0 - doubt)).clamp(0.0, 1.0),
    }
}

/// Whether anything moved that asks for a cause.
fn is_noticed(case: &Case<'_>) -> bool {
    let symptom = &case.evidence.symptom;
    (symptom.after - symptom.before).abs() > 1e-12 || case.open().next().is_some()
}

fn unknown(case: &Case<'_>, unexplained: f64) -> Cause {
    let (reference, current) = (case.evidence.reference, case.evidence.current);
    let drifted = case.columns.iter().filter(|column| column.drifted && !column.clock).count();
    let near = case.evidence.happenings.len();
    let mut evidence = vec![
        Fact::of("columns that drifted", format!("{drifted} of {}", case.columns.len()), current.len()),
        Fact::recorded("records looked at", near.to_string()),
    ];
    if let (Some(before), Some(now)) = (gap(reference), gap(current)) {
        let moved = format!("{before:+.4} before, {now:+.4} now");
        evidence.push(Fact::of("mean outcome less mean prediction", moved, current.len()));
    }
    Cause {
        kind: Kind::Unknown,
        subject: case.evidence.symptom.subject.clone(),
        title: "the cause is not known".to_owned(),
        explanation: format!(
            "{drifted} of {} columns drifted and {near} records were looked at; they leave {:.0} % of the added loss unexplained.",
            case.columns.len(),
            unexplained * 100.0
        ),
        evidence,
        share_of_loss: None,
        confidence: 0.0,
    }
}

/// The mean outcome less the mean prediction, where outcomes are known.
fn gap(rows: &super::Rows) -> Option<f64> {
    Some(stats::mean(rows.labels.as_ref()?)? - stats::mean(&rows.predictions)?)
}

#[cfg(test)]
mod tests {
    use super::{Finding, Kind, LossChange, unexplained, weigh};

    fn finding(name: &str, strength: f64, cost: Option<f64>) -> Finding {
        Finding {
            kind: Kind::UnitChange,
            columns: vec![name.to_owned()],
            subject: name.to_owned(),
            title: String::new(),
            explanation: String::new(),
            evidence: Vec::new(),
            strength,
            importance: 1.0,
            cost,
            recorded: None,
        }
    }

    const LOSS: LossChange = LossChange { before: 0.4, after: 0.5, margin: 0.01, measured: true };

    #[test]
    fn shares_add_up_to_one_at_most_and_the_rest_is_unexplained() {
        let weighed = weigh(&LOSS, vec![finding("a", 0.9, Some(0.04)), finding("b", 0.5, Some(0.02))]);
        let shares: Vec<f64> = weighed.iter().filter_map(|one| one.share).collect();
        assert!((shares[0] - 0.4).abs() < 1e-9 && (shares[1] - 0.2).abs() < 1e-9, "{shares:?}");
        assert!((unexplained(&LOSS, &weighed) - 0.4).abs() < 1e-9);
        let weighed = weigh(&LOSS, vec![finding("a", 0.9, Some(9.0)), finding("b", 0.5, Some(3.0))]);
        assert!((weighed.iter().filter_map(|one| one.share).sum::<f64>() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn without_an_added_loss_shares_stay_small_and_nothing_is_unexplained() {
        let loss = LossChange { after: 0.401, ..LOSS };
        let weighed = weigh(&loss, vec![finding("a", 0.9, Some(0.0005))]);
        assert!(weighed[0].share.unwrap() < 0.06, "{:?}", weighed[0].share);
        assert_eq!(unexplained(&loss, &weighed), 0.0);
    }

    #[test]
    fn weak_evidence_is_no_cause() {
        assert!(weigh(&LOSS, vec![finding("a", 0.1, None)]).is_empty());
    }
}
