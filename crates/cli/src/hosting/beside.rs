//! The address of a process that serves anyway, such as `kaizen up`.

use std::{
    net::SocketAddr,
    path::Path,
    sync::{Arc, OnceLock},
};

use engine::Tracker;
use tracking::{Promises, Settings, Tracking};

use super::port::Port;

/// The tracking of a server that answers for other reasons too.
#[derive(Clone)]
pub(crate) struct Beside(Arc<Shared>);

struct Shared {
    settings: Settings,
    answers: OnceLock<Answers>,
}

/// Known once the server has its port.
struct Answers {
    tracking: Tracking,
    url: String,
    /// There as long as this is.
    _port: Option<Port>,
}

impl Beside {
    pub(crate) fn of(settings: Settings) -> Self {
        Self(Arc::new(Shared { settings, answers: OnceLock::new() }))
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// From now on commands log here.
    pub(crate) fn answers_at(&self, address: SocketAddr, tracking: Tracking) {
        // Without the note, commands that outlive this process do not find the next one; they work on all the same.
        let port = Port::note(self.directory(), address.port()).ok();
        let _ = self.0.answers.set(Answers { tracking, url: here(address), _port: port });
    }
}

impl Tracker for Beside {
    fn address(&self) -> Result<String, String> {
        let url = self.0.answers.get().map(|answers| answers.url.clone());
        url.ok_or_else(|| "the server does not answer yet".to_owned())
    }

    fn promises(&self) -> &Promises {
        &self.0.settings.promises
    }

    fn directory(&self) -> &Path {
        &self.0.settings.directory
    }

    fn tracking(&self) -> Result<Option<Tracking>, tracking::Error> {
        Ok(self.0.answers.get().map(|answers| answers.tracking.clone()))
    }
}

/// The address as a command on this machine would write it.
fn here(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://localhost:{}", address.port());
    }
    format!("http://{address}")
}
