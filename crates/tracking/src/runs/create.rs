//! Makes runs.

use crate::{
    Error, Pending, Tracking, checks, experiments,
    experiments::{Lifecycle, Pair},
    runs::{NAME_TAG, Run, RunData, RunInfo, RunInputs, Status, find::row_of, random_name},
    uri::append,
    writer::Writing,
};

/// What a run is made from.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NewRun {
    /// Its id, when it was chosen before.
    pub run_id: Option<String>,
    /// Where it belongs; nothing is the default experiment.
    pub experiment_id: String,
    /// Who makes it.
    pub user_id: String,
    /// What people call it. Without a name it gets one.
    pub name: Option<String>,
    /// When it began, in milliseconds since 1970.
    pub started: i64,
    /// What else is known of it.
    pub tags: Vec<(String, String)>,
}

impl Tracking {
    /// Makes a run. It resolves to the run.
    pub fn create_run(&self, new: NewRun) -> Pending<Run> {
        if let Some(Err(error)) = new.run_id.as_deref().map(checks::run_id) {
            return Pending::refused(error);
        }
        self.write(move |writing| create(writing, new))
    }
}

/// Makes a run.
pub(crate) fn create(writing: &mut Writing<'_>, new: NewRun) -> Result<Run, Error> {
    let experiment = experiments::find_active(writing.transaction, &new.experiment_id)?;
    let name = name_of(writing, &new)?;
    let run_id = match new.run_id {
        None => writing.ids.hex(),
        Some(run_id) if row_of(writing.transaction, &run_id)?.is_none() => run_id,
        Some(run_id) => return Err(Error::exists(format!("Run with id={run_id} already exists"))),
    };
    let artifact_uri = append(&experiment.artifact_location, &[&run_id, "artifacts"]);
    let sql = "INSERT INTO runs (run_id, experiment, name, user_id, status, started, artifact_uri)
        VALUES (?1, ?2, ?3, ?4, 'RUNNING', ?5, ?6)";
    let mut insert = writing.transaction.prepare_cached(sql)?;
    let values = (&run_id, experiment.row, &name, &new.user_id, new.started, &artifact_uri);
    let row = insert.insert(values)?;
    let mut tags = new.tags;
    if !tags.iter().any(|(key, _)| key == NAME_TAG) {
        tags.push((NAME_TAG.to_owned(), name.clone()));
    }
    let sql = "INSERT OR REPLACE INTO tags (run, key, value, experiment) VALUES (?1, ?2, ?3, ?4)";
    let mut insert = writing.transaction.prepare_cached(sql)?;
    for (key, value) in &tags {
        insert.execute((row, key, value, experiment.row))?;
    }
    let info = RunInfo {
        run_uuid: run_id.clone(),
        run_id,
        run_name: name,
        experiment_id: experiment.experiment_id,
        user_id: new.user_id,
        status: Status::Running,
        start_time: new.started,
        end_time: None,
        artifact_uri,
        lifecycle_stage: Lifecycle::Active,
    };
    let tags = tags.into_iter().map(|(key, value)| Pair { key, value }).collect();
    let data = RunData { tags, ..RunData::default() };
    Ok(Run { info, data, inputs: RunInputs::default(), outputs: None })
}

fn name_of(writing: &mut Writing<'_>, new: &NewRun) -> Result<String, Error> {
    let name = new.name.as_deref().filter(|name| !name.is_empty());
    let tag = new.tags.iter().rev().find(|(key, _)| key == NAME_TAG);
    let tag = tag.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty());
    match (name, tag) {
        (Some(name), Some(tag)) if name != tag => Err(Error::invalid(format!(
            "Both 'run_name' argument and 'mlflow.runName' tag are specified, but with different values (run_name='{name}', mlflow.runName='{tag}')."
        ))),
        (Some(name), _) | (None, Some(name)) => Ok(name.to_owned()),
        (None, None) => Ok(random_name(writing.ids)),
    }
}
