//! What a training command left: an ONNX file or a model's directory where it was told to write one, or else the last
//! model that it logged, in its tracked run or without one.

use std::path::{Path, PathBuf};

use super::{
    super::{
        Failure,
        run::{self, EndedWell},
    },
    logged,
};
use crate::Engine;

/// A model as the command left it.
pub(super) struct Made {
    /// An ONNX file, or a directory as MLflow saves one.
    pub(super) path: PathBuf,
    /// What it is called: where it lies, or the name and id of the logged model.
    pub(super) called: String,
}

/// Finds it; `place` is where the command was told to write.
pub(super) async fn find(engine: &Engine, ended: &EndedWell, place: &Path) -> Result<Made, Failure> {
    if place.exists() {
        return Ok(Made { path: place.to_owned(), called: "$KAIZEN_MODEL".to_owned() });
    }
    let path = place.with_file_name("logged");
    run::clear(&path)?;
    let logged = match ended.promised(engine).await {
        Some(run) => logged::fetch(engine, run, &path).await?,
        None => None,
    };
    logged.map(|called| Made { path, called }).ok_or_else(|| {
        let fix = "log one through MLflow, version 3 or newer, by log_model or autolog, or write one to $KAIZEN_MODEL: an \
                   ONNX file, or a directory by save_model";
        Failure::failed(format!("it ended well and left no model; {fix}"))
    })
}
