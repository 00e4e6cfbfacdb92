-- Writes that may be sent again because their answer was lost. Each was done in the transaction of its row.
CREATE TABLE once (
    -- Who sent it: a spool, from its start to its end.
    spool TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    -- Milliseconds since 1970.
    at INTEGER NOT NULL,
    PRIMARY KEY (spool, sequence)
) WITHOUT ROWID;
