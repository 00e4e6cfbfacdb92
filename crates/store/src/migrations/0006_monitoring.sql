-- What monitors measured and concluded, and where each of them stands.

CREATE TABLE signals (
    monitor      TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    signal       TEXT    NOT NULL,
    window_start INTEGER NOT NULL,
    window_end   INTEGER NOT NULL,
    -- Null stands for a value that is not a number: SQLite has no other form for it.
    value        REAL,
    lower_bound  REAL,
    upper_bound  REAL,
    row_count    INTEGER NOT NULL,
    p_value      REAL,
    departs      INTEGER NOT NULL CHECK (departs IN (0, 1)),
    detail       TEXT    NOT NULL,
    PRIMARY KEY (monitor, signal, window_start, version)
) STRICT;

CREATE INDEX signals_by_time ON signals (monitor, window_start);

CREATE TABLE windows (
    monitor      TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    window_start INTEGER NOT NULL,
    window_end   INTEGER NOT NULL,
    detail       TEXT    NOT NULL,
    PRIMARY KEY (monitor, window_start, version)
) STRICT;

CREATE TABLE monitor_states (
    monitor  TEXT    NOT NULL PRIMARY KEY,
    state    TEXT    NOT NULL,
    recorded INTEGER NOT NULL
) STRICT;

CREATE TABLE incidents (
    id          INTEGER NOT NULL PRIMARY KEY,
    monitor     TEXT    NOT NULL,
    fingerprint TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('open', 'confirmed', 'resolved')),
    onset       INTEGER NOT NULL,
    opened      INTEGER NOT NULL,
    confirmed   INTEGER,
    resolved    INTEGER,
    severity    TEXT    NOT NULL,
    title       TEXT    NOT NULL,
    detail      TEXT    NOT NULL,
    updated     INTEGER NOT NULL
) STRICT;

CREATE INDEX incidents_by_monitor ON incidents (monitor, id);

CREATE TABLE silences (
    id      INTEGER NOT NULL PRIMARY KEY,
    monitor TEXT    NOT NULL,
    signal  TEXT,
    until   INTEGER NOT NULL,
    author  TEXT    NOT NULL,
    because TEXT    NOT NULL,
    created INTEGER NOT NULL,
    -- A silence that was lifted keeps its row, so that its number is not given again.
    removed INTEGER
) STRICT;
