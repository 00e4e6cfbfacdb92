//! The capture of each service as the project wants it: recorders for the server, writers to disk.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
};

use base::{Clock, Name};
use serving::capture::{Recorder, Recorders};
use store::{Lock, Store};

use crate::{Event, Project, capture, engine::Observer};

/// What is captured of a service, as the project file says it.
#[derive(Debug, Clone, PartialEq)]
struct Wanted {
    capture: spec::Capture,
    model: Name,
    event_time: Option<String>,
}

/// A service that is captured.
struct Captured {
    wanted: Wanted,
    _writer: capture::Handle,
}

/// What captures are started with.
pub(crate) struct Settings {
    pub(crate) store: Store,
    pub(crate) lock: Arc<Lock>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) observer: Observer,
    pub(crate) recorders: Recorders,
}

/// The services that are captured now.
pub(crate) struct Traffic {
    settings: Settings,
    captured: Mutex<BTreeMap<Name, Captured>>,
}

impl Traffic {
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, captured: Mutex::default() }
    }

    /// Begins and ends captures so that they are those of the project.
    pub(crate) fn follow(&self, project: &Project) {
        let wanted: BTreeMap<Name, Wanted> = project
            .spec
            .services
            .iter()
            .filter_map(|(name, service)| {
                let capture = service.capture.clone()?;
                let watching = project.spec.monitors.values().find(|monitor| monitor.service == *name);
                let event_time = watching.and_then(|monitor| monitor.time.clone());
                Some((name.clone(), Wanted { capture, model: service.model.clone(), event_time }))
            })
            .collect();
        let mut captured = self.captured.lock().unwrap_or_else(PoisonError::into_inner);
        // A writer whose settings changed ends with its handle and seals what it has.
        captured.retain(|name, running| {
            let stays = wanted.get(name) == Some(&running.wanted);
            if !stays {
                self.settings.recorders.remove(name.as_str());
            }
            stays
        });
        for (name, wanted) in wanted {
            if captured.contains_key(&name) {
                continue;
            }
            match self.begin(&name, &wanted) {
                Ok(writer) => drop(captured.insert(name, Captured { wanted, _writer: writer })),
                Err(error) => {
                    (self.settings.observer)(&Event::NotCaptured {
                        service: name,
                        why: base::causes(&error),
                    });
                }
            }
        }
    }

    /// Ends all of them: what has gathered is written and sealed.
    pub(crate) fn end(&self) {
        let captured = std::mem::take(&mut *self.captured.lock().unwrap_or_else(PoisonError::into_inner));
        captured.keys().for_each(|name| drop(self.settings.recorders.remove(name.as_str())));
    }

    fn begin(&self, name: &Name, wanted: &Wanted) -> Result<capture::Handle, capture::Error> {
        let settings = serving::capture::Settings {
            model: wanted.model.to_string(),
            rate: wanted.capture.rate,
            ..serving::capture::Settings::default()
        };
        let recorder = Arc::new(Recorder::new(settings, Arc::clone(&self.settings.clock)));
        let writer = capture::Settings {
            event_time: wanted.event_time.clone(),
            max_storage: Some(wanted.capture.max_storage),
            keep: Some(wanted.capture.keep.get()),
            observer: self.observer(),
            ..capture::Settings::new(
                name.clone(),
                self.settings.store.clone(),
                Arc::clone(&recorder),
                Arc::clone(&self.settings.clock),
            )
        };
        let handle = capture::Writer::start(writer)?;
        self.settings.recorders.set(name.as_str(), recorder);
        Ok(handle)
    }
}

impl Traffic {
    /// Says what befell a capture, and frees the room of what was forgotten.
    fn observer(&self) -> capture::Observer {
        let Settings { store, lock, observer, .. } = &self.settings;
        let (store, lock, observer) = (store.clone(), Arc::clone(lock), Arc::clone(observer));
        Arc::new(move |notice| {
            observer(&Event::Capture { notice: said(notice) });
            if let capture::Notice::Forgotten { objects, .. } = notice {
                // What could not be removed takes room and does no other harm.
                let _ = store.remove_objects(objects, &lock);
            }
        })
    }
}

/// What befell a capture, for people.
fn said(notice: &capture::Notice) -> String {
    use capture::Notice;
    match notice {
        Notice::Paused { service, why } => {
            format!("service.{service} is not captured for now, and serves on: {why}")
        }
        Notice::Resumed { service } => format!("service.{service} is captured again"),
        Notice::Dropped { service, records } => {
            format!("service.{service}: {records} records were not captured for want of room in memory")
        }
        Notice::Torn { service, journal, bytes, malformed } => format!(
            "service.{service}: {journal} ended in the middle of a record; its last {bytes} bytes are lost, and {malformed} \
             records made no sense"
        ),
        Notice::NotSealed { service, journal, why } => {
            format!("service.{service}: {journal} could not become segments and is tried again: {why}")
        }
        Notice::Forgotten { service, segments, .. } => {
            format!(
                "service.{service}: {segments} old segments of captured traffic were forgotten, as its limits say"
            )
        }
    }
}
