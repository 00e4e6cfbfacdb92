//! Who may ask for what: tokens, what each may do, and the check of every request.
//!
//! A token is a secret of 256 bits from the operating system. `kaizen token` writes tokens into `tokens.json` beside
//! the tracking database ([`Tokens`]); a server that was given that directory ([`Access`]) looks at the file again
//! while it runs, so that a token holds, and ceases to, within a second.
//!
//! While there is no token, everybody who reaches the server may do everything, and the server is reached from this
//! machine alone. From the first token on every request needs one, but for those in `rights`. A server
//! that has once asked for tokens asks until it ends: revoking the last one opens nothing.
//!
//! What a token is compared by is a SHA-256 of a salt and the secret. A slow hash, such as a password needs, would gain
//! nothing: nobody guesses 256 random bits, at any speed. The salt is one for the file, so a request costs one hash
//! however many tokens there are; digests are compared in a time that does not depend on where they differ.

mod caller;
mod credentials;
mod denial;
mod error;
mod known;
mod rights;
mod scope;
mod secret;
mod sheet;
mod tokens;

use std::{
    path::Path,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::{HeaderMap, Method};
use base::Clock;
use tracking::Promises;

pub use caller::Caller;
pub use error::Error;
pub use scope::{Scope, ScopeError};
pub use secret::Secret;
pub use tokens::{Token, Tokens, Wanted};

pub(crate) use credentials::of as credentials_of;
pub(crate) use denial::Denial;

use known::Watched;

/// What a server knows of tokens. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    /// The file of tokens, and what stands in it; nothing for a server without a directory.
    file: Option<Watched>,
    /// Commands that have a run promised, each with a secret.
    promises: OnceLock<Promises>,
    /// Whether requests need a token. It is never taken back.
    asks: AtomicBool,
}

impl Access {
    /// Asks nobody for anything.
    pub fn open_to_all() -> Self {
        Self::with(None)
    }

    /// Asks for the tokens of this directory, once there are some.
    ///
    /// # Errors
    /// When the file of tokens is there and cannot be read.
    pub fn of(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let file = Watched::open(directory, clock)?;
        Ok(Self::with(Some(file)))
    }

    fn with(file: Option<Watched>) -> Self {
        let asks = AtomicBool::new(file.as_ref().is_some_and(Watched::has_tokens));
        Self(Arc::new(Shared { file, promises: OnceLock::new(), asks }))
    }

    /// Whether a request needs a token. Once it does, it does so until the process ends.
    pub fn asks(&self) -> bool {
        self.0.asks.load(Ordering::Acquire)
    }

    /// Lets in the commands that have a run promised, for as long as they have, to do what their work needs.
    pub(crate) fn let_in(&self, promises: Promises) {
        // Who is let in already stays so.
        let _ = self.0.promises.set(promises);
    }

    /// Looks whether the file of tokens has changed, unless that was done a moment ago. Gives what is wrong with it,
    /// once: until it is mended, no token of it holds.
    pub(crate) fn look(&self) -> Option<String> {
        let file = self.0.file.as_ref()?;
        let trouble = file.look();
        if file.has_tokens() {
            self.0.asks.store(true, Ordering::Release);
        }
        trouble
    }

    /// Who asks, if they may ask for this.
    pub(crate) fn admit(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<Caller, Denial> {
        let known = match credentials::of(headers) {
            Some(secret) => self.caller(&secret),
            None => Err(Denial::Missing),
        };
        if !self.asks() || rights::is_open(method, path) {
            // Where nobody is asked, a secret takes nothing away.
            return Ok(known.unwrap_or_else(|_| Caller::anyone()));
        }
        let caller = known?;
        let needed = rights::needed(method, path);
        if caller.scope() < needed {
            return Err(Denial::Insufficient { has: caller, needed });
        }
        Ok(caller)
    }

    /// Whose secret this is.
    fn caller(&self, secret: &str) -> Result<Caller, Denial> {
        if self.0.promises.get().is_some_and(|promises| promises.run_of(secret).is_some()) {
            return Ok(Caller::new("the command of a step", Scope::Write));
        }
        self.0.file.as_ref().map_or(Err(Denial::Unknown), |file| file.caller(secret))
    }
}

#[cfg(test)]
mod tests;
