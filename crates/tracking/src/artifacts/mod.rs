//! Files that runs and models leave: stored by path below one directory, which nothing here ever leaves.
//!
//! `server` calls it for its artifact routes. Names come from strangers, so they become a checked [`Path`] first, and each of
//! its names is then opened in the directory before it without following a link: what the check overlooked, the
//! system refuses. A file is written beside its place, out of sight, and moved there whole once it is on the disk.

mod digest;
mod directory;
mod error;
mod incoming;
mod multipart;
mod path;
mod place;
mod remove;
mod staging;
mod upload;
mod uri;

#[cfg(test)]
mod holes;
#[cfg(test)]
mod tests;

use std::{
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError, RwLock},
};

use base::Clock;

use crate::Settings;
use directory::Directory;
use staging::Staging;

pub use digest::Digests;
pub use error::Error;
pub use multipart::{MAX_PART, MAX_PARTS, Multipart, Part, PartUpload};
pub use path::Path;
pub use place::{Entry, Opened, Place};
pub use upload::{Stored, Upload};

/// The artifacts that a server keeps, and those that its operator lets it see elsewhere. A clone is the same.
#[derive(Clone)]
pub struct Artifacts(Arc<Shared>);

struct Shared {
    destination: PathBuf,
    local_roots: Vec<PathBuf>,
    clock: Arc<dyn Clock>,
    opened: Mutex<Option<Opening>>,
    /// Held while directories are made.
    making: Arc<RwLock<()>>,
}

/// The destination, and the place in it where uploads wait.
#[derive(Clone)]
struct Opening {
    root: Directory,
    staging: Staging,
}

impl Artifacts {
    /// The artifacts of these settings. Their directory is made and opened at the first use.
    pub fn of(settings: &Settings) -> Self {
        Self(Arc::new(Shared {
            destination: settings.artifacts_destination.clone(),
            local_roots: settings.local_roots.clone(),
            clock: Arc::clone(&settings.clock),
            opened: Mutex::new(None),
            making: Arc::default(),
        }))
    }

    /// What is behind `mlflow-artifacts:/`.
    ///
    /// # Errors
    /// When the destination cannot be made or opened.
    pub fn destination(&self) -> Result<Place, Error> {
        let Opening { root, staging } = self.opening()?;
        Ok(Place::new(root, Path::root(), Some(staging), Arc::clone(&self.0.making)))
    }

    /// What a run's, model's or version's artifact URI stands for.
    ///
    /// # Errors
    /// When the URI is malformed, of a kind that clients reach themselves, or of a directory that the operator did not allow.
    pub fn resolve(&self, uri: &str) -> Result<Place, Error> {
        match uri::parse(uri)? {
            uri::Location::Proxied(path) => {
                let Opening { root, staging } = self.opening()?;
                Ok(Place::new(root, path, Some(staging), Arc::clone(&self.0.making)))
            }
            uri::Location::Local(path) => {
                let (root, path) = uri::within(&self.0.local_roots, &path)?;
                Ok(Place::new(Directory::open(&root)?, path, None, Arc::clone(&self.0.making)))
            }
        }
    }

    /// Uploads in parts to the destination.
    ///
    /// # Errors
    /// When the destination cannot be made or opened.
    pub fn multipart(&self) -> Result<Multipart, Error> {
        let Opening { root, staging } = self.opening()?;
        Ok(Multipart::new(root, staging, Arc::clone(&self.0.clock), Arc::clone(&self.0.making)))
    }

    /// The destination, opened once; what a killed server left unfinished in it goes away then.
    fn opening(&self) -> Result<Opening, Error> {
        let mut opened = self.0.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(opening) = &*opened {
            return Ok(opening.clone());
        }
        let root = Directory::make(&self.0.destination)?;
        let staging = Staging::open(&root)?;
        staging.clean(self.0.clock.now())?;
        let opening = Opening { root, staging };
        *opened = Some(opening.clone());
        Ok(opening)
    }
}
