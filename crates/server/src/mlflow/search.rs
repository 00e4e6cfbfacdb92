//! Searches of runs, experiments, logged models, registered models and their versions. Their filters, orders and pages are
//! [`tracking::search`]'s.

use axum::{
    Router,
    routing::{get, post},
};
use serde::Serialize;
use serde_json::Value;
use tracking::{
    Error, LoggedModel, ModelVersion, RegisteredModel, Tracking,
    experiments::Experiment,
    search::{
        DatasetFilter, ExperimentSearch, Found, LoggedModelSearch, OrderBy, RegistrySearch, RunSearch, View,
    },
};

use crate::{
    mlflow::{
        answer::{Answer, Answered},
        request::{Call, Fields, missing},
    },
    state::State,
};

/// The sizes of pages when a request does not say: those of MLflow's protocol.
const RUNS: i64 = 1_000;
const REGISTERED_MODELS: i64 = 100;
const MODEL_VERSIONS: i64 = 200_000;
const LOGGED_MODELS: i64 = 50;

pub(crate) fn routes() -> Router<State> {
    Router::new()
        .route("/runs/search", post(runs))
        .route("/experiments/search", get(experiments).post(experiments))
        .route("/registered-models/search", get(registered_models))
        .route("/model-versions/search", get(model_versions))
        .route("/logged-models/search", post(logged_models))
}

