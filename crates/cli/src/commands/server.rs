//! `kaizen server`

mod place;
mod refusal;

use std::{
    future::poll_fn,
    net::SocketAddr,
    path::{Path, PathBuf},
    task::Poll,
};

use engine::Cancel;
use server::{Access, Service, Settings};
use serving::Catalog;
use store::Lock;
use tracking::Tracking;

use super::{end_on_signal, guarded, report, wait_for};
use crate::{
    Environment, Failure,
    arguments::Server,
    exit,
    output::{Output, line},
};

pub(crate) fn run(
    arguments: &Server,
    project: Option<&Path>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let directory = guarded::directory(arguments.data.as_deref(), project)?;
    let settings = settings(arguments)?;
    let tracked = tracked(arguments, &directory, environment)?;
    // The directory before the port: a second server is told that the directory is taken, whichever port it wants.
    free(&directory)?;
    let access = guarded::access(&directory, environment)?;
    // The port before the directory is made: what is refused leaves nothing behind.
    let service = Service::bind_guarded(settings, Catalog::new(), access.clone());
    let service = service.map_err(|error| refusal::of(error, &directory))?;
    let tracking = open(tracked)?;
    wait_for(async {
        let service = service.report_to(report()).track_with(tracking);
        let cancel = Cancel::default();
        // Before anybody knows that it runs: whoever does may end it.
        begun(end_on_signal(cancel.clone())).await;
        announce(service.address(), &directory, &access, output);
        service.run(async move { cancel.cancelled().await }).await?;
        Ok(exit::DONE)
    })
}

fn settings(arguments: &Server) -> Result<Settings, Failure> {
    let host = &arguments.host;
    let host = if host.contains(':') && !host.starts_with('[') { format!("[{host}]") } else { host.clone() };
    if let Some(origin) = arguments.allowed_origin.iter().find(|origin| !is_origin(origin)) {
        let message = format!(
            "--allowed-origin `{origin}` is no origin; write scheme and host, such as https://board.example.com"
        );
        return Err(Failure::new(exit::USAGE, message));
    }
    Ok(Settings {
        listen: format!("{host}:{}", arguments.port),
        allowed_hosts: arguments.allowed_host.clone(),
        allowed_origins: arguments.allowed_origin.clone(),
        ..Settings::default()
    })
}

/// Scheme, host and perhaps a port, as browsers send it.
fn is_origin(text: &str) -> bool {
    let Some((scheme, host)) = text.split_once("://") else { return false };
    let host = host.strip_suffix('/').unwrap_or(host);
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-._:[]".contains(letter);
    ["http", "https"].contains(&scheme) && !host.is_empty() && host.chars().all(plain)
}

/// What the operator allows, for the directory of runs.
fn tracked(
    arguments: &Server,
    directory: &Path,
    environment: &Environment,
) -> Result<tracking::Settings, Failure> {
    let usage = |message: String| Failure::new(exit::USAGE, message);
    let mut settings = tracking::Settings::of(directory, environment.clock.clone());
    let (root, local) = place::root(&arguments.default_artifact_root).map_err(usage)?;
    settings.artifact_root = root;
    if let Some(destination) = &arguments.artifacts_destination {
        settings.artifacts_destination = place::destination(destination).map_err(usage)?;
    }
    let mut roots: Vec<PathBuf> = Vec::new();
    for allowed in &arguments.allow_local_root {
        roots.push(std::path::absolute(allowed).map_err(super::io("find", allowed))?);
    }
    // Where the operator sends artifacts, they may go.
    roots.extend(local);
    settings.local_roots = roots;
    settings.lenient_sources = arguments.lenient_model_sources;
    Ok(settings)
}

/// The directory, which nobody else has open then.
pub(super) fn open(settings: tracking::Settings) -> Result<Tracking, Failure> {
    free(&settings.directory)?;
    Tracking::open(settings).map_err(|error| {
        let cause = error.cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
        Failure::new(exit::STORAGE, format!("{error}{cause}"))
    })
}

/// Refuses a directory that another process has open.
fn free(directory: &Path) -> Result<(), Failure> {
    if Lock::is_held(directory)? {
        let lock = directory.join("lock");
        let message = format!(
            "another process has {} open: it holds {}; end it, or use another directory (--data DIR)",
            directory.display(),
            lock.display()
        );
        return Err(Failure::new(exit::LOCKED, message));
    }
    Ok(())
}

/// Begins work that goes on by itself: what it does before it first waits is done when this returns.
async fn begun(work: impl Future<Output = ()> + Send + 'static) {
    let mut work = Box::pin(work);
    let has_ended = poll_fn(|context| Poll::Ready(work.as_mut().poll(context).is_ready())).await;
    if !has_ended {
        tokio::spawn(work);
    }
}

/// Says where the server answers, and all that a client needs.
fn announce(address: SocketAddr, directory: &Path, access: &Access, output: &mut Output) {
    let url = url(address);
    if output.json {
        let asks = access.asks();
        line(&serde_json::json!({ "event": "listening", "url": url, "data": directory, "tokens": asks }));
        return;
    }
    let place = directory.display();
    output.text(&format!("tracking at {url}, kept in {place}\nexport MLFLOW_TRACKING_URI={url}"));
    if access.asks() {
        output.remark("every request needs a token; clients of MLflow send MLFLOW_TRACKING_TOKEN");
    }
}

/// The address as a client on this machine would write it.
fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://localhost:{}", address.port());
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests {
    use super::{is_origin, url};

    #[test]
    fn an_origin_is_what_a_browser_sends() {
        for origin in ["https://a.example.com", "http://a:8080", "https://[::1]:1", "https://a/"] {
            assert!(is_origin(origin), "{origin}");
        }
        for other in ["", "*", "null", "a.example.com", "https://", "ftp://a", "https://a/b", "https://*.a"] {
            assert!(!is_origin(other), "{other}");
        }
    }

    #[test]
    fn the_url_that_is_shown_can_be_called() {
        for (address, shown) in [
            ("127.0.0.1:80", "http://127.0.0.1:80"),
            ("0.0.0.0:80", "http://localhost:80"),
            ("[::1]:80", "http://[::1]:80"),
        ] {
            assert_eq!(url(address.parse().unwrap()), shown);
        }
    }
}
