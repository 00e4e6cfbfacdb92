//! The routes, and which fields each reads.

/// A route; `m-1` stands for a logged model, `1/a` for the path of an artifact, `tr-1` for a trace.
pub(super) struct Route {
    pub(super) line: &'static str,
    /// `FIELD=KIND` or, where they are the same, `FIELD`.
    pub(super) fields: &'static str,
}

const fn of(line: &'static str, fields: &'static str) -> Route {
    Route { line, fields }
}

pub(super) const ROUTES: [Route; 82] = [
    of("GET /api/3.0/mlflow/server-info", ""),
    of("POST /api/2.0/mlflow/experiments/create", "name=fresh artifact_location=uri tags=pairs"),
    of("GET /api/2.0/mlflow/experiments/get", "experiment_id=experiment"),
    of("GET /api/2.0/mlflow/experiments/get-by-name", "experiment_name=text"),
    of(
        "GET /api/2.0/mlflow/experiments/search",
        "filter order_by=orders view_type=view max_results=size page_token",
    ),
    of(
        "POST /api/2.0/mlflow/experiments/search",
        "filter order_by=orders view_type=view max_results=size page_token",
    ),
    of("POST /ajax-api/2.0/mlflow/experiments/search-datasets", "experiment_ids=experiments"),
    of("POST /api/2.0/mlflow/experiments/update", "experiment_id=experiment new_name=fresh"),
    of("POST /api/2.0/mlflow/experiments/delete", "experiment_id=experiment"),
    of("POST /api/2.0/mlflow/experiments/restore", "experiment_id=experiment"),
    of("POST /api/2.0/mlflow/experiments/set-experiment-tag", "experiment_id=experiment key value=text"),
    of("POST /api/2.0/mlflow/experiments/delete-experiment-tag", "experiment_id=experiment key"),
    of(
        "POST /api/2.0/mlflow/runs/create",
        "experiment_id=experiment user_id=text run_name=text start_time=number tags=pairs",
    ),
    of("GET /api/2.0/mlflow/runs/get", "run_id=run run_uuid=run"),
    of("GET /ajax-api/2.0/mlflow/runs/get", "run_id=run"),
    of("POST /api/2.0/mlflow/runs/update", "run_id=run status end_time=number run_name=text"),
    of("POST /api/2.0/mlflow/runs/delete", "run_id=run"),
    of("POST /api/2.0/mlflow/runs/restore", "run_id=run"),
    of(
        "POST /api/2.0/mlflow/runs/search",
        "experiment_ids=experiments filter run_view_type=view max_results=size order_by=orders page_token",
    ),
    of(
        "POST /api/2.0/mlflow/runs/log-metric",
        "run_id=run key value=number timestamp=number step=number model_id=model dataset_name=text dataset_digest=text",
    ),
    of("POST /api/2.0/mlflow/runs/log-parameter", "run_id=run key value=text"),
    of("POST /api/2.0/mlflow/runs/set-tag", "run_id=run key value=text"),
    of("POST /api/2.0/mlflow/runs/delete-tag", "run_id=run key"),
    of("POST /api/2.0/mlflow/runs/log-batch", "run_id=run metrics params=pairs tags=pairs"),
    of("POST /api/2.0/mlflow/runs/log-inputs", "run_id=run datasets models"),
    of("POST /api/2.0/mlflow/runs/outputs", "run_id=run models"),
    of("POST /api/2.0/mlflow/runs/log-model", "run_id=run model_json"),
    of("GET /api/2.0/mlflow/metrics/get-history", "run_id=run metric_key=key max_results=size page_token"),
    of("GET /ajax-api/2.0/mlflow/metrics/get-history-bulk", "run_id=runs metric_key=key max_results=size"),
    of(
        "GET /ajax-api/2.0/mlflow/metrics/get-history-bulk-interval",
        "run_ids=runs metric_key=key max_results=size start_step=number end_step=number",
    ),
    of("GET /api/2.0/mlflow/artifacts/list", "run_id=run path page_token"),
    of("GET /get-artifact", "run_id=run path"),
    of("GET /model-versions/get-artifact", "name=registered version path"),
    of("POST /ajax-api/2.0/mlflow/upload-artifact", "run_uuid=run path"),
    of(
        "POST /api/2.0/mlflow/logged-models",
        "experiment_id=experiment name=text model_type=text source_run_id=run params=pairs tags=pairs",
    ),
    of("GET /api/2.0/mlflow/logged-models/m-1", "allow_deleted=flag"),
    of("PATCH /api/2.0/mlflow/logged-models/m-1", "status=model_status"),
    of("DELETE /api/2.0/mlflow/logged-models/m-1", ""),
    of("POST /api/2.0/mlflow/logged-models/m-1/params", "params=pairs"),
    of("PATCH /api/2.0/mlflow/logged-models/m-1/tags", "tags=pairs"),
    of("DELETE /api/2.0/mlflow/logged-models/m-1/tags/a", ""),
    of(
        "POST /api/2.0/mlflow/logged-models/search",
        "experiment_ids=experiments filter datasets=dataset_filters max_results=size order_by=model_orders page_token",
    ),
    of(
        "GET /api/2.0/mlflow/logged-models/m-1/artifacts/directories",
        "artifact_directory_path=path page_token",
    ),
    of("GET /ajax-api/2.0/mlflow/logged-models/m-1/artifacts/files", "artifact_file_path=path"),
    of("POST /api/2.0/mlflow/registered-models/create", "name=fresh description=text tags=pairs"),
    of("GET /api/2.0/mlflow/registered-models/get", "name=registered"),
    of("GET /api/2.0/mlflow/registered-models/search", "filter order_by=orders max_results=size page_token"),
    of("PATCH /api/2.0/mlflow/registered-models/update", "name=registered description=text"),
    of("POST /api/2.0/mlflow/registered-models/rename", "name=registered new_name=fresh"),
    of("DELETE /api/2.0/mlflow/registered-models/delete", "name=registered"),
    of("POST /api/2.0/mlflow/registered-models/set-tag", "name=registered key value=text"),
    of("DELETE /api/2.0/mlflow/registered-models/delete-tag", "name=registered key"),
    of("POST /api/2.0/mlflow/registered-models/alias", "name=registered alias version"),
    of("DELETE /api/2.0/mlflow/registered-models/alias", "name=registered alias"),
    of("GET /api/2.0/mlflow/registered-models/alias", "name=registered alias"),
    of("GET /api/2.0/mlflow/registered-models/get-latest-versions", "name=registered stages"),
    of("POST /api/2.0/mlflow/registered-models/get-latest-versions", "name=registered stages"),
    of(
        "POST /api/2.0/mlflow/model-versions/create",
        "name=registered source=uri run_id=run run_link=text description=text model_id=model tags=pairs",
    ),
    of("GET /api/2.0/mlflow/model-versions/get", "name=registered version"),
    of("GET /api/2.0/mlflow/model-versions/search", "filter order_by=orders max_results=size page_token"),
    of("GET /api/2.0/mlflow/model-versions/get-download-uri", "name=registered version"),
    of("PATCH /api/2.0/mlflow/model-versions/update", "name=registered version description=text"),
    of("DELETE /api/2.0/mlflow/model-versions/delete", "name=registered version"),
    of(
        "POST /api/2.0/mlflow/model-versions/transition-stage",
        "name=registered version stage archive_existing_versions=flag",
    ),
    of("POST /api/2.0/mlflow/model-versions/set-tag", "name=registered version key value=text"),
    of("DELETE /api/2.0/mlflow/model-versions/delete-tag", "name=registered version key"),
    of("GET /api/2.0/mlflow-artifacts/artifacts", "path"),
    of("GET /api/2.0/mlflow-artifacts/artifacts/1/a", ""),
    of("HEAD /api/2.0/mlflow-artifacts/artifacts/1/a", ""),
    of("PUT /api/2.0/mlflow-artifacts/artifacts/1/a", ""),
    of("DELETE /api/2.0/mlflow-artifacts/artifacts/1/a", ""),
    of("DELETE /ajax-api/2.0/mlflow-artifacts/artifacts/1/a", ""),
    of("GET /api/2.0/mlflow-artifacts/presigned/1/a", ""),
    of("POST /api/2.0/mlflow-artifacts/mpu/create/1/a", "path num_parts=size"),
    of("POST /api/2.0/mlflow-artifacts/mpu/complete/1/a", "path upload_id=upload parts"),
    of("POST /api/2.0/mlflow-artifacts/mpu/abort/1/a", "path upload_id=upload"),
    of("PUT /api/2.0/mlflow-artifacts/mpu/parts/1/a", ""),
    of("POST /api/3.0/mlflow/traces", "trace"),
    of("GET /api/3.0/mlflow/traces/tr-1", ""),
    of("PATCH /api/2.0/mlflow/traces/tr-1/tags", "key value=text"),
    of("DELETE /api/2.0/mlflow/traces/tr-1/tags", "key"),
    of("POST /graphql", "query=text"),
];

#[test]
fn every_route_that_asks_for_a_token_is_broken_here_too() {
    let listed = include_str!("../../tokens/routes.rs");
    let lines = listed.lines().filter_map(|line| line.trim().strip_prefix('"')?.split_once('"'));
    let lines =
        lines.map(|(line, _)| line).filter(|line| line.contains("/api/") || line.contains("-artifact"));
    let mut count = 0;
    for line in lines {
        let same = |route: &Route| route.line == line || route.line.replace("/api/", "/ajax-api/") == line;
        assert!(ROUTES.iter().any(same), "{line} is not in the list here");
        count += 1;
    }
    assert!(count > 50, "{count}");
}
