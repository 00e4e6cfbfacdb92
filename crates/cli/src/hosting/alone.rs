//! The address of a process that runs steps and serves nothing else: a server of its own, for as long as it runs.

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use engine::{Cancel, Tracker};
use server::{Access, Service};
use serving::Catalog;
use tracking::{Promises, Settings, Tracking};

use super::{
    existing,
    port::{self, Port},
};
use crate::output::note;

/// A server for commands alone. It has a port from the first command on, and opens the directory for the first request,
/// so that commands which log nothing pay nothing. It ends when this is dropped.
pub(crate) struct Alone {
    directory: Arc<Directory>,
    port: Mutex<Option<Port>>,
    cancel: Cancel,
}

/// A directory that is opened when it is needed.
struct Directory {
    settings: Settings,
    opened: Mutex<Option<Tracking>>,
}

impl Alone {
    pub(crate) fn of(settings: Settings) -> Self {
        let directory = Arc::new(Directory { settings, opened: Mutex::default() });
        Self { directory, port: Mutex::default(), cancel: Cancel::default() }
    }

    fn begin(&self) -> Result<String, String> {
        // That another process has it is known before a command relies on it.
        self.directory.existing().map_err(|error| with_way_out(&error))?;
        let settings = &self.directory.settings;
        let access =
            Access::of(&settings.directory, settings.clock.clone()).map_err(|error| error.to_string())?;
        let service = bind(port::left(&settings.directory), &access).map_err(|error| error.to_string())?;
        let address = service.address();
        // Without the note, commands that outlive this process do not find the next one; they work on all the same.
        *lock(&self.port) = Port::note(&settings.directory, address.port()).ok();
        tokio::spawn(answer(service, self.directory.clone(), self.cancel.clone()));
        Ok(format!("http://{address}"))
    }
}

/// Takes the wanted port if it can be had, or else any.
fn bind(wanted: Option<u16>, access: &Access) -> Result<Service, server::Error> {
    let at = |port: u16| {
        let settings =
            server::Settings { listen: format!("127.0.0.1:{port}"), ..server::Settings::default() };
        Service::bind_guarded(settings, Catalog::new(), access.clone())
    };
    let again = wanted.and_then(|port| at(port).ok());
    again.map_or_else(|| at(0), Ok)
}

/// Answers from the first connection on.
async fn answer(service: Service, directory: Arc<Directory>, cancel: Cancel) {
    let mut service = service.report_to(crate::commands::report());
    tokio::select! {
        called = service.called() => if called.is_err() { return },
        () = cancel.cancelled() => return,
    }
    let opened = tokio::task::spawn_blocking(move || directory.open()).await;
    match opened {
        Ok(Ok(tracking)) => {
            // That it ended is seen by the commands.
            let _ = service.track_with(tracking).run(async move { cancel.cancelled().await }).await;
        }
        Ok(Err(error)) => note(&format!("what steps log with MLflow is not kept: {}", with_way_out(&error))),
        Err(_) => {}
    }
}

/// With what else may help.
fn with_way_out(error: &tracking::Error) -> String {
    format!("{error}; or else set MLFLOW_TRACKING_URI in the step's `env`")
}

impl Directory {
    fn existing(&self) -> Result<Option<Tracking>, tracking::Error> {
        let mut opened = lock(&self.opened);
        if opened.is_none() {
            *opened = existing(&self.settings)?;
        }
        Ok(opened.clone())
    }

    fn open(&self) -> Result<Tracking, tracking::Error> {
        let mut opened = lock(&self.opened);
        if let Some(tracking) = &*opened {
            return Ok(tracking.clone());
        }
        Ok(opened.insert(Tracking::open(self.settings.clone())?).clone())
    }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Tracker for Alone {
    fn address(&self) -> Result<String, String> {
        self.begin()
    }

    fn promises(&self) -> &Promises {
        &self.directory.settings.promises
    }

    fn directory(&self) -> &Path {
        &self.directory.settings.directory
    }

    fn tracking(&self) -> Result<Option<Tracking>, tracking::Error> {
        self.directory.existing()
    }
}

impl Drop for Alone {
    fn drop(&mut self) {
        self.cancel.cancel();
        if let Some(tracking) = lock(&self.directory.opened).take() {
            // What is not put into its tables now is there all the same, and is at the next opening.
            let _ = tokio::task::block_in_place(|| tracking.settle());
        }
    }
}
