use std::sync::Arc;

use base::Name;
use spec::{EnvValue, Step};
use tracking::promise::{Ending, Place, Promise};

use super::{Tracker, environment};
use crate::{Engine, Event, actions::Turn};

/// Metrics that join those of the step at most; the rest stay with the run.
const METRICS: usize = 1_000;

/// An attempt whose command may log. Dropping it withdraws what was promised.
pub(crate) struct Tracked {
    tracker: Arc<dyn Tracker>,
    run_id: String,
    variables: Vec<(String, String)>,
    secret: executor::Secret,
}

/// An attempt of a command.
pub(crate) struct Attempted<'a> {
    /// What the executor knows it by.
    pub(crate) id: &'a str,
    /// Which it is, from 1.
    pub(crate) number: u32,
    /// Whether an earlier process started it.
    pub(crate) is_found: bool,
}

impl Tracked {
    /// Promises a run to an attempt, unless its command logs elsewhere or cannot reach this machine.
    pub(crate) async fn begin(
        engine: &Engine,
        turn: &Turn,
        step: &Step,
        attempted: Attempted<'_>,
    ) -> Option<Self> {
        let elsewhere = step.env.contains_key(environment::URI) || step.env.contains_key(environment::RUN_ID);
        if elsewhere || step.image.is_some() {
            return None;
        }
        let (tracker, begun) = engine.begun().await?;
        let run_id = begun.key.run_id(attempted.id);
        let secret = begun.key.secret(attempted.id);
        let promise = Promise {
            place: place(step, &turn.project.spec.name),
            name: turn.action.id.node.name().to_string(),
            user: environment::user(turn),
            tags: environment::tags(turn, &attempted),
            secret: secret.clone(),
        };
        let variables = environment::variables(step, &promise, (&begun.url, &run_id));
        let promises = tracker.promises();
        if attempted.is_found {
            promises.promise_again(&run_id, promise);
        } else {
            promises.promise(&run_id, promise);
        }
        let secret = executor::Secret::new(secret.reveal().to_owned());
        Some(Self { tracker: tracker.clone(), run_id, variables, secret })
    }

    /// Tells the command where to log.
    pub(crate) fn tell(&self, asked: &mut executor::Attempt) {
        asked.environment.extend(self.variables.iter().cloned());
        asked.secrets.push(self.secret.clone());
    }

    /// Closes the run, if there is one and its command did not, and gives its latest metrics.
    pub(crate) async fn end(self, engine: &Engine, turn: &Turn, status: Ending) -> Option<Logged> {
        match blocking(&self.tracker, &self.run_id, move |tracker, run_id| end(tracker, run_id, status)).await
        {
            Ok(logged) => logged,
            Err(error) => {
                let text = format!("what it logged with MLflow is not among its metrics: {error}");
                engine.tell(&Event::Notice { action: turn.action.id.clone(), text });
                None
            }
        }
    }
}

impl Drop for Tracked {
    fn drop(&mut self) {
        self.tracker.promises().withdraw(&self.run_id);
    }
}

/// What a command logged.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Logged {
    /// The run's id.
    pub(crate) run_id: String,
    /// The latest values.
    pub(crate) metrics: Vec<(String, f64)>,
}

/// Closes a run that goes on, and reads what it logged; nothing when there is none.
pub(super) async fn close(
    tracker: Arc<dyn Tracker>,
    run_id: String,
    status: Ending,
) -> Result<Option<Logged>, tracking::Error> {
    let work = move |tracker: &dyn Tracker, run_id: &str| {
        tracker.settle();
        shut(tracker, run_id, status)
    };
    blocking(&tracker, &run_id, work).await
}

async fn blocking(
    tracker: &Arc<dyn Tracker>,
    run_id: &str,
    work: impl FnOnce(&dyn Tracker, &str) -> Result<Option<Logged>, tracking::Error> + Send + 'static,
) -> Result<Option<Logged>, tracking::Error> {
    let (tracker, run_id) = (Arc::clone(tracker), run_id.to_owned());
    let joined = tokio::task::spawn_blocking(move || work(tracker.as_ref(), &run_id)).await;
    joined.map_err(|error| tracking::Error::internal("close a run", error))?
}

/// The promise and its secret hold until what waits has arrived. For what does not arrive now the run is made, so that it
/// is there when that comes.
fn end(tracker: &dyn Tracker, run_id: &str, status: Ending) -> Result<Option<Logged>, tracking::Error> {
    tracker.settle();
    if tracker.is_waiting()
        && let Some(tracking) = tracker.tracking()?
    {
        tracking.run_json(run_id)?;
    }
    if tracker.promises().withdraw(run_id) { shut(tracker, run_id, status) } else { Ok(None) }
}

fn shut(tracker: &dyn Tracker, run_id: &str, status: Ending) -> Result<Option<Logged>, tracking::Error> {
    let Some(tracking) = tracker.tracking()? else { return Ok(None) };
    if !tracking.close_run(run_id, status).wait()? {
        return Ok(None);
    }
    let latest = tracking.latest_metrics(run_id)?;
    let metrics = latest.into_iter().map(|latest| (latest.key, latest.value));
    // JSON has no others.
    let metrics = metrics.filter(|(_, value)| value.is_finite()).take(METRICS).collect();
    Ok(Some(Logged { run_id: run_id.to_owned(), metrics }))
}

/// The one that the step's environment names, or the project's.
fn place(step: &Step, project: &Name) -> Place {
    match (step.env.get(environment::EXPERIMENT), step.env.get(environment::EXPERIMENT_ID)) {
        (Some(EnvValue::Value(name)), _) => Place::Named(name.clone()),
        (None, Some(EnvValue::Value(id))) => Place::Id(id.clone()),
        _ => Place::Named(project.to_string()),
    }
}

#[cfg(test)]
mod tests;
