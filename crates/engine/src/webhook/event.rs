//! What webhooks tell of, as CloudEvents 1.0 in JSON (<https://github.com/cloudevents/spec>).

use base::{Hash, Timestamp};
use serde_json::{Value, json};
use spec::Topic;
use store::NewDelivery;

/// Something that happened.
#[derive(Debug, Clone)]
pub(crate) struct Occurrence {
    /// What sort of thing: decides who is told.
    pub(crate) topic: Topic,
    /// What became of it: `opened`, `confirmed`, `promote`, …
    pub(crate) what: &'static str,
    /// What it is about, such as `incident.3`.
    pub(crate) subject: String,
    /// When, by the wall clock.
    pub(crate) at: Timestamp,
    /// The figures.
    pub(crate) data: Value,
}

impl Occurrence {
    /// A delivery for each webhook that wants to know.
    ///
    /// The id is made from what happened, so that telling it twice tells the same event.
    pub(crate) fn deliveries(&self, project: &spec::Project) -> Vec<NewDelivery> {
        let id = Hash::of(base::canonical_json(&(self.what, &self.subject, self.at, &self.data))).to_string();
        let mut deliveries = Vec::new();
        for (name, webhook) in &project.webhooks {
            if !webhook.events.contains(&self.topic) {
                continue;
            }
            deliveries.push(NewDelivery {
                webhook: name.to_string(),
                event_id: id.clone(),
                kind: self.kind(),
                subject: self.subject.clone(),
                body: self.envelope(&id, project).to_string(),
            });
        }
        deliveries
    }

    fn kind(&self) -> String {
        let topic = match self.topic {
            Topic::Incident => "incident",
            Topic::Ticket => "ticket",
            Topic::Verdict => "verdict",
            Topic::Release => "release",
        };
        format!("dev.kaizen.{topic}.{}", self.what)
    }

    fn envelope(&self, id: &str, project: &spec::Project) -> Value {
        json!({
            "specversion": "1.0",
            "id": id,
            "source": format!("/kaizen/{}", project.name),
            "type": self.kind(),
            "subject": self.subject,
            "time": self.at,
            "datacontenttype": "application/json",
            "data": self.data,
        })
    }
}
