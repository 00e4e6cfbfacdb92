//! Processes of this machine, through a supervisor.

use std::{
    ffi::OsString,
    path::{Path, PathBuf},
    sync::{Arc, Mutex},
};

use async_trait::async_trait;

use crate::{
    Attempt, Caps, Chunk, Error, Executor, Running,
    attempt::check_id,
    audit, log,
    wire::{Hello, Order},
};

mod earlier;
mod folder;
mod link;
mod orphan;
mod running;

use link::Link;

/// What [`Local`] must be told.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The program whose hidden command is [`crate::supervise`], and its arguments.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<OsString>,
    /// Where supervisors have their folders; absolute. Nobody else's.
    pub folder: PathBuf,
    /// Marks the processes of this folder among all others of the machine: something unique and lasting, without `/`.
    pub marker: String,
    /// How much of each log is kept.
    pub logs: Caps,
    /// Where cgroup v2 is mounted.
    pub cgroups: PathBuf,
    /// Where `strace` is looked for: folders with `:` between.
    pub path: String,
}

impl Settings {
    /// Settings with the usual caps and places.
    pub fn new(program: PathBuf, arguments: Vec<OsString>, folder: PathBuf, marker: &str) -> Self {
        Self {
            program,
            arguments,
            folder,
            marker: marker.to_owned(),
            logs: Caps::default(),
            cgroups: PathBuf::from("/sys/fs/cgroup"),
            path: "/usr/local/bin:/usr/bin:/bin".to_owned(),
        }
    }
}

/// Runs processes of this machine. Dropping it, like a crash, leaves what runs alone: the supervisor takes it to its
/// end, and the next `Local` on the same folder adopts it.
pub struct Local {
    settings: Settings,
    link: Mutex<Option<Arc<Link>>>,
}

impl Local {
    /// An executor; nothing is started yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings, link: Mutex::new(None) }
    }

    /// Removes the folders of supervisors that are gone and have left nothing unsettled, and tells how many. For after
    /// everything has been adopted or discarded: how those attempts ended is forgotten with them.
    ///
    /// # Errors
    /// When a folder cannot be read or removed.
    pub async fn tidy(&self) -> Result<usize, Error> {
        let settings = self.settings.clone();
        blocking(move || earlier::tidy(&settings.folder)).await
    }

    /// Ends the supervisor, and forgets how anything ended. For an engine that has dealt with everything it started; what
    /// runs all the same is seen to its end, and adopted by nobody.
    pub fn close(&self) {
        let link = self.link.lock().expect("no thread panics with it").take();
        if let Some(link) = link {
            link.close();
        }
    }

    /// The process number of the supervisor, once there is one.
    pub fn supervisor(&self) -> Option<u32> {
        let link = self.link.lock().expect("no thread panics with it");
        link.as_ref().filter(|link| !link.is_gone()).and_then(|link| link.pid())
    }

    /// The link to a living supervisor; starts one when there is none.
    fn link(&self) -> Result<Arc<Link>, Error> {
        let mut link = self.link.lock().expect("no thread panics with it");
        if let Some(link) = link.as_ref().filter(|link| !link.is_gone()) {
            return Ok(link.clone());
        }
        let settings = &self.settings;
        let folder = folder::make(&settings.folder)?;
        let hello = Hello {
            folder: folder.path().to_owned(),
            marker: settings.marker.clone(),
            logs: settings.logs,
            cgroups: settings.cgroups.clone(),
        };
        let started = Arc::new(Link::start(&settings.program, &settings.arguments, folder, &hello)?);
        Ok(link.insert(started).clone())
    }

    /// The folder of our own supervisor.
    fn own(&self) -> Option<PathBuf> {
        let link = self.link.lock().expect("no thread panics with it");
        link.as_ref().map(|link| link.folder().to_owned())
    }

    fn order(&self, attempt: &Attempt) -> Result<Order, Error> {
        attempt.check()?;
        if attempt.container.is_some() {
            return Err(Error::invalid(&attempt.id, "it wants a container, and this executor has none"));
        }
        let mut order = Order::from(attempt);
        if let Some(trace) = &attempt.trace {
            let traced = audit::traced(&attempt.command, trace, &self.settings.path);
            order.command = traced.map_err(|why| Error::invalid(&attempt.id, why))?;
        }
        Ok(order)
    }
}

#[async_trait]
impl Executor for Local {
    async fn start(&self, attempt: &Attempt) -> Result<Box<dyn Running>, Error> {
        let order = self.order(attempt)?;
        // The supervisor may just have been killed: then it has not taken the request, and another one can.
        let running = match self.link()?.ask(&order) {
            Err(_) => {
                let link = self.link()?;
                link.ask(&order).map_err(Error::io("send a request to the supervisor in", link.folder()))?
            }
            Ok(running) => running,
        };
        Ok(Box::new(running.started().await?))
    }

    async fn adopt(&self, id: &str) -> Result<Option<Box<dyn Running>>, Error> {
        check_id(id)?;
        let (folder, own, id) = (self.settings.folder.clone(), self.own(), id.to_owned());
        let found = blocking(move || earlier::adopt(&folder, own.as_deref(), &id)).await?;
        Ok(found.map(|running| Box::new(running) as Box<dyn Running>))
    }

    async fn discard(&self, id: &str) -> Result<(), Error> {
        check_id(id)?;
        let (settings, own, id) = (self.settings.clone(), self.own(), id.to_owned());
        blocking(move || earlier::discard(&settings, own.as_deref(), &id)).await
    }

    async fn log(&self, log: &Path, from: u64) -> Result<Chunk, Error> {
        let log = log.to_owned();
        blocking(move || log::read_log(&log, from).map_err(Error::io("read", log))).await
    }
}

async fn blocking<T: Send + 'static>(
    body: impl FnOnce() -> Result<T, Error> + Send + 'static,
) -> Result<T, Error> {
    match tokio::task::spawn_blocking(body).await {
        Ok(done) => done,
        Err(error) => match error.try_into_panic() {
            Ok(panic) => std::panic::resume_unwind(panic),
            Err(error) => Err(Error::io("finish work on", "/proc")(std::io::Error::other(error))),
        },
    }
}
