-- The account of every change of what serves. Each entry carries the hash of the one before it.

CREATE TABLE history (
    sequence INTEGER NOT NULL PRIMARY KEY,
    at       INTEGER NOT NULL,
    actor    TEXT    NOT NULL,
    kind     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    because  TEXT,
    previous TEXT    NOT NULL,
    hash     TEXT    NOT NULL
) STRICT;

CREATE TRIGGER history_is_never_changed BEFORE UPDATE ON history
BEGIN
    SELECT RAISE(ABORT, 'the history is only ever added to');
END;

CREATE TRIGGER history_is_never_removed BEFORE DELETE ON history
BEGIN
    SELECT RAISE(ABORT, 'the history is only ever added to');
END;
