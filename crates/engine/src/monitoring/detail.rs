use monitor::{Incident, Status, Window, cause::Ranking};
use serde::{Deserialize, Serialize};
use store::{IncidentRecord, IncidentStatus, NewIncident};

use crate::Error;

/// All that is kept of an incident beside what the store names itself.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Detail {
    /// The incident.
    pub incident: Incident,
    /// Its causes, once it is confirmed.
    #[serde(default)]
    pub ranking: Option<Ranking>,
    /// The window as of which they were sought.
    #[serde(default)]
    pub ranked: Option<Window>,
    /// What charts of its signals show to people: the patterns of Nelson and cumulative sums, as of its newest window.
    #[serde(default)]
    pub patterns: Vec<String>,
    /// What its ticket was last told of the retraining.
    #[serde(default)]
    pub told: Option<String>,
}

impl Detail {
    pub(super) fn new(incident: Incident) -> Self {
        Self { incident, ranking: None, ranked: None, patterns: Vec::new(), told: None }
    }

    /// The detail of a recorded incident.
    ///
    /// # Errors
    /// When a later release wrote it.
    pub fn of(record: &IncidentRecord) -> Result<Self, Error> {
        let what = format!("incident {}", record.id);
        let mut detail: Self = serde_json::from_value(record.detail.clone())
            .map_err(|source| Error::Recorded { what, source })?;
        detail.incident.id = Some(record.id);
        Ok(detail)
    }

    pub(super) fn new_record(&self, monitor: &base::Name) -> NewIncident {
        let incident = &self.incident;
        NewIncident {
            monitor: monitor.clone(),
            fingerprint: incident.fingerprint.clone(),
            status: status(incident.status),
            onset: incident.onset,
            opened: incident.opened,
            confirmed: incident.confirmed,
            resolved: incident.resolved,
            severity: incident.severity.to_string(),
            title: incident.title.clone(),
            detail: serde_json::to_value(self).expect("incidents have string keys"),
        }
    }

    pub(super) fn record(&self, id: u64, monitor: &base::Name, updated: base::Timestamp) -> IncidentRecord {
        let new = self.new_record(monitor);
        IncidentRecord {
            id,
            monitor: new.monitor,
            fingerprint: new.fingerprint,
            status: new.status,
            onset: new.onset,
            opened: new.opened,
            confirmed: new.confirmed,
            resolved: new.resolved,
            severity: new.severity,
            title: new.title,
            detail: new.detail,
            updated,
        }
    }
}

fn status(status: Status) -> IncidentStatus {
    match status {
        Status::Open => IncidentStatus::Open,
        Status::Confirmed => IncidentStatus::Confirmed,
        Status::Resolved => IncidentStatus::Resolved,
    }
}
