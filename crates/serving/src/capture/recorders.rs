use std::{
    collections::BTreeMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::recorder::Recorder;

/// The recorders of services, by the name that is served; shared by all its clones, as the
/// [`Catalog`](crate::Catalog) is. A service without one is not recorded.
#[derive(Debug, Clone, Default)]
pub struct Recorders(Arc<RwLock<BTreeMap<String, Arc<Recorder>>>>);

impl Recorders {
    /// No recorder yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Records a service from its next request on; gives back the recorder that it had.
    pub fn set(&self, service: &str, recorder: Arc<Recorder>) -> Option<Arc<Recorder>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).insert(service.to_owned(), recorder)
    }

    /// Records a service no longer.
    pub fn remove(&self, service: &str) -> Option<Arc<Recorder>> {
        self.0.write().unwrap_or_else(PoisonError::into_inner).remove(service)
    }

    /// The recorder of a service.
    pub fn get(&self, service: &str) -> Option<Arc<Recorder>> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(service).cloned()
    }
}
