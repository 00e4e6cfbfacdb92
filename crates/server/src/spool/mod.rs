//! A spool: a server for the clients of one machine that stands before the real one, and does not go away with it.
//!
//! `cli` hosts it in the process that keeps commands, so that training code logs through it. While the server is well,
//! requests go through. When it is away, or takes longer than a few seconds, writes are done in a tracking directory of the
//! spool's own, which checks and answers them as the server would, go to a journal on the disk, and are sent in order when
//! the server is back. Each carries a number by which the server does it once ([`tracking::Once`]), however often it is
//! sent; so a write whose answer was lost is simply sent again.
//!
//! `handle` decides what becomes of a request, `overlay` is the directory, `journal` keeps what waits, `backlog` sends it.

mod backlog;
mod call;
mod denials;
mod durable;
mod entry;
mod forward;
mod handle;
mod incoming;
mod journal;
mod leftovers;
mod numbers;
mod overlay;
mod place;
mod renamed;
mod upload;
mod upstream;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
    thread,
    time::{Duration, Instant},
};

use axum::{Router, middleware};
use base::{Clock, Size};
use serving::{Catalog, capture::Recorders};
use tokio::{runtime::Runtime, sync::oneshot};

pub use leftovers::flush;
pub use place::{Standing, standing};
pub use upstream::Upstream;

use backlog::Backlog;
use leftovers::Leftovers;
use overlay::Overlay;
use place::Place;
use upstream::{Answer, Failed, Outgoing};

use crate::{
    Access,
    connection::{Activity, Listener},
    guard::Hosts,
    guard::guard,
    settings::Settings as Server,
    state::Parts,
    state::State,
};

/// An answer that took so long says that the server is slow: for a while it is not waited for.
const SLOW: Duration = Duration::from_secs(1);
const SPARED: Duration = Duration::from_secs(5);
/// For how long a server that did not answer is not asked again by requests.
const AWAY: Duration = Duration::from_secs(1);

/// Told of what the operator should know.
pub type Told = Arc<dyn Fn(&str) + Send + Sync>;

/// How a spool is started.
pub struct Settings {
    /// The directory of spools; each has one below it.
    pub directory: PathBuf,
    /// The server that it stands before.
    pub upstream: Upstream,
    /// Where it answers: an address of this machine alone.
    pub listen: SocketAddr,
    /// The time of day.
    pub clock: Arc<dyn Clock>,
    /// How much may wait at most.
    pub limit: Size,
    /// How long the server may take to answer.
    pub patience: Duration,
    /// Told of writes that the server did not want.
    pub told: Told,
}

impl Settings {
    /// The usual limits, on any free port.
    pub fn of(directory: PathBuf, upstream: Upstream, clock: Arc<dyn Clock>) -> Self {
        Self {
            directory,
            upstream,
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            clock,
            limit: Size::bytes(10 << 30),
            patience: Duration::from_secs(3),
            told: Arc::new(|_| {}),
        }
    }
}

/// Why a spool could not be started.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A directory could not be used.
    #[error("use {path} for a spool: {source}")]
    Directory {
        /// The directory of spools.
        path: PathBuf,
        /// The system's answer.
        source: io::Error,
    },
    /// Its tracking directory could not be opened.
    #[error("use {path} for a spool: {message}")]
    Overlay {
        /// The directory of the spool.
        path: PathBuf,
        /// What was wrong.
        message: String,
    },
    /// The address could not be had.
    #[error("listen on {address} for a spool: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// Others could reach it.
    #[error(
        "a spool asks nobody for a token, so it listens on loopback alone; {0} can be reached from elsewhere"
    )]
    BeyondLoopback(SocketAddr),
    /// The system gave no thread.
    #[error("start a spool: {0}")]
    Start(#[source] io::Error),
}

/// A spool that answers.
pub struct Spool {
    address: SocketAddr,
    shared: Arc<Shared>,
    replay: Option<thread::JoinHandle<()>>,
    leftovers: Arc<Leftovers>,
    stop: Option<oneshot::Sender<()>>,
    runtime: Option<Runtime>,
}

/// What all its requests share.
struct Shared {
    backlog: Arc<Backlog>,
    overlay: Overlay,
    patience: Duration,
    limit: u64,
    /// Until when the server is not asked.
    paused: Mutex<Option<Instant>>,
}

