use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path},
    http::{StatusCode, request::Parts},
};
use serde::Deserialize;
use serving::Loaded;

use crate::{refusal::Refusal, state::State};

/// The model that the path names, in the version that it names, if any.
pub(crate) struct Target(pub(crate) Arc<Loaded>);

#[derive(Deserialize)]
struct Names {
    model: String,
    version: Option<String>,
}

impl FromRequestParts<State> for Target {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &State) -> Result<Self, Refusal> {
        let path = Path::<Names>::from_request_parts(parts, state).await;
        let bad =
            |_| Refusal::new(StatusCode::BAD_REQUEST, "the path is not valid UTF-8; encode the names in it");
        let Path(names) = path.map_err(bad)?;
        Ok(Self(state.catalog.find(&names.model, names.version.as_deref())?))
    }
}
