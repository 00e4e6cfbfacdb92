//! Predictions of a model of ours for a table, as the gate and the learner want them.

use table::Table;

use crate::{Element, Error, Model, Port, Signature, Tensor, feed};

/// Rows scored at once: enough to keep the tree walk busy, few enough to stay in the cache.
const BLOCK: usize = 512;

/// One prediction a row: for a binary task the probability of the positive class, for a multiclass task
/// the probabilities of all classes, row after row, for a regression the value.
///
/// # Errors
/// When the table does not have the columns of the signature, or the model does not run or has no
/// output for its task.
pub fn score(model: &Model, signature: &Signature, table: &Table) -> Result<Vec<f64>, Error> {
    let port = scores(model, signature)?;
    let mut predictions = Vec::new();
    for start in (0..table.rows()).step_by(BLOCK) {
        let end = table.rows().min(start + BLOCK);
        let outputs = model.run(feed::rows(table, signature, start..end)?)?;
        let found = outputs.iter().find(|(name, _)| *name == port.name);
        let (_, tensor) = found.expect("the port is one of the model's outputs");
        take(tensor, port, signature, end - start, &mut predictions)?;
    }
    Ok(predictions)
}

/// The output that holds the scores: by the name our exports use, else the only one that could.
fn scores<'a>(model: &'a Model, signature: &Signature) -> Result<&'a Port, Error> {
    let name = if signature.classes.is_empty() { "prediction" } else { "probabilities" };
    let named = model.outputs().iter().find(|port| port.name == name);
    let could = |port: &&Port| matches!(port.element, Element::Float | Element::Double);
    named.or_else(|| model.outputs().iter().find(could)).ok_or_else(|| Error::NoScores {
        expected: format!("the name `{name}` or floating-point values"),
        found: model.outputs().iter().map(|port| port.name.as_str()).collect::<Vec<_>>().join(", "),
    })
}

/// Appends the scores of a block.
fn take(
    tensor: &Tensor,
    port: &Port,
    signature: &Signature,
    rows: usize,
    predictions: &mut Vec<f64>,
) -> Result<(), Error> {
    let width = signature.classes.len().max(1);
    let values = floats(tensor).filter(|values| values.len() == rows * width);
    let values = values.ok_or_else(|| Error::NoScores {
        expected: format!("{width} floating-point values a row"),
        found: format!("`{}` with {} for {rows} rows", port.name, tensor.describe()),
    })?;
    if width == 2 {
        predictions.extend(values.chunks_exact(2).map(|row| row[1]));
    } else {
        predictions.extend(values);
    }
    Ok(())
}

fn floats(tensor: &Tensor) -> Option<Vec<f64>> {
    match &tensor.values {
        crate::Elements::Float(values) => Some(values.iter().map(|value| f64::from(*value)).collect()),
        crate::Elements::Double(values) => Some(values.clone()),
        _ => None,
    }
}