impl Spool {
    /// Starts one, with threads of its own. It goes on with what an earlier one for the same server left, and sends what
    /// others left.
    ///
    /// # Errors
    /// When its directory or its address cannot be had.
    pub fn start(settings: Settings) -> Result<Self, Error> {
        let Settings { directory, upstream, listen, clock, limit, patience, told } = settings;
        if !listen.ip().is_loopback() {
            return Err(Error::BeyondLoopback(listen));
        }
        let failed = |source: io::Error| Error::Directory { path: directory.clone(), source };
        Place::tidy(&directory).map_err(failed)?;
        let place = Place::claim(&directory, &upstream).map_err(failed)?;
        let tracking = open_overlay(&place, clock)?;
        let listener = bind(listen)?;
        let address = listener.local_addr().map_err(|source| Error::Listen { address: listen, source })?;
        let backlog = Backlog::open(place, upstream, limit.get(), told.clone()).map_err(failed)?;
        let backlog = Arc::new(backlog);
        let state = state(tracking.clone(), address);
        let overlay = Overlay::new(tracking, state.clone());
        let paused = Mutex::default();
        let shared = Shared { backlog, overlay, patience, limit: limit.get(), paused };
        let shared = Arc::new(shared);
        let runtime = runtime().map_err(Error::Start)?;
        let (stop, stopped) = oneshot::channel();
        let router = Router::new()
            .fallback(handle::handle)
            .with_state(Arc::clone(&shared))
            .layer(middleware::from_fn_with_state(state, guard));
        runtime.spawn(answer(listener, router, stopped));
        let replay = shared.backlog.start().map_err(Error::Start)?;
        let leftovers = Leftovers::of(&directory, limit.get(), &told);
        leftovers.start().map_err(Error::Start)?;
        Ok(Self {
            address,
            shared,
            replay: Some(replay),
            leftovers,
            stop: Some(stop),
            runtime: Some(runtime),
        })
    }

    /// Where it answers.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many writes wait.
    pub fn waiting(&self) -> u64 {
        self.shared.backlog.journal.waiting()
    }

    /// Its directory.
    pub fn directory(&self) -> &Path {
        self.shared.backlog.place.path()
    }

    /// Ends it, once nothing waits or nothing has moved for this time. Gives how many writes wait still; they stay in its
    /// directory.
    pub fn finish(mut self, within: Duration) -> u64 {
        self.shared.backlog.hurry();
        let (mut least, mut moved) = (u64::MAX, Instant::now());
        while self.waiting() > 0 && moved.elapsed() < within {
            if self.waiting() < least {
                (least, moved) = (self.waiting(), Instant::now());
            }
            thread::sleep(Duration::from_millis(10));
        }
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_timeout(Duration::from_millis(200));
        }
        self.shared.backlog.close();
        let waiting = self.waiting();
        // One that waits for an answer of the server is not waited for.
        if let Some(replay) = self.replay.take().filter(|_| waiting == 0) {
            let _ = replay.join();
        }
        waiting
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        self.leftovers.close();
        self.shared.backlog.close();
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn open_overlay(place: &Place, clock: Arc<dyn Clock>) -> Result<tracking::Tracking, Error> {
    let path = place.path().join("overlay");
    Overlay::open(&path, clock).map_err(|error| {
        let cause = error.cause.as_ref().map(|cause| format!(": {cause}")).unwrap_or_default();
        Error::Overlay { path: place.path().to_owned(), message: format!("{error}{cause}") }
    })
}

fn bind(address: SocketAddr) -> Result<TcpListener, Error> {
    let bound = TcpListener::bind(address).and_then(|listener| {
        listener.set_nonblocking(true)?;
        Ok(listener)
    });
    bound.map_err(|source| Error::Listen { address, source })
}

fn runtime() -> io::Result<Runtime> {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .thread_name("spool")
        .thread_stack_size(1 << 20)
        .enable_all()
        .build()
}

/// What the routes of the overlay, and the guard before the spool, work with.
fn state(tracking: tracking::Tracking, address: SocketAddr) -> State {
    State::new(Parts {
        settings: Server { listen: address.to_string(), ..Server::default() },
        access: Access::open_to_all(),
        hosts: Hosts::of(address, &[]),
        catalog: Catalog::new(),
        report: Arc::new(|_| {}),
        recorders: Recorders::new(),
        labels: None,
        triggers: None,
        tracking: Some(tracking),
    })
}

async fn answer(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let Ok(listener) = tokio::net::TcpListener::from_std(listener) else { return };
    let listener = Listener::new(listener, None, &Server::default());
    let until = async move {
        let _ = stopped.await;
    };
    let router = router.into_make_service_with_connect_info::<Activity>();
    // That it ended is seen by its clients.
    let _ = axum::serve(listener, router).with_graceful_shutdown(until).await;
}

impl Shared {
    fn upstream(&self) -> &Upstream {
        self.backlog.client.upstream()
    }

    /// Whether requests go through: nothing waits before them, and the server answered when it was last asked.
    fn is_well(&self) -> bool {
        self.backlog.journal.waiting() == 0 && !self.is_paused()
    }

    fn is_paused(&self) -> bool {
        let paused = self.paused.lock().unwrap_or_else(PoisonError::into_inner);
        paused.is_some_and(|until| Instant::now() < until)
    }

    fn pause(&self, time: Duration) {
        *self.paused.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now() + time);
    }

    /// Sends a request, and takes note when there is no answer.
    fn sent(&self, outgoing: &Outgoing<'_>) -> Result<Answer, Failed> {
        let sent = self.backlog.client.send(outgoing);
        if matches!(sent, Err(Failed::Away(_))) {
            self.pause(AWAY);
        }
        sent
    }

    /// The same, also when the answer to what should be quick comes late.
    fn timed(&self, outgoing: &Outgoing<'_>) -> Result<Answer, Failed> {
        let start = Instant::now();
        let sent = self.sent(outgoing);
        if sent.is_ok() && outgoing.patience == self.patience && start.elapsed() > SLOW {
            self.pause(SPARED);
        }
        sent
    }
}
