//! `kaizen server` at a free port, and the tokens that it asks for.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::process::Running;

/// A running server, ended when this goes out of scope.
pub(super) struct Tracker {
    url: String,
    _process: Running,
}

impl Tracker {
    /// Starts it on `PLACE/tracking`, and waits until it says where it listens.
    pub(super) fn start(kaizen: &Path, place: &Path) -> Result<Self> {
        let mut command = Command::new(kaizen);
        command.args(["server", "--json", "--port", "0", "--data"]).arg(place.join("tracking"));
        command.stdin(Stdio::null()).stdout(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("start {command:?}"))?;
        let said = child.stdout.take();
        let process = Running(child);
        let mut first = String::new();
        BufReader::new(said.context("the server's output is piped")?)
            .read_line(&mut first)
            .context("read what kaizen server says")?;
        Ok(Self { url: field(&first, "url")?, _process: process })
    }

    pub(super) fn url(&self) -> &str {
        &self.url
    }
}

/// Makes a token for the server on `PLACE/tracking`, and gives its secret.
pub(super) fn token(kaizen: &Path, place: &Path, name: &str, scope: &str) -> Result<String> {
    let output = Command::new(kaizen)
        .args(["token", "create", name, "--json", "--scope", scope, "--data"])
        .arg(place.join("tracking"))
        .output()
        .context("run kaizen token create")?;
    if !output.status.success() {
        bail!("kaizen token create failed: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    field(&String::from_utf8_lossy(&output.stdout), "token")
}

/// A text in a JSON object.
fn field(json: &str, name: &str) -> Result<String> {
    let object: Value = serde_json::from_str(json).with_context(|| format!("read {json:?} as JSON"))?;
    let text = object[name].as_str().with_context(|| format!("{json} has no `{name}`"))?;
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_that_says_nothing_is_an_error_that_quotes_it() {
        assert_eq!(field(r#"{"url":"http://127.0.0.1:1"}"#, "url").unwrap(), "http://127.0.0.1:1");
        assert!(field("", "url").unwrap_err().to_string().contains("\"\""));
        assert!(field("{}", "url").unwrap_err().to_string().contains("has no `url`"));
    }
}
