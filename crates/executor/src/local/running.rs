//! A process that runs under a supervisor.

use std::{
    path::{Path, PathBuf},
    sync::{Arc, Weak},
};

use async_trait::async_trait;
use tokio::sync::oneshot;

use super::link::Link;
use crate::{Ended, Error, Running};

/// How it ended; `None` when nobody knows.
pub(super) type Ending = Option<Ended>;

/// Who runs it.
pub(super) enum Supervisor {
    /// Ours. It must learn that the engine is gone from the end of the link, so this does not hold the link open.
    Ours(Weak<Link>),
    /// That of an earlier engine, joined for this.
    Earlier(Arc<Link>),
    /// It has ended.
    None,
}

pub(super) struct Local {
    id: String,
    state: State,
    supervisor: Supervisor,
    folder: PathBuf,
}

enum State {
    Running(oneshot::Receiver<Ending>),
    Over(Ending),
}

impl Local {
    pub(super) fn new(
        id: &str,
        ending: oneshot::Receiver<Ending>,
        supervisor: Supervisor,
        folder: &Path,
    ) -> Self {
        Self { id: id.to_owned(), state: State::Running(ending), supervisor, folder: folder.to_owned() }
    }

    pub(super) fn over(id: &str, ended: Ended, folder: &Path) -> Self {
        let state = State::Over(Some(ended));
        Self { id: id.to_owned(), state, supervisor: Supervisor::None, folder: folder.to_owned() }
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }
}

#[async_trait]
impl Running for Local {
    async fn ended(&mut self) -> Result<Ended, Error> {
        if let State::Running(ending) = &mut self.state {
            let ending = ending.await.unwrap_or(None);
            self.state = State::Over(ending);
        }
        match &self.state {
            State::Over(Some(ended)) => Ok(ended.clone()),
            _ => Err(Error::lost(&self.id)),
        }
    }

    fn end(&self) {
        // When the supervisor is gone there is nobody to ask, and `ended` says so.
        let _ = match &self.supervisor {
            Supervisor::Earlier(link) => link.end(&self.id, false),
            Supervisor::Ours(link) => match link.upgrade() {
                Some(link) => link.end(&self.id, false),
                None => Link::join(&self.folder).and_then(|link| link.end(&self.id, false)),
            },
            Supervisor::None => Ok(()),
        };
    }
}
