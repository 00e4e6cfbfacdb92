//! Artifacts over HTTP: up, down, listed, deleted.
//!
//! What a path and a URI may be is decided in [`tracking::artifacts`]. Here bytes go between connections and files with
//! little of them in memory: a download holds one buffer ([`download`]), an upload what has come while the disk writes what came
//! before ([`upload`]).

mod disposition;
mod door;
mod download;
mod kind;
mod pages;
mod proxy;
mod range;
mod tracked;
mod upload;

use axum::{
    Router,
    routing::{get, post},
};

pub(crate) use door::{Door, Failed};
pub(crate) use proxy::{digests, pass_over, path_after};
pub(crate) use tracked::files_of_run;
pub(crate) use upload::receive;

use crate::{mlflow::multipart, state::State};

/// The routes of the proxy, and those that pages link to.
pub(crate) fn router() -> Router<State> {
    let artifacts = get(proxy::get).put(proxy::put).delete(proxy::delete);
    let both = |api: &str| {
        let at = format!("/{api}/2.0/mlflow-artifacts");
        Router::new()
            .route(&format!("{at}/artifacts"), get(proxy::list))
            .route(&format!("{at}/artifacts/"), get(proxy::list))
            .route(&format!("{at}/artifacts/{{*path}}"), artifacts.clone())
            .route(&format!("{at}/presigned/{{*path}}"), get(proxy::presigned))
            .merge(multipart::router(&at))
    };
    both("api")
        .merge(both("ajax-api"))
        .route("/get-artifact", get(pages::of_run))
        .route("/model-versions/get-artifact", get(pages::of_version))
        // MLflow's server takes repeated slashes for one, and its clients' URLs have some here.
        .route("//get-artifact", get(pages::of_run))
        .route("//model-versions/get-artifact", get(pages::of_version))
}

/// The routes below `/api/2.0/mlflow`.
pub(crate) fn tracked() -> Router<State> {
    Router::new()
        .route("/artifacts/list", get(tracked::of_run))
        .route("/logged-models/{model}/artifacts/directories", get(tracked::of_model))
        .route("/logged-models/{model}/artifacts/files", get(pages::of_model))
        .route("/upload-artifact", post(pages::put))
}
