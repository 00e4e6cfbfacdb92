//! `gate model.x`: the evidence is judged by the policy. Terms and verdict are kept beside it.

use base::canonical_json;
use gate::{Beat, Decision, NoWorse, Policy, Terms, Value, Verdict, judge};

use super::{Done, Failure, Turn, evaluate};
use crate::Engine;

/// The file of the verdict's tree with everything it rests on besides the predictions.
pub(crate) const TERMS_FILE: &str = "terms.json";
/// The file with the verdict itself.
pub(crate) const VERDICT_FILE: &str = "verdict.json";
/// The confidence of rules that name none.
const CONFIDENCE: f64 = 0.95;
/// Smaller slices are reported and not judged.
const MIN_SLICE_ROWS: u64 = 200;

pub(crate) fn perform(engine: &Engine, turn: &Turn) -> Result<Done, Failure> {
    let model = turn.model()?;
    let evidence = turn.input("evidence")?;
    let terms = terms(model, evaluate::measured(&engine.store, &evidence)?);
    let predictions = evaluate::predictions(&engine.store, &evidence, &terms)?;
    let verdict = judge(&terms, &predictions).map_err(|error| Failure::of(&error))?;
    let files = [(TERMS_FILE, canonical_json(&terms)), (VERDICT_FILE, canonical_json(&verdict))];
    let output = engine.store.put_tree(&files)?;
    let mut done = Done::new(output, summary(&verdict), serde_json::json!({ "decision": verdict.decision }));
    done.decision = Some(match verdict.decision {
        Decision::Promote => plan::Decision::Promote,
        Decision::Hold => plan::Decision::Hold,
        Decision::Reject => plan::Decision::Reject,
    });
    Ok(done)
}

fn terms(model: &spec::Model, measured: evaluate::Measured) -> Terms {
    Terms {
        version: Terms::VERSION,
        task: model.task,
        classes: measured.classes,
        metrics: model.metrics.clone(),
        value: model.value.as_ref().map(value),
        threshold: measured.threshold,
        champion_threshold: measured.champion_threshold,
        champion_version: measured.champion_version,
        champion_missing: measured.champion_missing,
        latency_ms: measured.latency_ms,
        seed: measured.seed,
        policy: policy(&model.gate),
    }
}

fn policy(gate: &spec::Gate) -> Policy {
    Policy {
        beat_baseline: gate.beat_baseline.as_ref().map(|rule| Beat { metric: rule.metric, by: rule.by }),
        no_worse_than_champion: gate.no_worse_than_champion.as_ref().map(|rule| NoWorse {
            metric: rule.metric,
            margin: rule.margin,
            confidence: rule.confidence,
        }),
        max_latency_p99_ms: gate.max_latency_p99.map(|most| most.get().as_secs_f64() * 1e3),
        min_value_per_1000: gate.min_value_per_1000,
        confidence: CONFIDENCE,
        min_slice_rows: MIN_SLICE_ROWS,
    }
}

/// The value matrix as the gate and the learners want it.
pub(crate) fn value(value: &spec::Value) -> Value {
    Value {
        true_positive: value.true_positive,
        false_positive: value.false_positive,
        true_negative: value.true_negative,
        false_negative: value.false_negative,
        currency: value.currency.clone(),
    }
}

fn summary(verdict: &Verdict) -> String {
    let count = |status| verdict.checks.iter().filter(|check| check.status == status).count();
    let decision = match verdict.decision {
        Decision::Promote => "promote",
        Decision::Hold => "hold",
        Decision::Reject => "reject",
    };
    let (passed, failed) = (count(gate::Status::Passed), count(gate::Status::Failed));
    format!(
        "{decision}: {passed} checks passed, {failed} failed, {} undecided",
        count(gate::Status::Undecided)
    )
}
