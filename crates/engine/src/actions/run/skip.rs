//! Whether a step is skipped: by its own condition, or since something it reads was.

use plan::Node;
use spec::{Input, Step, When};

use super::{super::Failure, Turn, inputs, metrics};
use crate::Engine;

/// Why the step does not run, if it does not.
pub(super) fn reason(engine: &Engine, turn: &Turn, step: &Step) -> Result<Option<String>, Failure> {
    for input in step.inputs() {
        let Input::Step(name) = input else { continue };
        let node = Node::Step(name.clone());
        if inputs::output(engine, turn, &node)?.skipped {
            return Ok(Some(format!("{node} was skipped")));
        }
    }
    match &step.when {
        None => Ok(None),
        Some(When::Environment { name, is }) => Ok(by_environment(turn, name, is.as_deref())),
        Some(When::Metric { step, metric, min, max }) => {
            by_metric(engine, turn, (step, metric), (*min, *max))
        }
    }
}

fn by_environment(turn: &Turn, name: &str, is: Option<&str>) -> Option<String> {
    match (turn.project.variables.get(name), is) {
        (None, _) => Some(format!("{name} is not set")),
        (Some(value), None) => value.is_empty().then(|| format!("{name} is empty")),
        (Some(value), Some(is)) => (value != is).then(|| format!("{name} is not {is}")),
    }
}

fn by_metric(
    engine: &Engine,
    turn: &Turn,
    (step, metric): (&base::Name, &str),
    (min, max): (Option<f64>, Option<f64>),
) -> Result<Option<String>, Failure> {
    let node = Node::Step(step.clone());
    let output = inputs::output(engine, turn, &node)?;
    let declared = turn.project.spec.steps.get(step).and_then(|step| step.metrics.as_deref());
    let metrics = metrics::of(engine, &output, declared)?;
    let Some(value) = metrics.get(metric) else {
        let known: Vec<_> = metrics.keys().map(String::as_str).collect();
        return Err(Failure::failed(format!(
            "`when` asks for the metric `{metric}` of {node}, which has {}",
            if known.is_empty() { "none".to_owned() } else { known.join(", ") }
        )));
    };
    if let Some(min) = min.filter(|min| value < min) {
        return Ok(Some(format!("{metric} of {node} is {value}, below {min}")));
    }
    if let Some(max) = max.filter(|max| value > max) {
        return Ok(Some(format!("{metric} of {node} is {value}, above {max}")));
    }
    Ok(None)
}
