//! The registry: registered models, their versions, tags, aliases and stages. Searching them is in `search`.

use axum::{
    Router,
    routing::{delete, get, patch, post},
};
use serde::Serialize;
use tracking::{Error, ModelVersion, NewRegisteredModel, NewVersion, RegisteredModel};

use crate::{
    mlflow::{
        answer::{Answer, Answered},
        request::{Call, Fields},
    },
    state::State,
};

pub(crate) fn routes() -> Router<State> {
    registered_models().merge(model_versions())
}

fn registered_models() -> Router<State> {
    Router::new()
        .route("/registered-models/create", post(create_model))
        .route("/registered-models/get", get(read_model))
        .route("/registered-models/update", patch(update_model))
        .route("/registered-models/rename", post(rename_model))
        .route("/registered-models/delete", delete(remove_model))
        .route("/registered-models/get-latest-versions", get(latest_versions).post(latest_versions))
        .route("/registered-models/set-tag", post(set_model_tag))
        .route("/registered-models/delete-tag", delete(delete_model_tag))
        .route("/registered-models/alias", get(read_alias).post(set_alias).delete(delete_alias))
}

fn model_versions() -> Router<State> {
    Router::new()
        .route("/model-versions/create", post(create_version))
        .route("/model-versions/get", get(read_version))
        .route("/model-versions/get-download-uri", get(download_uri))
        .route("/model-versions/update", patch(update_version))
        .route("/model-versions/transition-stage", post(transition))
        .route("/model-versions/delete", delete(remove_version))
        .route("/model-versions/set-tag", post(set_version_tag))
        .route("/model-versions/delete-tag", delete(delete_version_tag))
}

#[derive(Serialize)]
struct Model {
    registered_model: RegisteredModel,
}

#[derive(Serialize)]
struct Version {
    model_version: ModelVersion,
}

#[derive(Serialize)]
struct Versions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    model_versions: Vec<ModelVersion>,
}

#[derive(Serialize)]
struct Uri {
    artifact_uri: String,
}

async fn create_model(call: Call) -> Answered {
    let fields = &call.fields;
    let new = NewRegisteredModel {
        name: required(fields, "name")?,
        description: fields.text("description")?.map(str::to_owned),
        tags: fields.pairs("tags")?,
    };
    let registered_model = call.tracking.create_registered_model(new).await?;
    Answer::of(&Model { registered_model })
}

async fn read_model(call: Call) -> Answered {
    let registered_model =
        call.read(|tracking, fields| tracking.registered_model(fields.required_text("name")?)).await?;
    Answer::of(&Model { registered_model })
}

async fn update_model(call: Call) -> Answered {
    let (name, description) = (required(&call.fields, "name")?, text(&call.fields, "description")?);
    let registered_model = call.tracking.update_registered_model(name, description).await?;
    Answer::of(&Model { registered_model })
}

async fn rename_model(call: Call) -> Answered {
    let (name, new_name) = (required(&call.fields, "name")?, required(&call.fields, "new_name")?);
    let registered_model = call.tracking.rename_registered_model(name, new_name).await?;
    Answer::of(&Model { registered_model })
}

async fn remove_model(call: Call) -> Answered {
    call.tracking.delete_registered_model(required(&call.fields, "name")?).await?;
    Answer::done()
}

async fn latest_versions(call: Call) -> Answered {
    let model_versions = call
        .read(|tracking, fields| {
            tracking.latest_versions(fields.required_text("name")?, &fields.texts("stages")?)
        })
        .await?;
    Answer::of(&Versions { model_versions })
}

async fn set_model_tag(call: Call) -> Answered {
    let name = required(&call.fields, "name")?;
    let (key, value) = (required(&call.fields, "key")?, text(&call.fields, "value")?);
    call.tracking.set_registered_model_tag(name, key, value).await?;
    Answer::done()
}

