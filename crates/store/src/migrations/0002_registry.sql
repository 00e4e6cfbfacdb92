-- Model versions, which never change, and the names that move between them.

CREATE TABLE versions (
    model    TEXT    NOT NULL,
    version  INTEGER NOT NULL CHECK (version > 0),
    key      TEXT    NOT NULL,
    artifact TEXT    NOT NULL,
    lineage  TEXT    NOT NULL,
    verdict  TEXT,
    created  INTEGER NOT NULL,
    PRIMARY KEY (model, version),
    UNIQUE (model, key)
) STRICT;

CREATE TRIGGER versions_are_never_changed BEFORE UPDATE ON versions
BEGIN
    SELECT RAISE(ABORT, 'model versions are immutable');
END;

CREATE TRIGGER versions_are_never_removed BEFORE DELETE ON versions
BEGIN
    SELECT RAISE(ABORT, 'model versions are immutable');
END;

CREATE TABLE aliases (
    model   TEXT    NOT NULL,
    alias   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
) STRICT;

CREATE TABLE services (
    service TEXT    NOT NULL PRIMARY KEY,
    model   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
) STRICT;
