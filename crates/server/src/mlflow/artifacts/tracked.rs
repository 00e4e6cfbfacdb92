//! Listings of what a run or a logged model has.

use axum::{
    Extension,
    extract::Path as Segments,
    http::Uri,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use tracking::{
    Tracking,
    artifacts::{Entry, Path},
};

use super::{Door, Failed};
use crate::mlflow::{answer::Answer, request::Fields};

#[derive(Serialize)]
struct Listing {
    root_uri: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<Entry>,
}

/// What a run has in a directory; the paths begin at the run.
pub(super) async fn of_run(Extension(door): Extension<Door>, uri: Uri) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let path = fields.text("path")?.map_or_else(|| Ok(Path::root()), Path::parse)?;
    let run = fields.run_id()?.to_owned();
    listing(&door, path, move |tracking| tracking.artifact_uri_of_run(&run)).await
}

/// What a logged model has in a directory; the paths begin at the model.
pub(super) async fn of_model(
    Extension(door): Extension<Door>,
    Segments(model): Segments<String>,
    uri: Uri,
) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let path = fields.text("artifact_directory_path")?.map_or_else(|| Ok(Path::root()), Path::parse)?;
    listing(&door, path, move |tracking| tracking.artifact_uri_of_logged_model(&model)).await
}

async fn listing(
    door: &Door,
    path: Path,
    root: impl FnOnce(&Tracking) -> Result<String, tracking::Error> + Send + 'static,
) -> Result<Response, Failed> {
    let listing = door.work(move |artifacts, tracking| {
        let root_uri = root(tracking)?;
        let mut files = artifacts.resolve(&root_uri)?.list(&path)?;
        if !path.is_root() {
            files.iter_mut().for_each(|file| file.path = format!("{path}/{}", file.path));
        }
        Ok(Listing { root_uri, files })
    });
    Ok(Answer::of(&listing.await?).into_response())
}
