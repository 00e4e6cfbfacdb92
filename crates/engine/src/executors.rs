use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use base::Hash;
use executor::{Containers, Executor, Local};

use crate::Variables;

/// How the supervisor of commands is started: this program, with these arguments first.
#[derive(Debug, Clone)]
pub struct Supervisor {
    /// The program.
    pub program: PathBuf,
    /// What makes a supervisor of it.
    pub arguments: Vec<String>,
}

/// What of the environment the client of podman or docker is given.
const CLIENT: [&str; 12] = [
    "PATH",
    "HOME",
    "USER",
    "LANG",
    "TMPDIR",
    "XDG_RUNTIME_DIR",
    "XDG_DATA_HOME",
    "XDG_CONFIG_HOME",
    "CONTAINERS_CONF",
    "STORAGE_DRIVER",
    "CONTAINER_HOST",
    "DOCKER_HOST",
];

/// Where commands run: on this machine, or in a container on it.
pub(crate) struct Executors {
    /// The clients of containers run on it too, so that there is one supervisor.
    local: Arc<Local>,
    containers: Containers,
}

impl Executors {
    /// None of them is started before a command is.
    pub(crate) fn new(supervisor: &Supervisor, variables: &Variables, runs: &Path) -> Self {
        let marker = marker(runs);
        let path = variables.get("PATH").unwrap_or_default();
        let arguments = supervisor.arguments.iter().map(Into::into).collect();
        let folder = runs.join("supervisors");
        let settings = executor::Settings {
            path,
            ..executor::Settings::new(supervisor.program.clone(), arguments, folder, &marker)
        };
        let known = CLIENT.iter().filter_map(|name| Some(((*name).to_owned(), variables.get(name)?)));
        let mut environment: BTreeMap<String, String> = known.collect();
        // Its helpers for networks lie where the PATH of people often does not lead.
        environment.entry("PATH".to_owned()).or_default().push_str(":/usr/sbin:/sbin");
        let local = Arc::new(Local::new(settings));
        let notes = runs.join("containers");
        let containers = Containers::new(Box::new(local.clone()), environment, &marker, notes);
        Self { local, containers }
    }

    /// The one that runs commands with an image, or without.
    pub(crate) fn of(&self, container: bool) -> &dyn Executor {
        if container { &self.containers } else { self.local.as_ref() }
    }

    /// Ends the supervisor, once everything that it ran has been dealt with.
    pub(crate) fn close(&self) {
        self.local.close();
    }

    /// Takes away what supervisors of the past left.
    pub(crate) async fn tidy(&self) {
        // What cannot be removed now is tried at the next start.
        let _ = self.local.tidy().await;
    }
}

/// Tells the commands of this project from those of all others on the machine.
fn marker(runs: &Path) -> String {
    let path = fs::canonicalize(runs).unwrap_or_else(|_| runs.to_owned());
    Hash::of(path.as_os_str().as_encoded_bytes()).short()
}
