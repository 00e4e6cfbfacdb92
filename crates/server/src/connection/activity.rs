//! Whether a connection is at work on a request, or waits for its client.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use axum::{
    extract::{ConnectInfo, Request, connect_info::Connected},
    serve::IncomingStream,
};

use super::Listener;

/// What a connection and its requests know of one another.
#[derive(Debug, Clone, Default)]
pub(crate) struct Activity(Arc<AtomicBool>);

/// A request that is being answered, until this is dropped.
pub(crate) struct Busy(Activity);

impl Activity {
    pub(super) fn is_busy(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl Busy {
    /// The request is being answered. Nothing when its connection is not one of ours.
    pub(crate) fn with(request: &Request) -> Option<Self> {
        let ConnectInfo(activity) = request.extensions().get::<ConnectInfo<Activity>>()?;
        activity.0.store(true, Ordering::Release);
        Some(Self(activity.clone()))
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.store(false, Ordering::Release);
    }
}

impl Connected<IncomingStream<'_, Listener>> for Activity {
    fn connect_info(stream: IncomingStream<'_, Listener>) -> Self {
        stream.io().activity.clone()
    }
}
