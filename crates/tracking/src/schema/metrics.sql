-- Names of metrics, so that a point names its key by a number.
CREATE TABLE metric_keys (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL UNIQUE
);

-- Points as they came: a block is what one request logged to one run. The writer counts them, and no number is given twice.
CREATE TABLE points (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    count INTEGER NOT NULL,
    block BLOB NOT NULL
);
CREATE INDEX points_by_run ON points (run);

-- Points put in order: the parts of a key of a run follow one another, each a block of that one key. A point is here or in
-- `points`.
CREATE TABLE series (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key INTEGER NOT NULL REFERENCES metric_keys (id),
    part INTEGER NOT NULL,
    count INTEGER NOT NULL,
    last_timestamp INTEGER NOT NULL,
    last_step INTEGER NOT NULL,
    block BLOB NOT NULL,
    UNIQUE (run, key, part)
);

-- Up to which block the latest values are in their table.
CREATE TABLE folded (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    through INTEGER NOT NULL
);
INSERT INTO folded VALUES (1, 0);

-- The latest point of each key of a run.
CREATE TABLE latest (
    run INTEGER NOT NULL REFERENCES runs (id) ON DELETE CASCADE,
    key INTEGER NOT NULL REFERENCES metric_keys (id),
    experiment INTEGER NOT NULL,
    -- 0 where it is NaN.
    value REAL NOT NULL,
    is_nan INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    step INTEGER NOT NULL,
    PRIMARY KEY (run, key)
) WITHOUT ROWID;
CREATE INDEX latest_by_value ON latest (experiment, key, is_nan, value, run);
