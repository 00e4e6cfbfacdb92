//! The rules of the policy, one function each.

use stats::{Difference, Metric, Task, holm, rows_needed};

use crate::{
    Beat, Check, Evaluation, NoWorse, SliceScore, Status, Terms, compare::difference, evaluation::Samples,
};

/// The chance with which a test of the size that is asked for would see the effect that was seen.
const POWER: f64 = 0.8;
/// Below this many rows of a class (or rows at all, for a regression) normal intervals mislead.
const ENOUGH: u64 = 30;

pub(crate) fn enough_rows(terms: &Terms, evaluation: &Evaluation) -> Check {
    let (least, of) = if terms.task == Task::Regression {
        (evaluation.rows, "held-out rows".to_owned())
    } else {
        let smallest = evaluation.class_rows.iter().enumerate().min_by_key(|(_, rows)| **rows);
        let (class, rows) = smallest.map_or((0, 0), |(class, rows)| (class, *rows));
        (rows, format!("held-out rows of class `{}`", terms.classes.get(class).map_or("", String::as_str)))
    };
    let (status, rest) = if least >= ENOUGH {
        (Status::Passed, "")
    } else {
        (Status::Undecided, "; too few to trust any interval")
    };
    let mut check =
        Check::new("enough_rows", status, format!("{least} {of}, at least {ENOUGH} needed{rest}"));
    check.rows = Some(evaluation.rows);
    if least < ENOUGH {
        let share = least.max(1) as f64 / evaluation.rows as f64;
        check.rows_needed = Some((ENOUGH as f64 / share).ceil() as u64);
    }
    check
}

pub(crate) fn beat_baseline(terms: &Terms, rule: Beat, samples: &Samples) -> Check {
    let found = difference(rule.metric, &samples.candidate, &samples.baseline, terms.seed);
    let held = Held {
        name: "beat_baseline",
        rival: "the baseline",
        metric: rule.metric,
        at_least: rule.by,
        confidence: terms.policy.confidence,
    };
    held.check(found)
}

pub(crate) fn no_worse_than_champion(terms: &Terms, rule: NoWorse, samples: &Samples) -> Option<Check> {
    if let Some(why) = &terms.champion_missing {
        let said = format!("the champion cannot be scored on these rows: {why}");
        return Some(Check::new("no_worse_than_champion", Status::Undecided, said));
    }
    let champion = samples.champion.as_ref()?;
    let found = difference(rule.metric, &samples.candidate, champion, terms.seed);
    let held = Held {
        name: "no_worse_than_champion",
        rival: "the champion",
        metric: rule.metric,
        at_least: -rule.margin,
        confidence: rule.confidence,
    };
    Some(held.check(found))
}

/// A difference that is held to a threshold with confidence on either side.
struct Held {
    name: &'static str,
    rival: &'static str,
    metric: Metric,
    at_least: f64,
    confidence: f64,
}

impl Held {
    fn check(&self, found: Option<Difference>) -> Check {
        let Self { name, rival, metric, at_least, confidence } = self;
        let Some(found) = found else {
            let said = format!("{metric} is not defined on these rows; both classes must be there");
            return Check::new(*name, Status::Undecided, said);
        };
        let (lower, upper) = (found.lower(*confidence), found.upper(*confidence));
        let status = if lower >= *at_least {
            Status::Passed
        } else if upper < *at_least {
            Status::Failed
        } else {
            Status::Undecided
        };
        let needed = (status == Status::Undecided)
            .then(|| rows_needed(&found, *at_least, *confidence, POWER))
            .flatten();
        let mut said = format!(
            "{metric} against {rival}: {:+.4} [{lower:+.4}, {upper:+.4}] (+ is better), at least {at_least:+} needed",
            found.value
        );
        if let Some(needed) = needed {
            said.push_str(&format!("; about {needed} held-out rows would tell, there are {}", found.rows));
        }
        let mut check = Check::new(*name, status, said);
        check.estimate = Some(found.value);
        check.lower = Some(lower);
        check.upper = Some(upper);
        check.threshold = Some(*at_least);
        check.p_value = Some(found.p_value(*at_least));
        check.confidence = Some(*confidence);
        check.rows = Some(found.rows);
        check.rows_needed = needed;
        check
    }
}

