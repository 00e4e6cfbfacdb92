//! What each version of the model is held to.

use std::sync::Arc;

use monitor::Status;

use super::{Watcher, World};
use crate::{
    Error,
    monitoring::{
        Detail, Judged, judged, settings,
        subject::{Origin, Subject},
    },
};

/// Subjects that are held: the one that serves, the one before it, and one to spare.
const HELD: usize = 3;

/// The subjects that were used last, by version and epoch, the latest at the end.
#[derive(Default)]
pub(super) struct Subjects(Vec<((u64, u64), Arc<Subject>)>);

impl Subjects {
    fn get(&mut self, key: (u64, u64)) -> Option<Arc<Subject>> {
        let place = self.0.iter().position(|(other, _)| *other == key)?;
        let found = self.0.remove(place);
        let subject = Arc::clone(&found.1);
        self.0.push(found);
        Some(subject)
    }

    fn put(&mut self, key: (u64, u64), subject: Arc<Subject>) {
        self.0.push((key, subject));
        if self.0.len() > HELD {
            self.0.remove(0);
        }
    }
}

impl Watcher {
    /// Notes when the gate let the serving version stand on newer rows.
    pub(super) fn judge_again(&mut self, world: &World<'_>) -> Result<(), Error> {
        let spec = &world.project.spec;
        let Some(service) = spec.services.get(&self.monitor.service) else { return Ok(()) };
        let Some(model) = spec.models.get(&service.model) else { return Ok(()) };
        let Some(judged) = judged::latest(world.store, &service.model, model)? else { return Ok(()) };
        if self.state.judged.as_ref() == Some(&judged) {
            return Ok(());
        }
        // What is broken must not become what is expected.
        let broken = |detail: &Detail| {
            detail.incident.status != Status::Resolved
                && detail.ranking.as_ref().is_some_and(judged::is_fault)
        };
        if !self.incidents(world.store)?.iter().any(broken) {
            self.state.judged = Some(judged);
        }
        Ok(())
    }

    /// The version that the service answers with; nothing while there is none.
    pub(super) fn serving(&mut self, world: &World<'_>) -> Result<Option<Arc<Subject>>, Error> {
        let services = world.store.services()?;
        let Some(assignment) = services.get(&self.monitor.service) else { return Ok(None) };
        self.subject(assignment.version, world).map(Some)
    }

    /// A version with the reference that counts now.
    pub(super) fn subject(&mut self, version: u64, world: &World<'_>) -> Result<Arc<Subject>, Error> {
        let judged = self.state.judged.clone().filter(|judged| judged.version == version);
        let key = (version, judged.as_ref().map_or(0, |judged| judged.epoch));
        if let Some(subject) = self.subjects.get(key) {
            return Ok(subject);
        }
        let subject = Arc::new(self.origin(version, judged.as_ref(), world)?);
        self.subjects.put(key, Arc::clone(&subject));
        Ok(subject)
    }

    /// The subject that a window is, or was already, held to: labels that come late do not move it to other rows.
    pub(super) fn subject_of(
        &mut self,
        window: monitor::Window,
        version: u64,
        world: &World<'_>,
    ) -> Result<Arc<Subject>, Error> {
        let before =
            self.history.window(window).map(|(_, point)| point).find(|point| point.version == version);
        let epoch = before.map(|point| point.epoch);
        match epoch.and_then(|epoch| self.subjects.get((version, epoch))) {
            Some(subject) => Ok(subject),
            None => self.subject(version, world),
        }
    }

    fn origin(&self, version: u64, judged: Option<&Judged>, world: &World<'_>) -> Result<Subject, Error> {
        let service = world.project.spec.services.get(&self.monitor.service);
        let service = service.ok_or_else(|| {
            Error::Unknown(format!("monitor.{}: there is no service.{}", self.name, self.monitor.service))
        })?;
        let origin = Origin {
            store: world.store,
            project: world.project,
            model: &service.model,
            version,
            judged,
            drift: &settings::drift(&self.monitor),
            windows: self.windows,
            time: self.monitor.time.as_deref(),
            clock: world.clock,
            runtime: world.runtime,
        };
        origin.subject()
    }
}
