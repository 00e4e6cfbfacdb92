-- Models that code logged, with or without a run.
CREATE TABLE logged_models (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What clients call it: m- and 32 digits for those made here.
    model_id TEXT NOT NULL UNIQUE,
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    artifact_location TEXT NOT NULL,
    -- Milliseconds since 1970.
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL,
    -- 0 unspecified, 1 pending, 2 ready, 3 failed
    status INTEGER NOT NULL,
    status_message TEXT,
    model_type TEXT NOT NULL DEFAULT '',
    -- A run that need not be known here; empty where none was named.
    source_run_id TEXT NOT NULL DEFAULT '',
    -- 0 active, 1 deleted
    deleted INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX logged_models_by_creation ON logged_models (experiment, deleted, created DESC, id);
CREATE INDEX logged_models_by_run ON logged_models (source_run_id, created, id);

-- The experiment is repeated in what is searched by, so that a search stays within its experiments.
CREATE TABLE logged_model_params (
    model INTEGER NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    experiment INTEGER NOT NULL,
    PRIMARY KEY (model, key)
) WITHOUT ROWID;
CREATE INDEX logged_model_params_by_value ON logged_model_params (experiment, key, value, model);

CREATE TABLE logged_model_tags (
    model INTEGER NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    experiment INTEGER NOT NULL,
    PRIMARY KEY (model, key)
) WITHOUT ROWID;
CREATE INDEX logged_model_tags_by_value ON logged_model_tags (experiment, key, value, model);

-- Points of runs that say which model they measure.
CREATE TABLE logged_model_metrics (
    model INTEGER NOT NULL REFERENCES logged_models (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    step INTEGER NOT NULL,
    run_id TEXT NOT NULL,
    -- NULL where it is NaN.
    value REAL,
    -- That of the run.
    experiment INTEGER NOT NULL,
    dataset_name TEXT,
    dataset_digest TEXT,
    PRIMARY KEY (model, key, timestamp, step, run_id)
) WITHOUT ROWID;
