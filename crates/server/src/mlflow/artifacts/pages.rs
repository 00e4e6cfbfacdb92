//! Files as pages link to them: by run, model or version, and a path below that.

use axum::{
    Extension,
    body::HttpBody as _,
    extract::{Path as Segments, Request},
    http::{HeaderMap, Uri},
    response::{IntoResponse as _, Response},
};
use tracking::{Code, Error, Tracking, artifacts::Path};

use super::{
    Door, Failed, pass_over,
    proxy::{send, store},
};
use crate::mlflow::{answer::Answer, request::Fields};

/// The largest file that a page may send: it does so without parts and without resuming.
const LARGEST: u64 = 10 << 20;

/// A file of a run.
pub(super) async fn of_run(
    Extension(door): Extension<Door>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let path = Path::parse(fields.required_text("path")?)?;
    let run = fields.run_id()?.to_owned();
    file(&door, &headers, path, move |tracking| tracking.artifact_uri_of_run(&run)).await
}

/// A file of a model version.
pub(super) async fn of_version(
    Extension(door): Extension<Door>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let path = Path::parse(fields.required_text("path")?)?;
    let (name, version) =
        (fields.required_text("name")?.to_owned(), fields.required_text("version")?.to_owned());
    file(&door, &headers, path, move |tracking| tracking.model_version_download_uri(&name, &version)).await
}

/// A file of a logged model.
pub(super) async fn of_model(
    Extension(door): Extension<Door>,
    Segments(model): Segments<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let Some(path) = fields.text("artifact_file_path")?.filter(|path| !path.is_empty()) else {
        let message = "Request must include the \"artifact_file_path\" query parameter.";
        return Err(Error::new(Code::BadRequest, message).into());
    };
    let path = Path::parse(path)?;
    file(&door, &headers, path, move |tracking| tracking.artifact_uri_of_logged_model(&model)).await
}

/// Takes a small file for a run.
pub(super) async fn put(Extension(door): Extension<Door>, request: Request) -> Result<Response, Failed> {
    match named(&request) {
        Ok((run, path)) => {
            let place = move |artifacts: &tracking::artifacts::Artifacts, tracking: &Tracking| {
                Ok(artifacts.resolve(&tracking.artifact_uri_of_run(&run)?)?)
            };
            store(&door, request, Ok(path), place).await?;
            Ok(Answer::done().into_response())
        }
        Err(refused) => {
            let (head, mut body) = request.into_parts();
            pass_over(&door, &head.headers, &mut body).await;
            Err(refused)
        }
    }
}

/// The run and the path that the query names, with MLflow's words for what is wrong.
fn named(request: &Request) -> Result<(String, Path), Failed> {
    let fields = Fields::of_query(request.uri().query().unwrap_or_default());
    let given = |name: &str| Ok::<_, Error>(fields.text(name)?.filter(|text| !text.is_empty()));
    let run = given("run_uuid")?.ok_or_else(|| Error::invalid("Request must specify run_uuid."))?;
    let path = given("path")?.ok_or_else(|| Error::invalid("Request must specify path."))?;
    let path = Path::parse(path)?;
    match request.body().size_hint().exact() {
        Some(0) => Err(Error::invalid("Request must specify data.").into()),
        Some(size) if size > LARGEST => {
            Err(Error::invalid("Artifact size is too large. Max size is 10MB.").into())
        }
        Some(_) => Ok((run.to_owned(), path)),
        None => Err(Error::invalid("Request must specify its length: send a Content-Length header.").into()),
    }
}

async fn file(
    door: &Door,
    headers: &HeaderMap,
    path: Path,
    root: impl FnOnce(&Tracking) -> Result<String, Error> + Send + 'static,
) -> Result<Response, Failed> {
    let opened = door.work(move |artifacts, tracking| {
        let root = root(tracking)?;
        Ok(artifacts.resolve(&root)?.open(&path)?)
    });
    Ok(send(door, opened.await?, headers))
}
