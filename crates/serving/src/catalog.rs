use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use base::nearest;

use crate::{
    error::{Error, clip},
    loaded::Loaded,
};

/// The models that are served, by name; one catalog is shared by all its clones.
///
/// A request that has its model keeps it: replacing or removing a model never disturbs the
/// requests in flight. The lock is held for a look-up or an insertion and nothing else.
#[derive(Debug, Clone, Default)]
pub struct Catalog(Arc<RwLock<Models>>);

type Models = BTreeMap<String, Arc<Loaded>>;

impl Catalog {
    /// A catalog without models.
    pub fn new() -> Self {
        Self::default()
    }

    /// Serves a model under its name from the next request on; gives back the one it replaces.
    pub fn set(&self, model: impl Into<Arc<Loaded>>) -> Option<Arc<Loaded>> {
        let model = model.into();
        self.write(|models| models.insert(model.name().to_owned(), model))
    }

    /// Stops serving a model; gives it back if it was served.
    pub fn remove(&self, name: &str) -> Option<Arc<Loaded>> {
        self.write(|models| models.remove(name))
    }

    /// The model of this name.
    pub fn get(&self, name: &str) -> Option<Arc<Loaded>> {
        self.read(|models| models.get(name).cloned())
    }

    /// The names of all models, sorted.
    pub fn names(&self) -> Vec<String> {
        self.read(|models| models.keys().cloned().collect())
    }

    /// The model that a request asks for, in the version that it asks for, if any.
    ///
    /// # Errors
    /// When there is no such model or it is served in another version.
    pub fn find(&self, name: &str, version: Option<&str>) -> Result<Arc<Loaded>, Error> {
        let Some(model) = self.get(name) else {
            let (model, served) = (clip(name), self.names());
            let near = nearest(&model, served.iter().map(String::as_str)).map(str::to_owned);
            return Err(Error::UnknownModel { model, near, served });
        };
        match version.filter(|version| *version != model.version()) {
            None => Ok(model),
            Some(version) => Err(Error::UnknownVersion {
                model: model.name().to_owned(),
                version: clip(version),
                served: model.version().to_owned(),
            }),
        }
    }

    // A thread that panicked with the lock in hand cannot have left the map half-changed.
    fn read<T>(&self, look: impl FnOnce(&Models) -> T) -> T {
        look(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut Models) -> T) -> T {
        change(&mut self.0.write().unwrap_or_else(PoisonError::into_inner))
    }
}
