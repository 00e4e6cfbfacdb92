-- Small objects whose files are written and not synced: a loss of power may take the files, and this
-- has their bytes until they are safe.

CREATE TABLE pending_objects (
    -- Never given twice: whoever settles deletes what it saw before it synced, and nothing later.
    id    INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    hash  TEXT    NOT NULL,
    bytes BLOB    NOT NULL
) STRICT;
