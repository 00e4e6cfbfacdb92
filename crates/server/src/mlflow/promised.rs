//! Experiments that the commands of steps choose for themselves.
//!
//! A command is promised a run in its project's experiment. MLflow's client refuses to go on with a run that is in
//! another experiment than the one chosen by `mlflow.set_experiment`, which looks the experiment up first: so the run,
//! as long as it is not made, goes to the experiment that its command looked up last.

use axum::{
    extract::{Request, State as Given},
    http::Method,
    middleware::Next,
    response::Response,
};
use tracking::promise::Place;

use crate::{access, mlflow::request::SPOOL, state::State};

pub(super) async fn follow(Given(state): Given<State>, request: Request, next: Next) -> Response {
    if let Some(place) = looked_up(&request)
        && let Some(tracking) = &state.tracking
        && let Some(secret) = access::credentials_of(request.headers())
        && let Some(run_id) = tracking.promises().run_of(&secret)
    {
        tracking.promises().prefer(&run_id, place);
    }
    next.run(request).await
}

/// The experiment that a request asks for.
fn looked_up(request: &Request) -> Option<Place> {
    // A spool looks for its own sake.
    if request.method() != Method::GET || request.headers().contains_key(SPOOL) {
        return None;
    }
    let (_, asked) = request.uri().path().rsplit_once("/mlflow/experiments/")?;
    let query = request.uri().query().unwrap_or_default();
    let value = |field: &str| {
        let mut fields = form_urlencoded::parse(query.as_bytes());
        fields.find(|(name, _)| name == field).map(|(_, value)| value.into_owned())
    };
    match asked {
        "get-by-name" => value("experiment_name").map(Place::Named),
        "get" => value("experiment_id").map(Place::Id),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, extract::Request};
    use tracking::promise::Place;

    use super::looked_up;

    fn of(line: &str) -> Option<Place> {
        let (method, uri) = line.split_once(' ').unwrap();
        looked_up(&Request::builder().method(method).uri(uri).body(Body::empty()).unwrap())
    }

    #[test]
    fn an_experiment_is_chosen_by_looking_it_up_and_by_nothing_else() {
        let named = Some(Place::Named("my line".to_owned()));
        assert_eq!(of("GET /api/2.0/mlflow/experiments/get-by-name?experiment_name=my+line"), named);
        assert_eq!(
            of("GET /ajax-api/2.0/mlflow/experiments/get-by-name?a=b&experiment_name=my%20line"),
            named
        );
        assert_eq!(
            of("GET /api/2.0/mlflow/experiments/get?experiment_id=7"),
            Some(Place::Id("7".to_owned()))
        );
        for other in [
            "POST /api/2.0/mlflow/experiments/get-by-name?experiment_name=a",
            "GET /api/2.0/mlflow/experiments/get-by-name",
            "GET /api/2.0/mlflow/experiments/search?experiment_name=a",
            "GET /api/2.0/mlflow/runs/get?experiment_id=7",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