/// No slice may be worse than the champion's (before the first one, than the baseline's) by
/// more than the margin; Holm's adjustment keeps the chance of one false alarm over all slices.
///
/// A slice fails only on evidence. That it might be worse does not hold a candidate back: with
/// many small slices, one always might.
pub(crate) fn slices(terms: &Terms, evaluation: &Evaluation) -> Option<Check> {
    if evaluation.slices.is_empty() {
        return None;
    }
    let margin = match (terms.policy.no_worse_than_champion, &evaluation.champion) {
        (Some(rule), Some(_)) => rule.margin,
        _ => 0.0,
    };
    let level =
        1.0 - terms.policy.no_worse_than_champion.map_or(terms.policy.confidence, |rule| rule.confidence);
    let judged: Vec<(&SliceScore, Difference)> =
        evaluation.slices.iter().filter_map(|slice| Some((slice, slice.better?))).collect();
    // The null hypothesis is that the slice is no worse than the margin allows.
    let p_values: Vec<f64> = judged.iter().map(|(_, better)| worse(better, margin)).collect();
    let adjusted = holm(&p_values);
    let mut worst: Vec<_> = judged.iter().zip(adjusted).collect();
    worst.sort_by(|(_, one), (_, other)| one.total_cmp(other));
    let failing: Vec<_> = worst.iter().filter(|(_, p_value)| *p_value <= level).collect();
    let small = evaluation.slices.len() - judged.len();
    let unjudged = if small > 0 { format!("; {small} too small to judge") } else { String::new() };
    let (status, said) = if judged.is_empty() {
        (Status::Reported, format!("all {small} slices are too small to judge"))
    } else if failing.is_empty() {
        (Status::Passed, format!("none of {} slices is worse{unjudged}", judged.len()))
    } else {
        let named: Vec<_> = failing.iter().take(3).map(|((slice, better), _)| named(slice, better)).collect();
        (
            Status::Failed,
            format!("{} of {} slices worse: {}{unjudged}", failing.len(), judged.len(), named.join("; ")),
        )
    };
    let mut check = Check::new("slices", status, said);
    check.threshold = Some(-margin);
    check.confidence = Some(1.0 - level);
    check.rows = Some(evaluation.rows);
    if let Some(((_, better), p_value)) = worst.first() {
        check.estimate = Some(better.value);
        check.p_value = Some(*p_value);
    }
    Some(check)
}

fn worse(better: &Difference, margin: f64) -> f64 {
    let reversed = Difference { value: -better.value, ..*better };
    reversed.p_value(margin)
}

fn named(slice: &SliceScore, better: &Difference) -> String {
    let value = if slice.value.is_empty() { "(missing)" } else { &slice.value };
    format!("{} = {value} by {:.4} {} on {} rows", slice.column, -better.value, slice.metric, slice.rows)
}

pub(crate) fn latency(evaluation: &Evaluation, most: f64) -> Check {
    let Some(latency) = evaluation.latency else {
        return Check::new("max_latency_p99", Status::Undecided, "latency was not measured");
    };
    let status = if latency.p99_ms <= most { Status::Passed } else { Status::Failed };
    let said =
        format!("one row takes {:.3} ms at the 99th percentile, at most {most} ms allowed", latency.p99_ms);
    let mut check = Check::new("max_latency_p99", status, said);
    check.estimate = Some(latency.p99_ms);
    check.threshold = Some(most);
    check.rows = Some(latency.predictions);
    check
}

/// The value of 1,000 decisions: held to the policy's least, and never surely below the champion's.
pub(crate) fn value(terms: &Terms, evaluation: &Evaluation) -> Option<Check> {
    let worth = evaluation.value.as_ref()?;
    let confidence = terms.policy.confidence;
    let own = Difference {
        value: worth.candidate.value,
        standard_error: worth.candidate.standard_error,
        rows: worth.candidate.rows,
    };
    let currency = &worth.currency;
    let alike = worth.baseline.value;
    let mut said =
        format!("1,000 decisions are worth {:.2} {currency}, deciding alike for all {alike:.2}", own.value);
    let mut status = Status::Reported;
    let mut needed = None;
    if let Some(least) = terms.policy.min_value_per_1000 {
        said.push_str(&format!(
            " [{:.2}, {:.2}], at least {least} needed",
            own.lower(confidence),
            own.upper(confidence)
        ));
        status = if own.lower(confidence) >= least {
            Status::Passed
        } else if own.upper(confidence) < least {
            Status::Failed
        } else {
            needed = rows_needed(&own, least, confidence, POWER);
            Status::Undecided
        };
    }
    if let Some(over) = &worth.over_champion {
        let (lower, upper) = (over.lower(confidence), over.upper(confidence));
        said.push_str(&format!("; {:+.2} [{lower:.2}, {upper:.2}] against the champion's", over.value));
        if upper < 0.0 {
            status = Status::Failed;
        }
    }
    let mut check = Check::new("value", status, said);
    check.estimate = Some(own.value);
    check.lower = Some(own.lower(confidence));
    check.upper = Some(own.upper(confidence));
    check.threshold = terms.policy.min_value_per_1000;
    check.confidence = Some(confidence);
    check.rows = Some(own.rows);
    check.rows_needed = needed;
    Some(check)
}
