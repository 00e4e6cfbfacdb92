use std::{
    future::Future,
    io,
    net::{SocketAddr, TcpListener},
    sync::Arc,
};

use serving::{Catalog, capture::Recorders, labels::Labels, triggers::Triggers};
use tokio::{sync::oneshot, time};
use tracking::Tracking;

use crate::{
    access::Access,
    address,
    connection::{Activity, First, Listener},
    guard::Hosts,
    routes,
    settings::Settings,
    state::{Parts, Report, State},
};

/// Why the server could not listen or had to stop.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The setting names no address.
    #[error("`{0}` is not an address to listen on; write host and port, such as listen = \"127.0.0.1:5151\"")]
    Address(String),
    /// Others could reach the address, and there is no token to keep them out.
    #[error(
        "will not listen on {0}, which other machines can reach, without authentication: create a token first \
         (`kaizen token create NAME --scope write`), or use a loopback address, such as listen = \"127.0.0.1:5151\""
    )]
    BeyondLoopback(SocketAddr),
    /// Another process has the port.
    #[error(
        "{0} is taken by another process; stop that one, or choose another port \
         (listen = \"127.0.0.1:0\" takes any free one)"
    )]
    Taken(SocketAddr),
    /// The system refused.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        source: io::Error,
    },
    /// The server broke while it ran.
    #[error("the server stopped: {0}")]
    Run(#[source] io::Error),
}

/// How a server ended after it was told to stop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Drain {
    /// Every request in flight was answered.
    Complete,
    /// Some were not, within the time for it; they end with the process.
    Cut,
}

/// A server that has its port and is about to run.
///
/// Connections wait in the port's queue from [`Service::bind`] on, so that an address which is
/// printed at once is never refused.
pub struct Service {
    listener: TcpListener,
    address: SocketAddr,
    first: Option<First>,
    parts: Parts,
}

impl Service {
    /// Takes the port. Models are looked up in the catalog for each request. Nobody is asked for a token.
    ///
    /// # Errors
    /// When the address is none, is not loopback, or cannot be had.
    pub fn bind(settings: Settings, catalog: Catalog) -> Result<Self, Error> {
        Self::bind_guarded(settings, catalog, Access::open_to_all())
    }

    /// The same, for those whom `access` lets in. Others can reach it only where tokens are asked for.
    ///
    /// # Errors
    /// When the address is none or cannot be had, or is not loopback and no token is asked for.
    pub fn bind_guarded(settings: Settings, catalog: Catalog, access: Access) -> Result<Self, Error> {
        let wanted = address::guarded(address::named(&settings.listen)?, access.asks())?;
        let refused = |source: io::Error| match source.kind() {
            io::ErrorKind::AddrInUse => Error::Taken(wanted),
            _ => Error::Listen { address: wanted, source },
        };
        let listener = TcpListener::bind(wanted).map_err(refused)?;
        listener.set_nonblocking(true).map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        let (report, recorders): (Report, _) = (Arc::new(|_| {}), Recorders::new());
        let hosts = Hosts::of(address, &settings.allowed_hosts);
        let (labels, triggers, tracking) = (None, None, None);
        let parts = Parts { settings, access, hosts, catalog, report, recorders, labels, triggers, tracking };
        Ok(Self { listener, address, first: None, parts })
    }

    /// The address it has, with the real port.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Tells `report` of requests that fail through the server's fault.
    #[must_use]
    pub fn report_to(mut self, report: Report) -> Self {
        self.parts.report = report;
        self
    }

    /// Records the requests of each model that has a recorder, which may come and go, and answers
    /// them with their ids.
    #[must_use]
    pub fn record_with(mut self, recorders: Recorders) -> Self {
        self.parts.recorders = recorders;
        self
    }

    /// Takes labels and gives them to `labels`.
    #[must_use]
    pub fn label_with(mut self, labels: Arc<dyn Labels>) -> Self {
        self.parts.labels = Some(labels);
        self
    }

    /// Takes calls of triggers and gives them to `triggers`.
    #[must_use]
    pub fn trigger_with(mut self, triggers: Arc<dyn Triggers>) -> Self {
        self.parts.triggers = Some(triggers);
        self
    }

    /// Keeps runs in `tracking`, for clients of MLflow.
    #[must_use]
    pub fn track_with(mut self, tracking: Tracking) -> Self {
        self.parts.access.let_in(tracking.promises().clone());
        self.parts.tracking = Some(tracking);
        self
    }

    /// Waits until somebody connects, who is answered once the server runs.
    ///
    /// # Errors
    /// When the system takes the listener away.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O.
    pub async fn called(&mut self) -> Result<(), Error> {
        let listener = self.listener.try_clone().and_then(tokio::net::TcpListener::from_std);
        let first = listener.map_err(Error::Run)?.accept().await;
        self.first = Some(first.map_err(Error::Run)?);
        Ok(())
    }

    /// Answers until `shutdown` ends; then takes no more, and gives the requests in flight the
    /// drain timeout.
    ///
    /// # Errors
    /// When the system takes the listener away.
    ///
    /// # Panics
    /// Outside a tokio runtime with I/O and time.
    pub async fn run(self, shutdown: impl Future<Output = ()> + Send + 'static) -> Result<Drain, Error> {
        let listener = tokio::net::TcpListener::from_std(self.listener).map_err(Error::Run)?;
        let listener = Listener::new(listener, self.first, &self.parts.settings);
        let drain_timeout = self.parts.settings.drain_timeout;
        let router = routes::router(State::new(self.parts));
        let router = router.into_make_service_with_connect_info::<Activity>();
        let (stopping, stopped) = oneshot::channel();
        let signal = async move {
            shutdown.await;
            let _ = stopping.send(());
        };
        let deadline = async move {
            let _ = stopped.await;
            time::sleep(drain_timeout).await;
        };
        tokio::select! {
            ended = axum::serve(listener, router).with_graceful_shutdown(signal) => {
                ended.map(|()| Drain::Complete).map_err(Error::Run)
            }
            () = deadline => Ok(Drain::Cut),
        }
    }
}
