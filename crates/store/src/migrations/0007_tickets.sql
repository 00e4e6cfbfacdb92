-- The board of tickets, and the events on their way to webhooks.

CREATE TABLE tickets (
    id          INTEGER NOT NULL PRIMARY KEY,
    fingerprint TEXT,
    title       TEXT    NOT NULL,
    status      TEXT    NOT NULL CHECK (status IN ('open', 'doing', 'done')),
    severity    TEXT    NOT NULL,
    body        TEXT    NOT NULL,
    evidence    TEXT    NOT NULL,
    links       TEXT    NOT NULL,
    created     INTEGER NOT NULL,
    updated     INTEGER NOT NULL,
    closed      INTEGER,
    CHECK ((closed IS NULL) = (status <> 'done'))
) STRICT;

CREATE INDEX tickets_by_fingerprint ON tickets (fingerprint, id);
CREATE UNIQUE INDEX tickets_unfinished ON tickets (fingerprint) WHERE status <> 'done';

CREATE TABLE comments (
    id     INTEGER NOT NULL PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (id),
    at     INTEGER NOT NULL,
    author TEXT    NOT NULL,
    text   TEXT    NOT NULL
) STRICT;

CREATE INDEX comments_by_ticket ON comments (ticket, id);

CREATE TABLE deliveries (
    id           INTEGER NOT NULL PRIMARY KEY,
    webhook      TEXT    NOT NULL,
    event_id     TEXT    NOT NULL,
    kind         TEXT    NOT NULL,
    subject      TEXT    NOT NULL,
    body         TEXT    NOT NULL,
    status       TEXT    NOT NULL CHECK (status IN ('waiting', 'delivered', 'abandoned')),
    attempts     INTEGER NOT NULL,
    error        TEXT,
    created      INTEGER NOT NULL,
    next_attempt INTEGER NOT NULL,
    ended        INTEGER,
    UNIQUE (webhook, event_id),
    CHECK ((ended IS NULL) = (status = 'waiting'))
) STRICT;

CREATE INDEX deliveries_due ON deliveries (next_attempt) WHERE status = 'waiting';
