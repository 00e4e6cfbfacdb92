CREATE TABLE experiments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    -- What clients call it. Digits for those made here; others when imported or made while away.
    experiment_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL UNIQUE,
    artifact_location TEXT NOT NULL,
    -- 0 active, 1 deleted
    deleted INTEGER NOT NULL DEFAULT 0,
    created INTEGER NOT NULL,
    updated INTEGER NOT NULL
);

CREATE TABLE experiment_tags (
    experiment INTEGER NOT NULL REFERENCES experiments (id) ON DELETE CASCADE,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    PRIMARY KEY (experiment, key)
) WITHOUT ROWID;
CREATE INDEX experiment_tags_by_value ON experiment_tags (key, value, experiment);
