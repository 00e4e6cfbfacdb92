//! What monitors see and collect in the simulated world.

use base::{Hash, Name, Timestamp};
use plan::{Brakes, Collection, Decision, Demand, DemandCause, Verb, Watch};

use super::{Simulator, name};

impl Simulator {
    /// `monitor late at 2013-05-02 rows=5000 from=2013-04-01 until=2013-05-02 incident=3 confirmed=2013-05-01
    /// flaps=0` or, for a schedule, `due=2013-05-02`; without either there is no demand.
    pub(super) fn watch(&mut self, monitor: &str, seen: &[&str]) {
        let ["at", now, facts @ ..] = seen else { panic!("when does {monitor} see it?") };
        let fact = |key: &str| {
            let facts = facts.iter().filter_map(|fact| fact.split_once('='));
            facts.filter(|(name, _)| *name == key).map(|(_, value)| value).next()
        };
        let now = time(now);
        let incident = fact("incident").map(|id| DemandCause::Incident {
            id: id.parse().unwrap(),
            fingerprint: format!("fingerprint of {id}"),
            title: "temp drifted".to_owned(),
            confirmed: fact("confirmed").map_or(now, time),
        });
        let schedule = fact("due").map(|due| DemandCause::Schedule { due: time(due) });
        let flaps = fact("flaps").map_or(0, |flaps| flaps.parse().unwrap());
        let watch = Watch {
            now,
            demand: incident.or(schedule).map(|cause| Demand { cause, flaps }),
            new_rows: fact("rows").map_or(0, |rows| rows.parse().unwrap()),
            from: fact("from").map(time),
            until: fact("until").map(time),
        };
        self.observed.monitors.insert(name(monitor), watch);
    }

    /// Keeps what was collected, as the engine does: what replaces a lost collection takes its place.
    pub(super) fn collect(&mut self, monitor: &Name, output: Hash) {
        let watch = &self.observed.monitors[monitor];
        let past = self.recorded.collections.entry(monitor.clone()).or_default();
        if let Some(lost) = past.first_mut().filter(|last| self.observed.missing.contains(&last.output)) {
            lost.output = output;
            return;
        }
        let cause_key = watch.demand.as_ref().unwrap().cause.key();
        let collection =
            Collection { at: watch.now, cause_key, output, rows: watch.new_rows, decision: None };
        past.insert(0, collection);
    }

    /// The gate's decision, which is then known of what the candidate was trained on.
    pub(super) fn judge(&mut self, model: &Name, word: &str) -> Decision {
        let decision = match word {
            "hold" => Decision::Hold,
            "reject" => Decision::Reject,
            _ => Decision::Promote,
        };
        let trained = &self.recorded.nodes[&plan::Node::Model(model.clone())][&Verb::Train].inputs;
        for (monitor, past) in &mut self.recorded.collections {
            let input = trained.get(&format!("monitor.{monitor}"));
            for collection in past.iter_mut().filter(|collection| Some(&collection.output) == input) {
                collection.decision = Some(decision);
            }
        }
        decision
    }
}

/// Sets one brake as the project file does.
pub(super) fn brake(brakes: &mut Brakes, setting: &str, value: &str) {
    match setting {
        "cool_down" => brakes.cool_down = value.parse().unwrap(),
        "min_rows" => brakes.min_rows = value.parse().unwrap(),
        "max_per_week" => brakes.max_per_week = value.parse().unwrap(),
        "max_flaps" => brakes.max_flaps = value.parse().unwrap(),
        other => panic!("unknown brake {other}"),
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}
