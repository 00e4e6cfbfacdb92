//! `LinearRegressor` and `LinearClassifier`.

use super::{
    Compiled, Inputs, Kernel,
    classes::Classes,
    post_transform::{PostTransform, logistic},
    scale::floats,
    single,
};
use crate::{Element, Elements, Problem, Tensor, attributes::Node, tensor};

/// Scores that are sums of weighted columns.
struct Linear {
    /// A row of weights a score.
    coefficients: Vec<f32>,
    intercepts: Vec<f32>,
    scores: usize,
}

impl Linear {
    fn of(node: &Node<'_>, scores: usize) -> Result<Self, Problem> {
        let (coefficients, intercepts) = (node.floats("coefficients"), node.floats("intercepts"));
        if coefficients.is_empty() || !coefficients.len().is_multiple_of(scores) {
            return Err(Problem::attribute(
                "coefficients",
                format!("a list of weights for each of {scores} scores"),
            ));
        }
        if !intercepts.is_empty() && intercepts.len() != scores {
            return Err(Problem::attribute("intercepts", format!("a list of {scores}")));
        }
        Ok(Self { coefficients: coefficients.to_vec(), intercepts: intercepts.to_vec(), scores })
    }

    /// The scores of each row, and the number of rows.
    fn run(&self, inputs: &Inputs<'_>) -> Result<(Vec<f32>, usize), Problem> {
        let (values, rows, columns) = floats(inputs.need(0)?)?;
        if columns * self.scores != self.coefficients.len() {
            let expected = self.coefficients.len() / self.scores;
            return Err(Problem::Shape(format!("there are {columns} columns, not {expected}")));
        }
        tensor::allow_shape(&[rows, self.scores], Element::Float)?;
        let mut scores = Vec::with_capacity(rows * self.scores);
        for row in values.chunks_exact(columns) {
            for (score, weights) in self.coefficients.chunks_exact(columns).enumerate() {
                let sum: f32 = row.iter().zip(weights).map(|(value, weight)| value * weight).sum();
                scores.push(sum + self.intercepts.get(score).copied().unwrap_or(0.0));
            }
        }
        Ok((scores, rows))
    }
}

pub(super) fn regressor(node: &Node<'_>) -> Compiled {
    let targets = node.int("targets")?.unwrap_or(1);
    let targets = usize::try_from(targets).ok().filter(|targets| *targets > 0);
    let linear = Linear::of(node, targets.ok_or_else(|| Problem::attribute("targets", "at least 1"))?)?;
    let transform = PostTransform::of(node)?;
    Ok(single(move |inputs: &Inputs<'_>| {
        let (mut scores, rows) = linear.run(inputs)?;
        scores.chunks_exact_mut(linear.scores).for_each(|row| transform.apply(row));
        Ok(Tensor { shape: vec![rows, linear.scores], values: Elements::Float(scores) })
    }))
}

struct Classifier {
    linear: Linear,
    classes: Classes,
    transform: PostTransform,
}

pub(super) fn classifier(node: &Node<'_>) -> Compiled {
    let classes = Classes::of(node, "classlabels_ints")?;
    let scores = node.floats("intercepts").len();
    let scores = if scores == 0 { classes.len() } else { scores };
    if scores != classes.len() && !(scores == 1 && classes.len() == 2) {
        return Err(Problem::attribute("intercepts", format!("a list of {}", classes.len())));
    }
    Ok(Box::new(Classifier {
        linear: Linear::of(node, scores)?,
        classes,
        transform: PostTransform::of(node)?,
    }))
}

impl Kernel for Classifier {
    fn run(&self, inputs: &Inputs<'_>, outputs: &mut Vec<Tensor>) -> Result<(), Problem> {
        let (mut scores, rows) = self.linear.run(inputs)?;
        let mut labels = Vec::with_capacity(rows);
        if self.linear.scores == 1 {
            labels.extend(scores.iter().map(|score| usize::from(*score > 0.0)));
            scores = scores.into_iter().flat_map(|score| self.both(score)).collect();
        } else {
            for row in scores.chunks_exact_mut(self.linear.scores) {
                labels.push(largest(row));
                self.transform.apply(row);
            }
        }
        outputs.push(self.classes.labels(&labels)?);
        outputs.push(Tensor { shape: vec![rows, self.classes.len()], values: Elements::Float(scores) });
        Ok(())
    }
}

impl Classifier {
    /// The scores of both classes from that of the positive one.
    fn both(&self, score: f32) -> [f32; 2] {
        match self.transform {
            PostTransform::Logistic => [logistic(-score), logistic(score)],
            _ => [1.0 - score, score],
        }
    }
}

/// The position of the greatest, the first of equals.
fn largest(scores: &[f32]) -> usize {
    let mut best = 0;
    for (position, score) in scores.iter().enumerate() {
        if *score > scores[best] {
            best = position;
        }
    }
    best
}