#[derive(Serialize)]
struct Experiments {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    experiments: Vec<Experiment>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

#[derive(Serialize)]
struct RegisteredModels {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    registered_models: Vec<RegisteredModel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

/// A page of versions.
#[derive(Serialize)]
pub(super) struct ModelVersions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    model_versions: Vec<ModelVersion>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

#[derive(Serialize)]
struct LoggedModels {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    models: Vec<LoggedModel>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next_page_token: Option<String>,
}

async fn runs(call: Call) -> Answered {
    Answer::ready(call.read(found_runs).await?)
}

/// The answer of a search of runs.
pub(super) fn found_runs(tracking: &Tracking, fields: &Fields) -> Result<Vec<u8>, Error> {
    let search = RunSearch {
        experiment_ids: fields.texts("experiment_ids")?,
        filter: owned(fields, "filter")?,
        order_by: fields.texts("order_by")?,
        view: view(fields, "run_view_type")?,
        max_results: fields.integer("max_results")?.unwrap_or(RUNS),
        page_token: fields.text("page_token")?.map(str::to_owned),
    };
    Ok(joined(&tracking.search_runs(&search)?))
}

/// The answer of a search of runs, each of which is JSON already.
fn joined<T: AsRef<[u8]>>(page: &Found<T>) -> Vec<u8> {
    let size: usize = page.found.iter().map(|run| run.as_ref().len() + 1).sum();
    let token = page.next_page_token.as_deref().unwrap_or_default();
    let mut json = Vec::with_capacity(size + token.len() + 40);
    json.push(b'{');
    for (at, run) in page.found.iter().enumerate() {
        json.extend_from_slice(if at == 0 { b"\"runs\":[" } else { b"," });
        json.extend_from_slice(run.as_ref());
    }
    if !page.found.is_empty() {
        json.push(b']');
    }
    // A token is of letters, digits, `+`, `/` and `=`; there is none without a run.
    if !token.is_empty() {
        json.extend_from_slice(b",\"next_page_token\":\"");
        json.extend_from_slice(token.as_bytes());
        json.push(b'"');
    }
    json.push(b'}');
    json
}

async fn experiments(call: Call) -> Answered {
    let Found { found, next_page_token } = call
        .read(|tracking, fields| {
            tracking.search_experiments(&ExperimentSearch {
                filter: owned(fields, "filter")?,
                order_by: fields.texts("order_by")?,
                view: view(fields, "view_type")?,
                max_results: fields.integer("max_results")?.unwrap_or(0),
                page_token: fields.text("page_token")?.map(str::to_owned),
            })
        })
        .await?;
    Answer::of(&Experiments { experiments: found, next_page_token })
}

async fn registered_models(call: Call) -> Answered {
    let Found { found, next_page_token } = call
        .read(|tracking, fields| tracking.search_registered_models(&registry(fields, REGISTERED_MODELS)?))
        .await?;
    Answer::of(&RegisteredModels { registered_models: found, next_page_token })
}

async fn model_versions(call: Call) -> Answered {
    Answer::of(&call.read(found_versions).await?)
}

/// The answer of a search of versions.
pub(super) fn found_versions(tracking: &Tracking, fields: &Fields) -> Result<ModelVersions, Error> {
    let Found { found, next_page_token } =
        tracking.search_model_versions(&registry(fields, MODEL_VERSIONS)?)?;
    Ok(ModelVersions { model_versions: found, next_page_token })
}

fn registry(fields: &Fields, usual: i64) -> Result<RegistrySearch, Error> {
    Ok(RegistrySearch {
        filter: owned(fields, "filter")?,
        order_by: fields.texts("order_by")?,
        max_results: fields.integer("max_results")?.unwrap_or(usual),
        page_token: fields.text("page_token")?.map(str::to_owned),
    })
}

async fn logged_models(call: Call) -> Answered {
    let Found { found, next_page_token } = call
        .read(|tracking, fields| {
            let search = LoggedModelSearch {
                experiment_ids: fields.texts("experiment_ids")?,
                filter: owned(fields, "filter")?,
                datasets: fields.objects("datasets")?.iter().map(dataset).collect::<Result<_, _>>()?,
                order_by: fields.objects("order_by")?.iter().map(order).collect::<Result<_, _>>()?,
                max_results: fields.integer("max_results")?.unwrap_or(LOGGED_MODELS),
                page_token: fields.text("page_token")?.map(str::to_owned),
            };
            match search.experiment_ids.is_empty() {
                true => Err(missing("experiment_ids")),
                false => tracking.search_logged_models(&search),
            }
        })
        .await?;
    Answer::of(&LoggedModels { models: found, next_page_token })
}

fn dataset(fields: &Fields) -> Result<DatasetFilter, Error> {
    Ok(DatasetFilter { name: owned(fields, "dataset_name")?, digest: filled(fields, "dataset_digest")? })
}

fn order(fields: &Fields) -> Result<OrderBy, Error> {
    Ok(OrderBy {
        field_name: filled(fields, "field_name")?,
        ascending: fields.boolean("ascending")?,
        dataset_name: filled(fields, "dataset_name")?,
        dataset_digest: filled(fields, "dataset_digest")?,
    })
}

fn owned(fields: &Fields, name: &str) -> Result<String, Error> {
    Ok(fields.text(name)?.unwrap_or_default().to_owned())
}

fn filled(fields: &Fields, name: &str) -> Result<Option<String>, Error> {
    Ok(fields.text(name)?.filter(|text| !text.is_empty()).map(str::to_owned))
}

/// Which of active and deleted ones are asked for, by name or by number.
fn view(fields: &Fields, name: &str) -> Result<View, Error> {
    match fields.get(name) {
        None => Ok(View::default()),
        Some(Value::String(text)) => View::parse(text),
        Some(other) => View::parse(&other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_that_are_json_are_joined_to_json() {
        let page = |found: &[&str], token: Option<&str>| Found {
            found: found.iter().map(|run| run.as_bytes().to_vec()).collect(),
            next_page_token: token.map(str::to_owned),
        };
        assert_eq!(joined(&page(&[], None)), b"{}");
        assert_eq!(joined(&page(&["1"], None)), br#"{"runs":[1]}"#);
        assert_eq!(joined(&page(&["1", "{}"], Some("a+/="))), br#"{"runs":[1,{}],"next_page_token":"a+/="}"#);
    }

    #[test]
    fn a_view_has_a_name_and_a_number() {
        let of = |query: &str| view(&Fields::of_query(query), "view");
        assert_eq!(of(""), Ok(View::Active));
        assert_eq!(of("view=DELETED_ONLY"), Ok(View::Deleted));
        assert_eq!(of("view=3"), Ok(View::All));
        assert!(of("view=SOME").is_err());
        assert_eq!(view(&Fields::of_body(br#"{"view":2}"#).unwrap(), "view"), Ok(View::Deleted));
    }
}
