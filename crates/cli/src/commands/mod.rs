//! One file a command. Each does its work and hands a value to a view.

pub(crate) mod apply;
pub(crate) mod cancel;
pub(crate) mod compare;
pub(crate) mod down;
pub(crate) mod drift;
pub(crate) mod exec;
pub(crate) mod graph;
mod guarded;
pub(crate) mod history;
pub(crate) mod import;
pub(crate) mod incidents;
pub(crate) mod init;
pub(crate) mod logs;
mod lookup;
pub(crate) mod plan;
pub(crate) mod promote;
pub(crate) mod replay;
pub(crate) mod retry;
pub(crate) mod run;
pub(crate) mod runs;
pub(crate) mod schema;
pub(crate) mod serve;
pub(crate) mod server;
pub(crate) mod silence;
pub(crate) mod spool;
pub(crate) mod status;
pub(crate) mod supervise;
pub(crate) mod tickets;
pub(crate) mod token;
mod tracked;
pub(crate) mod up;
pub(crate) mod why;

use std::path::{Path, PathBuf};

use engine::Project;
use store::Store;

use crate::{Environment, Failure, exit, output::note};

/// The project at a path, or in the working directory.
fn project(at: Option<PathBuf>, environment: &Environment) -> Result<Project, Failure> {
    let path = at.unwrap_or_else(|| PathBuf::from("."));
    Ok(Project::load(&path, &environment.variables())?)
}

/// A project's store, to be written without the right to act on the project.
fn store(project: &Project, environment: &Environment) -> Result<Store, Failure> {
    Ok(Store::open(&project.store_directory(), environment.clock.clone())?)
}

/// A project's store, which must be there already.
fn existing_store(project: &Project, environment: &Environment) -> Result<Store, Failure> {
    Ok(Store::open_read_only(&project.store_directory(), environment.clock.clone())?)
}

/// Does work that waits for more than one thing. A training that nobody waits for any more ends with the process.
fn wait_for<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let built = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = built.map_err(|error| Failure::new(exit::FAILED, format!("start the runtime: {error}")))?;
    let done = runtime.block_on(work);
    runtime.shutdown_background();
    done
}

fn io(operation: &str, path: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let subject = path.display().to_string();
    let operation = operation.to_owned();
    move |error| Failure::new(exit::FAILED, format!("{operation} {subject}: {error}"))
}

/// Shows the operator what a caller is not told.
pub(crate) fn report() -> ::server::Report {
    std::sync::Arc::new(|failure| note(&format!("a request to {} failed: {}", failure.model, failure.cause)))
}

/// Ends the work at Ctrl-C or TERM; a second Ctrl-C ends the process at once, which is safe
/// as any kill is.
async fn end_on_signal(cancel: engine::Cancel) {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
    cancel.cancel();
    interrupt.recv().await;
    std::process::exit(i32::from(exit::INTERRUPTED));
}

/// The store of a directory in which something ran, whether or not it has a project file that makes sense.
fn runs_directory(at: Option<PathBuf>) -> PathBuf {
    let path = at.unwrap_or_else(|| PathBuf::from("."));
    let folder = if path.is_file() { path.parent().map(Path::to_owned).unwrap_or_default() } else { path };
    folder.join(engine::STORE_DIRECTORY)
}

/// The same, to be read.
fn runs_store(at: Option<PathBuf>, environment: &Environment) -> Result<Store, Failure> {
    let directory = runs_directory(at);
    match Store::open_read_only(&directory, environment.clock.clone()) {
        Ok(store) => Ok(store),
        Err(store::Error::NoStore { .. }) => {
            let place =
                directory.parent().filter(|place| *place != Path::new(".") && *place != Path::new(""));
            let place = place.map_or("here".to_owned(), |place| format!("in {}", place.display()));
            let message =
                format!("nothing has run {place} yet; `kaizen run` or `kaizen exec` makes the first run");
            Err(Failure::new(exit::PROJECT, message))
        }
        Err(error) => Err(error.into()),
    }
}

/// The run of this number.
fn numbered(store: &Store, number: u64) -> Result<store::Run, Failure> {
    store.run(store::RunId::new(number)).map_err(|error| match error {
        store::Error::UnknownNumber { .. } => {
            Failure::new(exit::USAGE, format!("there is no run {number}; `kaizen runs` lists them"))
        }
        error => error.into(),
    })
}

/// The same, to be written without the right to act.
fn writable_runs_store(at: Option<PathBuf>, environment: &Environment) -> Result<Store, Failure> {
    Ok(Store::open(&runs_directory(at), environment.clock.clone())?)
}
