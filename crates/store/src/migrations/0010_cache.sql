-- What came out when something was last made from the same inputs, so that it need not be made again.

CREATE TABLE cache (
    key      TEXT    NOT NULL PRIMARY KEY,
    node     TEXT    NOT NULL,
    output   TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    recorded INTEGER NOT NULL,
    used     INTEGER NOT NULL
) STRICT;

CREATE INDEX cache_by_use ON cache (used);
