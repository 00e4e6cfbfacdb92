//! What makes a step run though nothing it reads has changed: the calendar, a call from outside, another project's
//! release. A trigger that fires has another content than before; that is all it does. The planner makes the rest of it.

#[cfg(test)]
mod tests;

use std::{collections::BTreeMap, path::Path, sync::Arc};

use base::{Clock, Hash, Name, Timestamp};
use plan::Fact;
use spec::{Cron, Missed, Trigger};
use store::{Firing, Store};

use crate::{Engine, Error, Project, STORE_DIRECTORY};

/// What each trigger last fired for.
pub(crate) fn facts(project: &Project, store: &Store) -> Result<BTreeMap<String, Fact>, Error> {
    let mut facts = BTreeMap::new();
    for name in project.spec.triggers.keys() {
        let firing = store.trigger(name)?.and_then(|state| state.firing);
        let (key, why) = firing.map_or((String::new(), None), |Firing { key, why, .. }| (key, Some(why)));
        facts.insert(format!("trigger.{name}"), Fact { content: Ok(Hash::of(key)), why });
    }
    Ok(facts)
}

impl Engine {
    /// Lets the triggers fire whose time has come. Every plan begins with it.
    pub(crate) fn fire_triggers(&self, project: &Project) -> Result<(), Error> {
        let now = self.settings.clock.now();
        for (name, trigger) in &project.spec.triggers {
            match trigger {
                Trigger::Cron { times, missed } => self.look_at_calendar(name, (times, *missed), now)?,
                Trigger::Release { project: other, service } => {
                    if let Some(firing) = self.released(&project.root.join(other), service, now) {
                        self.store.fire(name, &firing)?;
                    }
                }
                // It fires when it is called.
                Trigger::Webhook { .. } => {}
            }
        }
        Ok(())
    }

    /// Fires for the latest time of the calendar since it was last looked at; each is looked at once.
    fn look_at_calendar(
        &self,
        name: &Name,
        (times, missed): (&Cron, Missed),
        now: Timestamp,
    ) -> Result<(), store::Error> {
        let state = self.store.trigger(name)?;
        let Some(checked) = state.and_then(|state| state.checked) else {
            return self.store.check_trigger(name, now);
        };
        // The clock had run ahead. What came due meanwhile cannot be told: it goes on from here.
        if store::Trigger::is_far_ahead(checked, now) {
            return self.store.check_trigger(name, now);
        }
        let Some(first) = times.next_after(checked).filter(|due| *due <= now) else { return Ok(()) };
        let latest = latest(|time| times.next_after(time), first, now);
        // What was due before this process began was missed, if the clock was right then.
        let is_missed = latest < self.started && !store::Trigger::is_far_ahead(self.started, now);
        let is_let_go = is_missed && missed == Missed::Skip;
        if !is_let_go {
            let firing = Firing { key: latest.to_string(), why: format!("due {latest}"), at: now };
            self.store.fire(name, &firing)?;
        }
        // Only now: who is killed before this fires for the same again, which changes nothing.
        self.store.check_trigger(name, now)
    }

    /// What another project's service answers with now. To fire for the same again changes nothing.
    fn released(&self, other: &Path, service: &Name, now: Timestamp) -> Option<Firing> {
        let assignment = assignment(other, service, &self.settings.clock)?;
        let key = format!("{} version {}", assignment.model, assignment.version);
        let why = format!("service.{service} of {} answers with {key}", other.display());
        Some(Firing { key, why, at: now })
    }
}

/// The last of the times up to now. A calendar that was not looked at for years is not walked minute by minute for ever.
fn latest(next: impl Fn(Timestamp) -> Option<Timestamp>, first: Timestamp, now: Timestamp) -> Timestamp {
    const STEPS: usize = 100_000;
    let mut latest = first;
    for _ in 0..STEPS {
        match next(latest) {
            Some(time) if time <= now => latest = time,
            _ => break,
        }
    }
    latest
}

/// A project that is not there yet, or is being made, has released nothing.
fn assignment(other: &Path, service: &Name, clock: &Arc<dyn Clock>) -> Option<store::Assignment> {
    let store = Store::open_read_only(&other.join(STORE_DIRECTORY), clock.clone()).ok()?;
    store.services().ok()?.remove(service)
}