async fn delete_model_tag(call: Call) -> Answered {
    let (name, key) = (required(&call.fields, "name")?, required(&call.fields, "key")?);
    call.tracking.delete_registered_model_tag(name, key).await?;
    Answer::done()
}

async fn read_alias(call: Call) -> Answered {
    let model_version = call
        .read(|tracking, fields| {
            tracking.model_version_by_alias(fields.required_text("name")?, fields.required_text("alias")?)
        })
        .await?;
    Answer::of(&Version { model_version })
}

async fn set_alias(call: Call) -> Answered {
    let (name, alias) = (required(&call.fields, "name")?, required(&call.fields, "alias")?);
    let version = required(&call.fields, "version")?;
    call.tracking.set_registered_model_alias(name, alias, version).await?;
    Answer::done()
}

async fn delete_alias(call: Call) -> Answered {
    let (name, alias) = (required(&call.fields, "name")?, required(&call.fields, "alias")?);
    call.tracking.delete_registered_model_alias(name, alias).await?;
    Answer::done()
}

async fn create_version(call: Call) -> Answered {
    let fields = &call.fields;
    let new = NewVersion {
        name: required(fields, "name")?,
        source: required(fields, "source")?,
        run_id: text(fields, "run_id")?,
        run_link: text(fields, "run_link")?,
        description: text(fields, "description")?,
        model_id: text(fields, "model_id")?,
        tags: fields.pairs("tags")?,
    };
    let model_version = call.tracking.create_model_version(new).await?;
    Answer::of(&Version { model_version })
}

async fn read_version(call: Call) -> Answered {
    let model_version = call
        .read(|tracking, fields| {
            tracking.model_version(fields.required_text("name")?, fields.required_text("version")?)
        })
        .await?;
    Answer::of(&Version { model_version })
}

async fn download_uri(call: Call) -> Answered {
    let artifact_uri = call
        .read(|tracking, fields| {
            let (name, version) = (fields.required_text("name")?, fields.required_text("version")?);
            tracking.model_version_download_uri(name, version)
        })
        .await?;
    Answer::of(&Uri { artifact_uri })
}

async fn update_version(call: Call) -> Answered {
    let (name, version) = name_and_version(&call.fields)?;
    let description = call.fields.text("description")?.map(str::to_owned);
    let model_version = call.tracking.update_model_version(name, version, description).await?;
    Answer::of(&Version { model_version })
}

async fn transition(call: Call) -> Answered {
    let (name, version) = name_and_version(&call.fields)?;
    let stage = call.fields.required_text("stage")?;
    let archive = call.fields.boolean("archive_existing_versions")?.unwrap_or(false);
    let model_version = call.tracking.transition_model_version_stage(name, version, stage, archive).await?;
    Answer::of(&Version { model_version })
}

async fn remove_version(call: Call) -> Answered {
    let (name, version) = name_and_version(&call.fields)?;
    call.tracking.delete_model_version(name, version).await?;
    Answer::done()
}

async fn set_version_tag(call: Call) -> Answered {
    let (name, version) = name_and_version(&call.fields)?;
    let tag = (required(&call.fields, "key")?, text(&call.fields, "value")?);
    call.tracking.set_model_version_tag(name, version, tag).await?;
    Answer::done()
}

async fn delete_version_tag(call: Call) -> Answered {
    let (name, version) = name_and_version(&call.fields)?;
    let key = required(&call.fields, "key")?;
    call.tracking.delete_model_version_tag(name, version, key).await?;
    Answer::done()
}

fn name_and_version(fields: &Fields) -> Result<(String, String), Error> {
    Ok((required(fields, "name")?, required(fields, "version")?))
}

fn required(fields: &Fields, name: &str) -> Result<String, Error> {
    fields.required_text(name).map(str::to_owned)
}

/// A text that is empty where it is not there.
fn text(fields: &Fields, name: &str) -> Result<String, Error> {
    Ok(fields.text(name)?.unwrap_or_default().to_owned())
}
