//! Who may ask for what: tokens, what each may do, and the check of every request.
//!
//! A token is a secret of 256 bits from the operating system. `kaizen token` writes tokens into `tokens.json` beside
//! the tracking database ([`Tokens`]); a server that was given that directory ([`Access`]) looks at the file again
//! while it runs, so that a token holds, and ceases to, within a second.
//!
//! While there is no token, everybody who reaches the server may do everything, and the server is reached from this
//! machine alone. From the first token on every request needs one, but for those in [`rights`](self::rights). A server
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
        Arc, PoisonError, RwLock,
        atomic::{AtomicBool, Ordering},
    },
};

use axum::http::{HeaderMap, Method};
use base::Clock;

pub use caller::Caller;
pub use error::Error;
pub use scope::{Scope, ScopeError};
pub use secret::Secret;
pub use tokens::{Token, Tokens, Wanted};

pub(crate) use denial::Denial;

use known::{Known, Watched};
use secret::{Digest, Salt};

/// What a server knows of tokens. Cheap to clone; all clones are one.
#[derive(Clone)]
pub struct Access(Arc<Shared>);

struct Shared {
    /// The file of tokens, and what stands in it; nothing for a server without a directory.
    file: Option<Watched>,
    /// Secrets of this process's own.
    minted: RwLock<Minted>,
    /// Whether requests need a token. It is never taken back.
    asks: AtomicBool,
}

#[derive(Default)]
struct Minted {
    /// Drawn with the first secret.
    salt: Option<Salt>,
    secrets: Vec<(Digest, Caller)>,
}

impl Access {
    /// Asks nobody for anything.
    pub fn open_to_all() -> Self {
        Self(Arc::new(Shared { file: None, minted: RwLock::default(), asks: AtomicBool::new(false) }))
    }

    /// Asks for the tokens of this directory, once there are some.
    ///
    /// # Errors
    /// When the file of tokens is there and cannot be read.
    pub fn of(directory: &Path, clock: Arc<dyn Clock>) -> Result<Self, Error> {
        let file = Watched::open(directory, clock)?;
        let asks = AtomicBool::new(file.now().is_some());
        Ok(Self(Arc::new(Shared { file: Some(file), minted: RwLock::default(), asks })))
    }

    /// Whether a request needs a token. Once it does, it does so until the process ends.
    pub fn asks(&self) -> bool {
        self.0.asks.load(Ordering::Acquire)
    }

    /// A secret that lives as long as this process, such as for the steps that it starts. By itself it makes no
    /// request need one.
    ///
    /// # Errors
    /// When the operating system gives no randomness.
    pub fn mint(&self, name: &str, scope: Scope) -> Result<Secret, Error> {
        let secret = Secret::draw()?;
        let mut minted = self.0.minted.write().unwrap_or_else(PoisonError::into_inner);
        let salt = match minted.salt {
            Some(salt) => salt,
            None => *minted.salt.insert(Salt::draw()?),
        };
        minted.secrets.push((secret.digest(&salt), Caller::new(name, scope)));
        Ok(secret)
    }

    /// Looks whether the file of tokens has changed, unless that was done a moment ago. Gives what is wrong with it,
    /// once: until it is mended, no token of it holds.
    pub(crate) fn look(&self) -> Option<String> {
        let file = self.0.file.as_ref()?;
        let trouble = file.look();
        if file.now().is_some() {
            self.0.asks.store(true, Ordering::Release);
        }
        trouble
    }

    /// Who asks, if they may ask for this.
    pub(crate) fn admit(&self, method: &Method, path: &str, headers: &HeaderMap) -> Result<Caller, Denial> {
        let asks = self.asks() && !rights::is_open(method, path);
        let caller = match credentials::of(headers) {
            Some(secret) => self.caller(&secret),
            None => Err(Denial::Missing),
        };
        let caller = match caller {
            Ok(caller) => caller,
            Err(denial) if asks => return Err(denial),
            Err(_) => return Ok(Caller::anyone()),
        };
        let needed = rights::needed(method, path);
        if caller.scope() < needed && !rights::is_open(method, path) {
            return Err(Denial::Insufficient { has: caller, needed });
        }
        Ok(caller)
    }

    /// Whose secret this is.
    fn caller(&self, secret: &str) -> Result<Caller, Denial> {
        let minted = self.0.minted.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(salt) = &minted.salt {
            let digest = Digest::of(salt, secret);
            if let Some((_, caller)) = minted.secrets.iter().find(|(known, _)| known.is(&digest)) {
                return Ok(caller.clone());
            }
        }
        let known = self.0.file.as_ref().and_then(Watched::now);
        known.map_or(Err(Denial::Unknown), |known: Arc<Known>| known.caller(secret, self.now()))
    }

    fn now(&self) -> Option<base::Timestamp> {
        self.0.file.as_ref().map(Watched::time)
    }
}

#[cfg(test)]
mod tests;
