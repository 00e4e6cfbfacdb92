//! What works beside the line while `kaizen up` stays: capture, monitors and webhooks.

use std::{sync::Arc, thread::JoinHandle};

use crate::{
    Callers, Engine, Project, monitoring,
    shared::Current,
    traffic::{self, Traffic},
    webhook,
};

/// Capture, monitors and webhooks at work. They end with the engine's cancel.
pub struct Background {
    current: Current,
    callers: Arc<Callers>,
    traffic: Traffic,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts what works beside the line. Call it before requests are answered, so that the first is captured.
    ///
    /// # Panics
    /// Outside a tokio runtime.
    pub fn background(&self, project: &Project) -> Background {
        let settings = &self.settings;
        let current = Current::new(project.clone());
        let traffic = Traffic::new(traffic::Settings {
            store: self.store.clone(),
            lock: self.lock.clone(),
            clock: settings.clock.clone(),
            observer: settings.observer.clone(),
            recorders: settings.recorders.clone(),
        });
        traffic.follow(project);
        let monitors = monitoring::Service::start(monitoring::Settings {
            store: self.store.clone(),
            project: current.clone(),
            clock: settings.clock.clone(),
            observer: settings.observer.clone(),
            cancel: settings.cancel.clone(),
            runtime: tokio::runtime::Handle::current(),
        });
        let webhooks = webhook::start(webhook::Settings {
            store: self.store.clone(),
            project: current.clone(),
            clock: settings.clock.clone(),
            observer: settings.observer.clone(),
            cancel: settings.cancel.clone(),
        });
        let callers = Callers::new(current.clone(), self.store.clone(), settings.clock.clone());
        Background { current, callers: Arc::new(callers), traffic, threads: vec![monitors, webhooks] }
    }
}

impl Background {
    /// Who answers calls of triggers.
    pub fn callers(&self) -> Arc<Callers> {
        self.callers.clone()
    }

    /// Follows a project file that was edited.
    pub(crate) fn follow(&self, project: &Project) {
        self.traffic.follow(project);
        self.current.set(project.clone());
    }

    /// Writes out and seals what was captured, once no more requests are answered, and waits for the rest.
    pub fn end(self) {
        self.traffic.end();
        for thread in self.threads {
            // A thread that panicked has said so itself.
            let _ = thread.join();
        }
    }
}
