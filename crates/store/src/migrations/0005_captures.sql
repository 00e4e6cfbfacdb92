-- What services were asked and answered, as sealed segments, and the labels that came later.

CREATE TABLE segments (
    id             INTEGER NOT NULL PRIMARY KEY,
    service        TEXT    NOT NULL,
    object         TEXT    NOT NULL,
    model          TEXT    NOT NULL,
    version        INTEGER NOT NULL,
    event_first    INTEGER NOT NULL,
    event_last     INTEGER NOT NULL,
    received_first INTEGER NOT NULL,
    received_last  INTEGER NOT NULL,
    row_count      INTEGER NOT NULL,
    byte_count     INTEGER NOT NULL,
    source         TEXT    NOT NULL,
    -- A forgotten segment keeps its row: its number is not given again, and its source stays sealed.
    forgotten      INTEGER,
    UNIQUE (service, source)
) STRICT;

CREATE INDEX segments_by_time ON segments (service, event_last) WHERE forgotten IS NULL;

CREATE TABLE labels (
    sequence INTEGER NOT NULL PRIMARY KEY,
    service  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    known    INTEGER,
    received INTEGER NOT NULL,
    UNIQUE (service, id)
) STRICT;

CREATE INDEX labels_by_sequence ON labels (service, sequence);

CREATE TABLE replaced_labels (
    sequence INTEGER NOT NULL PRIMARY KEY,
    service  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    known    INTEGER,
    received INTEGER NOT NULL
) STRICT;

CREATE INDEX replaced_labels_by_id ON replaced_labels (service, id, sequence);
