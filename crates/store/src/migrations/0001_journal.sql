-- What the engine records to resume: intents, outcomes, and the state each outcome left behind.

CREATE TABLE meta (
    key   TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;

INSERT INTO meta (key, value) VALUES ('format', 0), ('generation', 0);

CREATE TABLE actions (
    id         INTEGER NOT NULL PRIMARY KEY,
    plan       TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    node       TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    key        TEXT,
    started    INTEGER NOT NULL,
    finished   INTEGER,
    status     TEXT    CHECK (status IN ('done', 'failed', 'skipped', 'interrupted')),
    detail     TEXT,
    CHECK ((finished IS NULL) = (status IS NULL) AND (finished IS NULL) = (detail IS NULL))
) STRICT;

CREATE INDEX actions_by_node ON actions (node, id);
CREATE INDEX actions_unfinished ON actions (id) WHERE finished IS NULL;

CREATE TABLE nodes (
    node     TEXT    NOT NULL,
    facet    TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    output   TEXT,
    detail   TEXT    NOT NULL,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (node, facet)
) STRICT;
