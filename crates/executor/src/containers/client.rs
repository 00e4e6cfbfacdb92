//! The client of a container engine: podman, or docker where there is no podman.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use tokio::process::Command;

use crate::Error;

#[derive(Debug)]
pub(super) struct Client {
    pub(super) kind: Kind,
    pub(super) program: PathBuf,
    pub(super) environment: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Podman,
    Docker,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Podman => "podman",
            Self::Docker => "docker",
        }
    }
}

impl Client {
    /// The one that is found in the `PATH` of this environment.
    pub(super) fn find(environment: &BTreeMap<String, String>) -> Result<Self, Error> {
        let path = environment.get("PATH").map_or("", String::as_str);
        for kind in [Kind::Podman, Kind::Docker] {
            for place in path.split(':').filter(|place| !place.is_empty()) {
                let program = Path::new(place).join(kind.name());
                if program.is_file() {
                    return Ok(Self { kind, program, environment: environment.clone() });
                }
            }
        }
        let why = format!("neither is found in PATH ({path}); install podman, or remove `image`");
        Err(Error::Engine { engine: "podman or docker".to_owned(), why })
    }

    pub(super) async fn check_image(&self, image: &str) -> Result<(), Error> {
        let verb = match self.kind {
            Kind::Podman => "exists",
            Kind::Docker => "inspect",
        };
        let output = self.run(&["image", verb, image]).await?;
        match output.status.code() {
            Some(0) => Ok(()),
            Some(1) if self.kind == Kind::Podman || said(&output).contains("No such image") => {
                let name = self.kind.name();
                Err(self.error(format!(
                    "the image {image} is not on this machine; get it with `{name} pull {image}`"
                )))
            }
            _ => Err(self.error(format!("look for the image {image}: {}", said(&output)))),
        }
    }

    /// Removes the containers with this label, running or not.
    pub(super) async fn remove(&self, label: &str) -> Result<(), Error> {
        let filter = format!("label={label}");
        let listed = self.run(&["ps", "--all", "--quiet", "--no-trunc", "--filter", &filter]).await?;
        if !listed.status.success() {
            return Err(self.error(format!("list the containers with {label}: {}", said(&listed))));
        }
        for id in String::from_utf8_lossy(&listed.stdout).split_whitespace() {
            let removed = self.run(&self.remove_arguments(id)).await?;
            if !removed.status.success() {
                return Err(self.error(format!("remove the container {id}: {}", said(&removed))));
            }
        }
        Ok(())
    }

    /// Ends a container at once and removes it; one that is not there is as good.
    pub(super) fn remove_arguments<'a>(&self, container: &'a str) -> Vec<&'a str> {
        match self.kind {
            Kind::Podman => vec!["rm", "--force", "--ignore", "--time", "0", container],
            Kind::Docker => vec!["rm", "--force", container],
        }
    }

    pub(super) fn error(&self, why: String) -> Error {
        Error::Engine { engine: self.kind.name().to_owned(), why }
    }

    async fn run(&self, arguments: &[&str]) -> Result<Output, Error> {
        let mut command = Command::new(&self.program);
        command.args(arguments).env_clear().envs(&self.environment).stdin(Stdio::null()).kill_on_drop(true);
        command.output().await.map_err(Error::io("run", &self.program))
    }
}

/// What the client said, in one line.
fn said(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    text.trim().lines().last().unwrap_or("it failed without a word").to_owned()
}
