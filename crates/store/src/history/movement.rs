//! What an entry of the history says, typed, and the state that all of them together give.

use std::collections::BTreeMap;

use base::{Hash, Name};
use serde::{Deserialize, Serialize};

use super::{Broken, Event, Serving};

/// One change of what an alias names or a service answers from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "snake_case")]
pub(crate) enum Movement {
    AliasSet { model: Name, alias: Name, version: u64, artifact: Hash },
    AliasRemoved { model: Name, alias: Name },
    ServiceSet { service: Name, model: Name, version: u64, artifact: Hash },
    ServiceRemoved { service: Name },
}

impl Movement {
    /// The kind and the detail of its entry.
    pub(crate) fn parts(&self) -> (String, serde_json::Value) {
        let mut whole = serde_json::to_value(self).expect("movements have string keys");
        let kind = whole["kind"].as_str().expect("the tag is text").to_owned();
        (kind, whole["detail"].take())
    }

    /// What its entry is about.
    pub(crate) fn subject(&self) -> String {
        match self {
            Self::AliasSet { model, .. } | Self::AliasRemoved { model, .. } => format!("model.{model}"),
            Self::ServiceSet { service, .. } | Self::ServiceRemoved { service } => {
                format!("service.{service}")
            }
        }
    }

    fn of(event: &Event) -> Result<Self, Broken> {
        let whole = serde_json::json!({ "kind": event.kind, "detail": event.detail });
        serde_json::from_value(whole).map_err(|error| Broken {
            sequence: event.sequence,
            why: format!("it says nothing this kaizen understands ({error})"),
        })
    }
}

/// The state that the entries so far give.
#[derive(Debug, Default)]
pub(crate) struct Replay {
    pub(crate) aliases: BTreeMap<(Name, Name), u64>,
    pub(crate) services: BTreeMap<Name, Serving>,
    /// The artifact behind every version that an alias or a service has named.
    pub(crate) artifacts: BTreeMap<(Name, u64), Hash>,
}

impl Replay {
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), Broken> {
        match Movement::of(event)? {
            Movement::AliasSet { model, alias, version, artifact } => {
                self.artifacts.insert((model.clone(), version), artifact);
                self.aliases.insert((model, alias), version);
            }
            Movement::AliasRemoved { model, alias } => {
                self.aliases.remove(&(model, alias));
            }
            Movement::ServiceSet { service, model, version, artifact } => {
                self.artifacts.insert((model.clone(), version), artifact);
                let (actor, because) = (event.actor.clone(), event.because.clone());
                let (since, sequence) = (event.at, event.sequence);
                let serving = Serving { model, version, artifact, since, actor, because, sequence };
                self.services.insert(service, serving);
            }
            Movement::ServiceRemoved { service } => {
                self.services.remove(&service);
            }
        }
        Ok(())
    }
}
