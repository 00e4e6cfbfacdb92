//! `/mlflow-artifacts/mpu`: files in parts, which a client sends at once and again.
//!
//! MLflow's clients send parts to whatever URLs they are given, without authentication. Ours lead back here, and have the
//! upload's id in them, which nobody can guess: it is leave to send parts of this one file, and nothing else.

use axum::{
    Extension, Router,
    body::HttpBody as _,
    extract::{Path as Segments, Request},
    http::{HeaderMap, Uri, header, uri::Scheme},
    response::{IntoResponse as _, Response},
    routing::{post, put},
};
use serde::Serialize;
use tracking::{
    Error,
    artifacts::{Part, Path},
};

use crate::{
    mlflow::{
        answer::Answer,
        artifacts::{Door, Failed, digests, pass_over, path_after, receive},
        request::{Call, Fields, missing},
    },
    state::State,
};

/// An upload that has begun: where its parts go.
#[derive(Serialize)]
struct Begun {
    upload_id: String,
    credentials: Vec<Credential>,
}

#[derive(Serialize)]
struct Credential {
    url: String,
    part_number: u32,
    headers: Headers,
}

/// Headers that the client is to send with a part: none.
#[derive(Serialize)]
struct Headers {}

pub(super) fn router(at: &str) -> Router<State> {
    let route = |name: &str| [format!("{at}/mpu/{name}"), format!("{at}/mpu/{name}/{{*path}}")];
    let mut router = Router::new().route(&format!("{at}/mpu/parts/{{id}}/{{number}}"), put(part));
    for path in route("create") {
        router = router.route(&path, post(create));
    }
    for path in route("complete") {
        router = router.route(&path, post(complete));
    }
    for path in route("abort") {
        router = router.route(&path, post(abort));
    }
    router
}

/// Begins an upload.
async fn create(
    Extension(door): Extension<Door>,
    uri: Uri,
    headers: HeaderMap,
    call: Call,
) -> Result<Response, Failed> {
    let path = path_of(&uri, "/mpu/create", &call.fields)?;
    let parts = call.fields.required_integer("num_parts")?;
    let parts = u32::try_from(parts).map_err(|_| Error::invalid("'num_parts' must be 1 or more"))?;
    let base = base_of(&uri, &headers)?;
    let upload_id = door.work(move |artifacts, _| Ok(artifacts.multipart()?.create(&path, parts)?)).await?;
    let credential = |part_number| Credential {
        url: format!("{base}/mpu/parts/{upload_id}/{part_number}"),
        part_number,
        headers: Headers {},
    };
    let credentials = (1..=parts).map(credential).collect();
    Ok(Answer::of(&Begun { upload_id, credentials }).into_response())
}

/// Takes a part.
async fn part(
    Extension(door): Extension<Door>,
    Segments((id, number)): Segments<(String, String)>,
    request: Request,
) -> Result<Response, Failed> {
    let (head, mut body) = request.into_parts();
    let taken = async {
        let number = number.parse().map_err(|_| Error::invalid("a part's number is a whole number"))?;
        let (digests, declared) = (digests(&head.headers)?, body.size_hint().exact());
        let begun =
            door.work(move |artifacts, _| Ok(artifacts.multipart()?.part(&id, number, digests, declared)?));
        receive(&door, &mut body, begun.await?).await
    };
    match taken.await {
        Ok(tag) => Ok(([(header::ETAG, format!("\"{tag}\""))], Answer::done()).into_response()),
        Err(failed) => {
            pass_over(&door, &head.headers, &mut body).await;
            Err(failed)
        }
    }
}

/// Puts the file together.
async fn complete(Extension(door): Extension<Door>, uri: Uri, call: Call) -> Result<Response, Failed> {
    let path = path_of(&uri, "/mpu/complete", &call.fields)?;
    let id = call.fields.required_text("upload_id")?.to_owned();
    let parts = call.fields.objects("parts")?.iter().map(part_of).collect::<Result<Vec<_>, _>>()?;
    if parts.is_empty() {
        return Err(missing("parts").into());
    }
    door.work(move |artifacts, _| Ok(artifacts.multipart()?.complete(&id, &path, &parts)?)).await?;
    Ok(Answer::done().into_response())
}

/// Forgets an upload.
async fn abort(Extension(door): Extension<Door>, uri: Uri, call: Call) -> Result<Response, Failed> {
    let path = path_of(&uri, "/mpu/abort", &call.fields)?;
    let id = call.fields.required_text("upload_id")?.to_owned();
    door.work(move |artifacts, _| Ok(artifacts.multipart()?.abort(&id, &path)?)).await?;
    Ok(Answer::done().into_response())
}

/// The file's path: the directory that the URL names, and the name of the client's own file, wherever that is.
fn path_of(uri: &Uri, route: &str, fields: &Fields) -> Result<Path, Failed> {
    let local = fields.required_text("path")?;
    let name = local.rsplit(['/', '\\']).next().unwrap_or_default();
    let name = Path::parse(name)?;
    if name.is_root() {
        return Err(tracking::artifacts::Error::InvalidPath.into());
    }
    let directory = match uri.path().ends_with(route) {
        true => Path::root(),
        false => path_after(uri, &format!("{route}/"))?,
    };
    Ok(directory.join(&name)?)
}

fn part_of(fields: &Fields) -> Result<Part, Error> {
    let number = fields.required_integer("part_number")?;
    let number = u32::try_from(number).map_err(|_| Error::invalid("a part's number is 1 or more"))?;
    Ok(Part { number, tag: fields.text("etag")?.unwrap_or_default().to_owned() })
}

/// The URL of these routes as the client knows them: by the host that it called, which has been checked.
fn base_of(uri: &Uri, headers: &HeaderMap) -> Result<String, Error> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let host = text("host").ok_or_else(|| Error::invalid("the request has no `Host` header"))?;
    let scheme = match text("x-forwarded-proto") {
        Some("https") => Scheme::HTTPS,
        _ => Scheme::HTTP,
    };
    let prefix = uri.path().split_once("/mpu/").map(|(prefix, _)| prefix).unwrap_or_default();
    Ok(format!("{scheme}://{host}{prefix}"))
}
