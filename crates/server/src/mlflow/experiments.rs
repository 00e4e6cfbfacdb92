//! Experiments: made, read, changed. Searching them is in `search`.

use axum::{
    Router,
    routing::{get, post},
};
use serde::Serialize;
use tracking::{
    Error, Tracking,
    experiments::{Experiment, NewExperiment},
    runs::DatasetSummary,
};

use crate::{
    mlflow::{
        answer::{Answer, Answered},
        request::{Call, Fields},
    },
    state::State,
};

/// The most experiments whose data sets are asked for at once.
const MOST: usize = 20;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/experiments/create", post(create))
        .route("/experiments/get", get(read))
        .route("/experiments/get-by-name", get(by_name))
        .route("/experiments/update", post(rename))
        .route("/experiments/delete", post(delete))
        .route("/experiments/restore", post(restore))
        .route("/experiments/set-experiment-tag", post(set_tag))
        .route("/experiments/delete-experiment-tag", post(delete_tag))
        .route("/experiments/search-datasets", post(datasets))
}

#[derive(Serialize)]
struct Made {
    experiment_id: String,
}

/// An experiment that was asked for.
#[derive(Serialize)]
pub(super) struct Shown {
    experiment: Experiment,
}

/// Data sets of experiments.
#[derive(Serialize)]
pub(super) struct Datasets {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    dataset_summaries: Vec<DatasetSummary>,
}

async fn create(call: Call) -> Answered {
    let fields = &call.fields;
    let new = NewExperiment {
        experiment_id: call.chosen.clone(),
        name: fields.required_text("name")?.to_owned(),
        artifact_location: fields.text("artifact_location")?.map(str::to_owned),
        tags: fields.pairs("tags")?,
    };
    let experiment_id = call.tracking.create_experiment(new).await?;
    Answer::of(&Made { experiment_id })
}

async fn read(call: Call) -> Answered {
    Answer::of(&call.read(shown).await?)
}

/// The experiment that a request names.
pub(super) fn shown(tracking: &Tracking, fields: &Fields) -> Result<Shown, Error> {
    Ok(Shown { experiment: tracking.experiment(fields.required_text("experiment_id")?)? })
}

async fn by_name(call: Call) -> Answered {
    let experiment = call
        .read(|tracking, fields| tracking.experiment_by_name(fields.required_text("experiment_name")?))
        .await?;
    Answer::of(&Shown { experiment })
}

async fn rename(call: Call) -> Answered {
    let id = call.fields.required_text("experiment_id")?;
    call.tracking.rename_experiment(id, call.fields.required_text("new_name")?).await?;
    Answer::done()
}

async fn delete(call: Call) -> Answered {
    call.tracking.delete_experiment(call.fields.required_text("experiment_id")?).await?;
    Answer::done()
}

async fn restore(call: Call) -> Answered {
    call.tracking.restore_experiment(call.fields.required_text("experiment_id")?).await?;
    Answer::done()
}

async fn set_tag(call: Call) -> Answered {
    let fields = &call.fields;
    let (id, key) = (fields.required_text("experiment_id")?, fields.required_text("key")?);
    call.tracking.set_experiment_tag(id, key, fields.text("value")?.unwrap_or_default()).await?;
    Answer::done()
}

async fn delete_tag(call: Call) -> Answered {
    let fields = &call.fields;
    let (id, key) = (fields.required_text("experiment_id")?, fields.required_text("key")?);
    call.tracking.delete_experiment_tag(id, key).await?;
    Answer::done()
}

async fn datasets(call: Call) -> Answered {
    Answer::of(&call.read(found_datasets).await?)
}

/// The data sets of the experiments that a request names.
pub(super) fn found_datasets(tracking: &Tracking, fields: &Fields) -> Result<Datasets, Error> {
    let ids = fields.texts("experiment_ids")?;
    if ids.is_empty() {
        return Err(Error::invalid("SearchDatasets request must specify at least one experiment_id."));
    }
    if ids.len() > MOST {
        let count = ids.len();
        let message = format!(
            "SearchDatasets request cannot specify more than {MOST} experiment_ids. Received {count} experiment_ids."
        );
        return Err(Error::invalid(message));
    }
    Ok(Datasets { dataset_summaries: tracking.dataset_summaries(&ids)? })
}
