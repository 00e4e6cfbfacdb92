-- Content hashes of files outside the store, so that an unchanged file is not read again.

CREATE TABLE files (
    path     BLOB    NOT NULL PRIMARY KEY,
    bytes    INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    hash     TEXT    NOT NULL,
    recorded INTEGER NOT NULL
) STRICT;
