//! `kaizen spool`

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
};

use engine::Cancel;
use serde_json::json;
use server::spool::{self, Settings, Standing, Upstream};

use super::{end_on_signal, runs_directory, wait_for};
use crate::{
    Environment, Failure,
    arguments::{Spool, SpoolCommand},
    exit,
    hosting::SPOOL,
    output::{Output, line, note},
    views,
};

pub(crate) fn run(
    arguments: Spool,
    at: Option<PathBuf>,
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let directory = arguments.dir.unwrap_or_else(|| runs_directory(at).join(SPOOL));
    match arguments.command {
        None => {
            let standing = standing(&directory)?;
            output.result(&shown(&standing), |_| views::spool::text(&standing, &directory));
            Ok(exit::DONE)
        }
        Some(SpoolCommand::Flush { within }) => flush(&directory, within.get(), output),
        Some(SpoolCommand::Serve { to, port }) => serve(directory, (&to, port), environment, output),
    }
}

fn standing(directory: &Path) -> Result<Vec<Standing>, Failure> {
    spool::standing(directory).map_err(super::io("read the spools in", directory))
}

fn shown(standing: &[Standing]) -> serde_json::Value {
    let one = |standing: &Standing| {
        json!({
            "directory": standing.directory, "upstream": standing.upstream.to_string(), "waiting": standing.waiting,
            "bytes": standing.bytes, "refused": standing.refused, "running": standing.is_running,
        })
    };
    standing.iter().map(one).collect()
}

fn flush(directory: &Path, within: std::time::Duration, output: &mut Output) -> Result<u8, Failure> {
    let before: u64 = standing(directory)?.iter().map(|standing| standing.waiting).sum();
    let told: spool::Told = Arc::new(note);
    let stuck = spool::flush(directory, within, &told).map_err(super::io("send what waits in", directory))?;
    let after: u64 = standing(directory)?.iter().map(|standing| standing.waiting).sum();
    let sent = before.saturating_sub(after);
    let result = json!({ "sent": sent, "waiting": after });
    output.result(&result, |_| format!("sent {sent}, {after} wait"));
    match stuck.first() {
        None if after == 0 => Ok(exit::DONE),
        None => Err(Failure::new(exit::LOCKED, "a spool is at work on what waits".to_owned())),
        Some((place, why)) => {
            Err(Failure::new(exit::FAILED, format!("send what waits in {}: {why}", place.display())))
        }
    }
}

fn serve(
    directory: PathBuf,
    (to, port): (&str, u16),
    environment: &Environment,
    output: &mut Output,
) -> Result<u8, Failure> {
    let upstream = upstream(to).map_err(|why| Failure::new(exit::USAGE, format!("--to {why}")))?;
    let mut settings = Settings::of(directory, upstream, environment.clock.clone());
    settings.listen = SocketAddr::from(([127, 0, 0, 1], port));
    settings.told = Arc::new(note);
    wait_for(async {
        let cancel = Cancel::default();
        tokio::spawn(end_on_signal(cancel.clone()));
        let spool = spool::Spool::start(settings)
            .map_err(|error| Failure::new(exit::FAILED, format!("failed to {error}")))?;
        let url = format!("http://{}", spool.address());
        if output.json {
            line(&json!({ "event": "listening", "url": url, "directory": spool.directory() }));
        } else {
            output.text(&format!("a spool before {to}\nexport MLFLOW_TRACKING_URI={url}"));
        }
        cancel.cancelled().await;
        tokio::task::block_in_place(|| spool.finish(std::time::Duration::from_secs(2)));
        Ok(exit::DONE)
    })
}

/// The server of this URL.
pub(super) fn upstream(url: &str) -> Result<Upstream, String> {
    let is_url =
        ["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
    if is_url && !url.contains(char::is_whitespace) {
        return Ok(Upstream::Url(url.to_owned()));
    }
    Err(format!("`{url}` is no http or https URL of a server, such as http://127.0.0.1:5151"))
}

#[cfg(test)]
mod tests {
    use super::upstream;

    #[test]
    fn a_spool_stands_before_a_server_and_nothing_else() {
        assert!(upstream("https://tracking.example.com").is_ok() && upstream("http://[::1]:80/base").is_ok());
        for other in ["", "http://", "sqlite:///mlflow.db", "databricks", "./mlruns", "http://a b"] {
            assert!(upstream(other).unwrap_err().contains("no http or https URL"), "{other}");
        }
    }
}
