//! Runs that are promised to commands before anybody knows whether they log anything.
//!
//! `engine` promises one to each attempt of a step, under an id that it chose. A run that no request names is never
//! made, so a step that logs nothing costs nothing here and leaves nothing.

use std::{
    collections::HashMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use base::Hash;

mod keep;
mod key;
#[cfg(test)]
mod tests;

pub(crate) use keep::keep;
pub use key::Key;

/// What a promised run will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promise {
    /// Where it will be made.
    pub place: Place,
    /// What it will be called.
    pub name: String,
    /// Who it will belong to.
    pub user: String,
    /// What else is known of it.
    pub tags: Vec<(String, String)>,
    /// What tells requests of its command from others.
    pub secret: Secret,
}

/// The experiment of a promised run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Place {
    /// The one of this name, made with the run if there is none.
    Named(String),
    /// The one that clients call this.
    Id(String),
}

/// How a command ended, for its run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Well.
    Finished,
    /// By itself, and not well.
    Failed,
    /// It was ended.
    Killed,
}

/// What a command shows to be let in. It is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// The promises that hold. A clone is the same ones.
#[derive(Clone, Default)]
pub struct Promises(Arc<Mutex<HashMap<String, Held>>>);

struct Held {
    promise: Promise,
    /// Compared in the place of the secret: how long that takes tells nothing about it.
    digest: Hash,
    /// Whether there may be a run already.
    is_used: bool,
}

impl Secret {
    /// Of this text.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The text.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret")
    }
}

impl Promises {
    /// From now on a run of this id is made when a request names it.
    pub fn promise(&self, run_id: &str, promise: Promise) {
        let digest = Hash::of(promise.secret.reveal());
        self.held().insert(run_id.to_owned(), Held { promise, digest, is_used: false });
    }

    /// The same for a command that an earlier process started: its run may be there.
    pub fn promise_again(&self, run_id: &str, promise: Promise) {
        self.promise(run_id, promise);
        self.mark_used(run_id);
    }

    /// Nobody is going to ask for it any more. Says whether its run may have been made.
    pub fn withdraw(&self, run_id: &str) -> bool {
        self.held().remove(run_id).is_some_and(|held| held.is_used)
    }

    /// The promised run of whoever shows this secret.
    pub fn run_of(&self, secret: &str) -> Option<String> {
        let digest = Hash::of(secret);
        self.held().iter().find(|(_, held)| held.digest == digest).map(|(run_id, _)| run_id.clone())
    }

    /// Lets a run that is not made yet be made in another experiment: its command has chosen one.
    pub fn prefer(&self, run_id: &str, place: Place) {
        if let Some(held) = self.held().get_mut(run_id).filter(|held| !held.is_used) {
            held.promise.place = place;
        }
    }

    /// Whether a promised run will be in the experiment of this name.
    pub fn wants_experiment(&self, name: &str) -> bool {
        let wanted = |held: &Held| matches!(&held.promise.place, Place::Named(own) if own == name);
        self.held().values().any(wanted)
    }

    /// What was promised under this id.
    pub(crate) fn of(&self, run_id: &str) -> Option<Promise> {
        self.held().get(run_id).map(|held| held.promise.clone())
    }

    pub(crate) fn mark_used(&self, run_id: &str) {
        if let Some(held) = self.held().get_mut(run_id) {
            held.is_used = true;
        }
    }

    fn held(&self) -> MutexGuard<'_, HashMap<String, Held>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Promises {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Promises({})", self.held().len())
    }
}
