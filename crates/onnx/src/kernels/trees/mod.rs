//! `TreeEnsembleClassifier` and `TreeEnsembleRegressor`: many decision trees whose leaves add up.
//!
//! [`read`] checks the attributes and [`pack`]s them into an [`ensemble::Ensemble`], whose walk is
//! where a tabular model spends its time; [`score`] combines what the leaves hold and [`decide`]
//! makes classes of it, in single precision and in the order of the trees, as ONNX Runtime does.

mod decide;
mod ensemble;
mod pack;
mod read;
mod score;

use super::{
    Compiled, Inputs, Kernel, classes::Classes, post_transform::PostTransform, scale::floats, single,
};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};
use decide::Decision;
use ensemble::Ensemble;
use score::Aggregate;

pub(super) fn regressor(node: &Node<'_>) -> Compiled {
    read::floats_only(node)?;
    let targets = usize::try_from(node.int("n_targets")?.unwrap_or(1)).ok().filter(|count| *count > 0);
    let targets = targets.ok_or_else(|| Problem::attribute("n_targets", "at least 1"))?;
    let ensemble = pack::pack(&read::trees(node)?, &read::leaves(node, &read::TARGETS)?, targets)?;
    let aggregate = Aggregate::of(node)?;
    let transform = PostTransform::of(node)?;
    let base = node.floats("base_values").to_vec();
    Ok(single(move |inputs: &Inputs<'_>| {
        let (mut scores, rows) = run(&ensemble, aggregate, inputs)?;
        aggregate.finish(&mut scores, &ensemble);
        let mut values = scores.values;
        for row in values.chunks_exact_mut(targets) {
            if base.len() == targets {
                row.iter_mut().zip(&base).for_each(|(score, base)| *score += base);
            }
            // ONNX Runtime applies no other transform to a single score, so neither do we.
            if targets > 1 || transform == PostTransform::Probit {
                transform.apply(row);
            }
        }
        Ok(Tensor { shape: vec![rows, targets], values: Elements::Float(values) })
    }))
}

/// The scores of each row, before base values, and the number of rows.
fn run(
    ensemble: &Ensemble,
    aggregate: Aggregate,
    inputs: &Inputs<'_>,
) -> Result<(score::Scores, usize), Problem> {
    let (values, rows, columns) = floats(inputs.need(0)?)?;
    if columns < ensemble.columns {
        let expected = ensemble.columns;
        return Err(Problem::Shape(format!("there are {columns} columns, but the trees read {expected}")));
    }
    tensor::allow_shape(&[rows, ensemble.targets.max(2)], Element::Double)?;
    Ok((score::score(ensemble, aggregate, &values, rows), rows))
}

struct Classifier {
    ensemble: Ensemble,
    classes: Classes,
    decision: Decision,
}

pub(super) fn classifier(node: &Node<'_>) -> Compiled {
    read::floats_only(node)?;
    let classes = Classes::of(node, "classlabels_int64s")?;
    let leaves = read::leaves(node, &read::CLASSES)?;
    let ensemble = pack::pack(&read::trees(node)?, &leaves, classes.len())?;
    let decision = Decision::of(node, &leaves, classes.len())?;
    Ok(Box::new(Classifier { ensemble, classes, decision }))
}

impl Kernel for Classifier {
    fn run(&self, inputs: &Inputs<'_>, outputs: &mut Vec<Tensor>) -> Result<(), Problem> {
        let (mut scores, rows) = run(&self.ensemble, Aggregate::Sum, inputs)?;
        let count = self.classes.len();
        let mut labels = Vec::with_capacity(rows);
        for (values, present) in
            scores.values.chunks_exact_mut(count).zip(scores.present.chunks_exact_mut(count))
        {
            labels.push(self.decision.decide(values, present));
        }
        outputs.push(self.classes.labels(&labels)?);
        outputs.push(Tensor { shape: vec![rows, count], values: Elements::Float(scores.values) });
        Ok(())
    }
}
