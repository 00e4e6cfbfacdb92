//! `/mlflow-artifacts`: artifacts by their path below the destination.

use axum::{
    Extension,
    body::{Body, HttpBody as _},
    extract::Request,
    http::{HeaderMap, StatusCode, Uri, header},
    response::{IntoResponse as _, Response},
};
use serde::Serialize;
use tracking::{
    Code, Tracking,
    artifacts::{Artifacts, Digests, Entry, Error, Opened, Path, Place},
};

use super::{Door, Failed, disposition::attachment, download::Stretch, kind, range, receive};
use crate::{
    body,
    mlflow::{
        answer::{Answer, Refused},
        request::Fields,
    },
};

#[derive(Serialize)]
struct Listing {
    files: Vec<Entry>,
}

/// Bytes of a refused upload that are read all the same: a client that is still writing would not see our answer.
const PASSED_OVER: u64 = 64 << 20;

/// Lists the directory that the query names.
pub(super) async fn list(Extension(door): Extension<Door>, uri: Uri) -> Result<Response, Failed> {
    let fields = Fields::of_query(uri.query().unwrap_or_default());
    let path = fields.text("path")?.map_or_else(|| Ok(Path::root()), Path::parse)?;
    let files = door.work(move |artifacts, _| Ok(artifacts.destination()?.list(&path)?)).await?;
    Ok(Answer::of(&Listing { files }).into_response())
}

/// Sends a file.
pub(super) async fn get(
    Extension(door): Extension<Door>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Failed> {
    let path = path_after(&uri, "/artifacts/")?;
    let opened = door.work(move |artifacts, _| Ok(artifacts.destination()?.open(&path)?)).await?;
    Ok(send(&door, opened, &headers))
}

/// Takes a file.
pub(super) async fn put(Extension(door): Extension<Door>, request: Request) -> Result<Response, Failed> {
    let path = match request.uri().path().ends_with('/') {
        false => path_after(request.uri(), "/artifacts/"),
        true => Err(Error::InvalidPath),
    };
    store(&door, request, path, |artifacts, _| Ok(artifacts.destination()?)).await?;
    Ok(Answer::done().into_response())
}

/// Deletes a file or a directory.
pub(super) async fn delete(Extension(door): Extension<Door>, uri: Uri) -> Result<Response, Failed> {
    let path = path_after(&uri, "/artifacts/")?;
    door.work(move |artifacts, _| Ok(artifacts.destination()?.delete(&path)?)).await?;
    Ok(Answer::done().into_response())
}

/// There is no store behind this one that clients could be sent to; they come back for the file itself.
pub(super) async fn presigned(uri: Uri) -> Result<Response, Failed> {
    path_after(&uri, "/presigned/")?;
    let message = "Multipart download is not supported for the current artifact repository";
    Ok(Refused(tracking::Error::new(Code::NotImplemented, message)).into_response())
}

/// Takes a file to a place, from the body of a request.
pub(super) async fn store(
    door: &Door,
    request: Request,
    path: Result<Path, Error>,
    place: impl FnOnce(&Artifacts, &Tracking) -> Result<Place, Failed> + Send + 'static,
) -> Result<(), Failed> {
    let (head, mut body) = request.into_parts();
    let stored = stored(door, &head.headers, &mut body, path, place).await;
    if stored.is_err() {
        pass_over(door, &head.headers, &mut body).await;
    }
    stored
}

async fn stored(
    door: &Door,
    headers: &HeaderMap,
    body: &mut Body,
    path: Result<Path, Error>,
    place: impl FnOnce(&Artifacts, &Tracking) -> Result<Place, Failed> + Send + 'static,
) -> Result<(), Failed> {
    let (path, digests, declared) = (path?, digests(headers)?, body.size_hint().exact());
    let upload = door.work(move |artifacts, tracking| {
        let place = place(artifacts, tracking)?;
        Ok(place.create(&path, digests, declared)?)
    });
    receive(door, body, upload.await?).await?;
    Ok(())
}

/// Reads what is left of a refused upload, unless its client waits for leave to send it.
pub(crate) async fn pass_over(door: &Door, headers: &HeaderMap, body: &mut Body) {
    if !headers.contains_key(header::EXPECT) {
        let _ = tokio::time::timeout(door.patience, body::discard(body, PASSED_OVER)).await;
    }
}

/// The digests that the headers announce. What says that the body is not the file itself is refused.
pub(crate) fn digests(headers: &HeaderMap) -> Result<Digests, Failed> {
    let encoding = headers.get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        let message = "files are stored as they are: send this one without `Content-Encoding`";
        return Err(tracking::Error::invalid(message).into());
    }
    if headers.contains_key(header::CONTENT_RANGE) {
        let message =
            "files are stored whole: send this one without `Content-Range`, or in parts with mpu/create";
        return Err(tracking::Error::invalid(message).into());
    }
    let mut digests = Digests::default();
    for (name, value) in headers {
        let value = value.to_str().unwrap_or("-");
        digests = match name.as_str() {
            "content-md5" => digests.with_content_md5(value)?,
            "content-digest" | "repr-digest" => digests.with_content_digest(value)?,
            _ => digests,
        };
    }
    Ok(digests)
}

/// The path that the URL has after that part.
pub(crate) fn path_after(uri: &Uri, part: &str) -> Result<Path, Error> {
    let path = uri.path().split_once(part).map(|(_, path)| path).unwrap_or_default();
    Path::parse(path)
}

/// A file, or the stretch of it that is asked for, as an attachment: a page among the artifacts must not run as a page of
/// this server.
pub(super) fn send(door: &Door, opened: Opened, headers: &HeaderMap) -> Response {
    let tag = format!("\"{}\"", opened.tag);
    let (status, first, length) = match range::wanted(headers, opened.size, &tag) {
        range::Wanted::All => (StatusCode::OK, 0, opened.size),
        range::Wanted::Stretch(first, last) => (StatusCode::PARTIAL_CONTENT, first, last - first + 1),
        range::Wanted::Nothing => return (StatusCode::NOT_MODIFIED, [(header::ETAG, tag)]).into_response(),
        range::Wanted::Beyond => {
            let size = format!("bytes */{}", opened.size);
            return (StatusCode::RANGE_NOT_SATISFIABLE, [(header::CONTENT_RANGE, size)]).into_response();
        }
    };
    let described = [
        (header::CONTENT_TYPE, kind::of(&opened.name).to_owned()),
        (header::CONTENT_DISPOSITION, attachment(&opened.name)),
        (header::CONTENT_LENGTH, length.to_string()),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff".to_owned()),
        (header::ACCEPT_RANGES, "bytes".to_owned()),
        (header::ETAG, tag),
    ];
    let body = Body::new(Stretch::new(opened.file, first, length, door.patience));
    let mut response = (status, described, body).into_response();
    if status == StatusCode::PARTIAL_CONTENT {
        let range = format!("bytes {first}-{}/{}", first + length - 1, opened.size);
        let range = range.try_into().expect("digits are a header's value");
        response.headers_mut().insert(header::CONTENT_RANGE, range);
    }
    response
}
