-- What each trigger last fired for, and when it was last looked at.

CREATE TABLE triggers (
    name    TEXT    NOT NULL PRIMARY KEY,
    fired   TEXT,
    why     TEXT,
    at      INTEGER,
    checked INTEGER,
    CHECK ((fired IS NULL) = (at IS NULL) AND (fired IS NULL) = (why IS NULL))
) STRICT;
