CREATE TABLE runs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run_id TEXT NOT NULL UNIQUE,
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    user_id TEXT NOT NULL DEFAULT '',
    -- RUNNING, SCHEDULED, FINISHED, FAILED, KILLED
    status TEXT NOT NULL,
    -- Milliseconds since 1970.
    started INTEGER,
    ended INTEGER,
    -- 0 active, 1 deleted
    deleted INTEGER NOT NULL DEFAULT 0,
    deleted_at INTEGER,
    artifact_uri TEXT NOT NULL,
    -- Counts every change of the run or of what belongs to it.
    version INTEGER NOT NULL DEFAULT 1
);
CREATE INDEX runs_by_start ON runs (experiment, deleted, started DESC, run_id);

-- The experiment is repeated in what is searched by, so that a search stays within its experiments.
CREATE TABLE params (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    experiment INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX params_by_value ON params (experiment, key, value, run);

CREATE TABLE tags (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    experiment INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX tags_by_value ON tags (experiment, key, value, run);

CREATE TABLE datasets (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    experiment INTEGER NOT NULL REFERENCES experiments (id),
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    source_type TEXT NOT NULL,
    source TEXT NOT NULL,
    schema TEXT,
    profile TEXT,
    UNIQUE (experiment, name, digest)
);

-- Which data sets a run read, in the order in which it said so.
CREATE TABLE inputs (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    dataset INTEGER NOT NULL REFERENCES datasets (id),
    UNIQUE (run, dataset)
);
CREATE INDEX inputs_by_dataset ON inputs (dataset, run);

CREATE TABLE input_tags (
    input INTEGER NOT NULL REFERENCES inputs (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (input, key)
) WITHOUT ROWID;

-- Logged models that a run read, and those that it made at a step.
CREATE TABLE model_inputs (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    PRIMARY KEY (run, model_id)
) WITHOUT ROWID;

CREATE TABLE model_outputs (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    model_id TEXT NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (run, model_id, step)
) WITHOUT ROWID;
