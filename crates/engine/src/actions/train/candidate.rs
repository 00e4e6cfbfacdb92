//! A model that a command made as one of ours: raw columns in, our outputs out, held to what it was made of.

use onnx::{
    Model, Signature,
    adopt::{self, Adoption},
};
use table::Field;

use super::{
    super::Failure,
    agreement::{self, Agreement},
    classes::{self, Classes},
    convert::Read,
    rows::Rows,
};

/// On how many of its training rows a model is tried that was not converted.
const TRIED: usize = 100;

/// A model of ours.
pub(super) struct Candidate {
    pub(super) model: Vec<u8>,
    pub(super) signature: Signature,
    /// What was taken to be so about its classes.
    pub(super) assumed: Option<String>,
    /// How it compares with what it was converted from.
    pub(super) agreement: Option<Agreement>,
}

/// Makes a candidate of what a command made, or refuses it.
pub(super) fn adopt(rows: &Rows, read: &Read) -> Result<Candidate, Failure> {
    let division = &rows.division;
    let Classes { names, assumed } = classes(rows, read)?;
    let adoption = Adoption {
        columns: &columns(rows, read)?,
        in_order: read.original.is_some(),
        signature: division.signature(&rows.settings),
        classes: names.clone(),
        target: division.target_kind,
    };
    let model = adopt::adopt(&read.onnx, &adoption).map_err(|error| refused(&error))?;
    let loaded = Model::load(&model).map_err(|error| refused(&error))?;
    let signature = Signature::of(&loaded).map_err(|error| refused(&error))?;
    let signature =
        signature.ok_or_else(|| Failure::failed("its model does not say which columns it reads"))?;
    let agreement = match &read.original {
        Some(original) => Some(agreement::of(rows, (&loaded, &signature), original, &names)?),
        None => try_out(rows, &loaded, &signature).map(|()| None)?,
    };
    Ok(Candidate { model, signature, assumed, agreement })
}

fn refused(error: &dyn std::error::Error) -> Failure {
    Failure::failed(format!("its model cannot be evaluated and served: {}", base::causes(error)))
}

fn classes(rows: &Rows, read: &Read) -> Result<Classes, Failure> {
    if rows.division.classes.is_empty() {
        return Ok(Classes { names: Vec::new(), assumed: None });
    }
    let said = match &read.original {
        Some(original) => original.classes.clone(),
        None => adopt::classes(&read.onnx).map_err(|error| refused(&error))?,
    };
    Ok(classes::of(said.as_deref(), &rows.division))
}

/// The columns that the model reads, in its order, or all that it may.
fn columns(rows: &Rows, read: &Read) -> Result<Vec<Field>, Failure> {
    let all = rows.columns();
    let Some(original) = &read.original else { return Ok(all) };
    let find = |name: &String| {
        let missing =
            || Failure::failed(format!("its model reads the column `{name}`, which its rows do not have"));
        all.iter().find(|field| field.name == *name).cloned().ok_or_else(missing)
    };
    original.columns.iter().map(find).collect()
}

/// Refuses a model that fails on rows that it was trained on.
fn try_out(rows: &Rows, model: &Model, signature: &Signature) -> Result<(), Failure> {
    let few: Vec<usize> = rows.division.train.iter().copied().take(TRIED).collect();
    let scores = onnx::score(model, signature, &rows.table.take(&few)).map_err(|error| refused(&error))?;
    if scores.iter().any(|score| !score.is_finite()) {
        let why = "some of its predictions on training rows are not numbers";
        return Err(Failure::failed(format!("{why}; let the model fill missing values")));
    }
    Ok(())
}
