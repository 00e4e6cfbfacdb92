//! Listings of what a run or a logged model has.

use axum::{
    Extension,
    extract::Path as Segments,
    http::Uri,
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use tracking::{
    Error, Tracking,
    artifacts::{Artifacts, Entry, Path},
};

use super::{Door, Failed};
use crate::mlflow::{answer::Answer, request::Fields};

/// What is in a directory.
#[derive(Serialize)]
pub(crate) struct Listing {
    root_uri: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    files: Vec<Entry>,
}

/// What a run has in a directory; the paths begin at the run.
pub(super) async fn of_run(Extension(door): Extension<Door>, uri: Uri) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let listing = door.work(move |artifacts, tracking| Ok(files_of_run(artifacts, tracking, &fields)?));
    Ok(Answer::of(&listing.await?).into_response())
}

/// What the run that a request names has in a directory.
pub(crate) fn files_of_run(
    artifacts: &Artifacts,
    tracking: &Tracking,
    fields: &Fields,
) -> Result<Listing, Error> {
    let path = directory(fields, "path")?;
    listing(artifacts, tracking.artifact_uri_of_run(fields.run_id()?)?, &path)
}

/// What a logged model has in a directory; the paths begin at the model.
pub(super) async fn of_model(
    Extension(door): Extension<Door>,
    Segments(model): Segments<String>,
    uri: Uri,
) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let path = directory(&fields, "artifact_directory_path")?;
    let listing = door.work(move |artifacts, tracking| {
        Ok(listing(artifacts, tracking.artifact_uri_of_logged_model(&model)?, &path)?)
    });
    Ok(Answer::of(&listing.await?).into_response())
}

/// The directory that a field names: without one, the outermost.
fn directory(fields: &Fields, name: &str) -> Result<Path, Error> {
    Ok(fields.text(name)?.map_or_else(|| Ok(Path::root()), Path::parse)?)
}

fn listing(artifacts: &Artifacts, root_uri: String, path: &Path) -> Result<Listing, Error> {
    let mut files = artifacts.resolve(&root_uri)?.list(path)?;
    if !path.is_root() {
        files.iter_mut().for_each(|file| file.path = format!("{path}/{}", file.path));
    }
    Ok(Listing { root_uri, files })
}
