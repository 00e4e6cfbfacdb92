//! MLflow's GraphQL: what its pages ask of experiments, runs, metrics, artifacts and versions, in one request.
//!
//! A request is read ([`parse`]), compared with what may be asked ([`schema`]), and answered ([`answer`]) from what the
//! REST routes answer. Nothing is written here, also by what the language calls a mutation.

mod answer;
mod lexer;
mod parse;
mod query;
mod root;
mod schema;
#[cfg(test)]
mod tests;

use axum::{
    Extension, Router,
    response::{IntoResponse as _, Response},
    routing::get,
};
use serde::Serialize;
use serde_json::{Map, Value};
use tracking::{Error, Tracking, artifacts::Artifacts};

use self::query::{Field, Kind};
use crate::{
    mlflow::{
        answer::Answer,
        artifacts::{Door, Failed},
        request::{Call, Fields},
    },
    state::State,
};

pub(crate) fn routes() -> Router<State> {
    Router::new().route("/graphql", get(ask).post(ask))
}

/// What is sent back: with errors, the fields that they are about are `null`.
#[derive(Debug, Serialize)]
struct Reply {
    data: Option<Map<String, Value>>,
    errors: Option<Vec<String>>,
}

impl Reply {
    fn refused(message: String) -> Self {
        Self { data: None, errors: Some(vec![message]) }
    }
}

async fn ask(Extension(door): Extension<Door>, call: Call) -> Result<Response, Failed> {
    let reply = door.work(move |artifacts, tracking| Ok(reply(artifacts, tracking, &call.fields)?)).await?;
    Ok(Answer::of(&reply).into_response())
}

fn reply(artifacts: &Artifacts, tracking: &Tracking, fields: &Fields) -> Result<Reply, Error> {
    let text = fields.required_text("query")?;
    let variables = variables(fields)?;
    let asked = query::read(text, fields.text("operationName")?, &variables);
    let checked = asked.and_then(|asked| {
        asked.fields.iter().try_for_each(|field| check(asked.kind, field))?;
        Ok(asked)
    });
    let asked = match checked {
        Ok(asked) => asked,
        Err(message) => return Ok(Reply::refused(message)),
    };
    let mut answers = answer::Answers::new(tracking);
    let mut data = Map::new();
    let mut errors = Vec::new();
    for field in &asked.fields {
        let value = answered(&mut answers, artifacts, asked.kind, field).unwrap_or_else(|error| {
            errors.push(error.message);
            Value::Null
        });
        data.insert(field.key.clone(), value);
    }
    Ok(Reply { data: Some(data), errors: (!errors.is_empty()).then_some(errors) })
}

/// Variables are an object, or in the query of a `GET` the text of one.
fn variables(fields: &Fields) -> Result<Map<String, Value>, Error> {
    let given = match fields.get("variables") {
        Some(Value::String(text)) => serde_json::from_str(text).unwrap_or(Value::Bool(false)),
        Some(value) => value.clone(),
        None => Value::Null,
    };
    match given {
        Value::Null => Ok(Map::new()),
        Value::Object(variables) => Ok(variables),
        _ => Err(Error::invalid("variables must be an object, such as {\"data\": {\"runId\": \"…\"}}")),
    }
}

fn check(kind: Kind, field: &Field) -> Result<(), String> {
    if field.name == "__typename" {
        return Ok(());
    }
    let Some(root) = root::of(kind, &field.name) else {
        return Err(format!("Cannot query field '{}' on type '{}'.", field.name, kind.name()));
    };
    schema::check(root.answer(), field)
}

fn answered(
    answers: &mut answer::Answers<'_>,
    artifacts: &Artifacts,
    kind: Kind,
    field: &Field,
) -> Result<Value, Error> {
    match root::of(kind, &field.name) {
        None => Ok(Value::from(kind.name())),
        Some(root) => {
            let found = root.find(artifacts, answers.tracking(), &field.arguments)?;
            answers.object(root.answer(), &found, &field.fields)
        }
    }
}
