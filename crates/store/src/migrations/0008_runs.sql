-- Runs: what one command of Kaizen did, so that it can be listed, cancelled and tried again.

CREATE TABLE runs (
    id               INTEGER NOT NULL PRIMARY KEY,
    kind             TEXT    NOT NULL,
    command          TEXT    NOT NULL,
    started          INTEGER NOT NULL,
    finished         INTEGER,
    status           TEXT    NOT NULL
        CHECK (status IN ('running', 'done', 'failed', 'cancelled', 'interrupted')),
    pid              INTEGER NOT NULL,
    -- When somebody first asked for its end.
    cancel_requested INTEGER,
    detail           TEXT    NOT NULL,
    CHECK ((finished IS NULL) = (status = 'running'))
) STRICT;

CREATE INDEX runs_running ON runs (id) WHERE status = 'running';

-- An action that was recorded before there were runs, or beside them, has none.
ALTER TABLE actions ADD COLUMN run INTEGER REFERENCES runs (id);

CREATE INDEX actions_by_run ON actions (run, id) WHERE run IS NOT NULL;
