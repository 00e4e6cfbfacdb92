//! The project in force, for the threads that work beside the line.

use std::sync::{Arc, PoisonError, RwLock};

use crate::Project;

/// The project that the last good project file describes; all clones see the same.
#[derive(Debug, Clone)]
pub(crate) struct Current(Arc<RwLock<Arc<Project>>>);

impl Current {
    pub(crate) fn new(project: Project) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(project))))
    }

    pub(crate) fn get(&self) -> Arc<Project> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set(&self, project: Project) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(project);
    }
}
