//! What the routes that read or write artifacts share: the artifacts, and the threads that wait for the disk.

use std::{sync::Arc, time::Duration};

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use tokio::{sync::Semaphore, task};
use tracking::{
    Code, Tracking,
    artifacts::{Artifacts, Error},
};

use crate::{mlflow::answer::Refused, state::State};

/// What the routes of artifacts work with.
#[derive(Clone)]
pub(crate) struct Door {
    kept: Option<Arc<(Tracking, Artifacts)>>,
    turns: Arc<Semaphore>,
    /// How long a client may send or take nothing.
    pub(crate) patience: Duration,
}

/// Threads that wait for the disk for artifacts at once. Other routes need threads too.
const TURNS: usize = 16;

impl Door {
    pub(crate) fn of(state: &State) -> Self {
        let kept = state.tracking.clone().map(|tracking| {
            let artifacts = Artifacts::of(tracking.settings());
            Arc::new((tracking, artifacts))
        });
        Self { kept, turns: Arc::new(Semaphore::new(TURNS)), patience: state.settings.request_timeout }
    }

    /// Works on a thread that may wait for the disk.
    pub(crate) async fn work<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Artifacts, &Tracking) -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let Some(kept) = self.kept.clone() else {
            let message = "this server keeps no artifacts; start `kaizen server`";
            return Err(Failed::Tracking(tracking::Error::missing(message)));
        };
        self.aside(move || work(&kept.1, &kept.0)).await
    }

    /// Does something on a thread that may wait for the disk, when it is its turn.
    pub(crate) async fn aside<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
    ) -> Result<T, Failed> {
        let turn = Arc::clone(&self.turns).acquire_owned().await;
        let working = task::spawn_blocking(move || {
            let done = work();
            drop(turn);
            done
        });
        working
            .await
            .unwrap_or_else(|error| Err(tracking::Error::internal("work with artifacts", error).into()))
    }
}

/// Why a request about artifacts failed.
#[derive(Debug)]
pub(crate) enum Failed {
    Artifacts(Error),
    Tracking(tracking::Error),
    /// The body broke off.
    Broken,
    /// The body did not come in time.
    Late,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Self {
        Self::Artifacts(error)
    }
}

impl From<tracking::Error> for Failed {
    fn from(error: tracking::Error) -> Self {
        Self::Tracking(error)
    }
}

impl IntoResponse for Failed {
    fn into_response(self) -> Response {
        let (status, error) = match self {
            Self::Artifacts(error @ Error::Full) => (Some(StatusCode::INSUFFICIENT_STORAGE), error.into()),
            Self::Artifacts(error) => (None, error.into()),
            Self::Tracking(error) => (None, error),
            Self::Broken => {
                let message = "the body broke off; nothing of it was kept: send it again, whole";
                (None, tracking::Error::new(Code::BadRequest, message))
            }
            Self::Late => {
                let message = "the body did not come in time; nothing of it was kept";
                (Some(StatusCode::REQUEST_TIMEOUT), tracking::Error::new(Code::BadRequest, message))
            }
        };
        let mut response = Refused(error).into_response();
        if let Some(status) = status {
            *response.status_mut() = status;
        }
        response
    }
}
