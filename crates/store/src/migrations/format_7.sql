PRAGMA foreign_keys = OFF;
BEGIN TRANSACTION;
CREATE TABLE actions (
    id         INTEGER NOT NULL PRIMARY KEY,
    plan       TEXT    NOT NULL,
    action     TEXT    NOT NULL,
    node       TEXT    NOT NULL,
    generation INTEGER NOT NULL,
    reason     TEXT    NOT NULL,
    key        TEXT,
    started    INTEGER NOT NULL,
    finished   INTEGER,
    status     TEXT    CHECK (status IN ('done', 'failed', 'skipped', 'interrupted')),
    detail     TEXT,
    CHECK ((finished IS NULL) = (status IS NULL) AND (finished IS NULL) = (detail IS NULL))
) STRICT;
INSERT INTO "actions" VALUES(1,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719200000000,1772719200000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(2,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719200000000,1772719200000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(3,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719200000000,1772719200000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(4,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719200000000,1772719200000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(5,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719260000000,1772719260000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(6,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','run step.features','step.features',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719260000000,1772719260000000,'failed','{"message":"exit code 1"}');
INSERT INTO "actions" VALUES(7,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719320000000,1772719320000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(8,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719320000000,NULL,NULL,NULL);
CREATE TABLE aliases (
    model   TEXT    NOT NULL,
    alias   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
) STRICT;
INSERT INTO "aliases" VALUES('late','champion',2);
CREATE TABLE comments (
    id     INTEGER NOT NULL PRIMARY KEY,
    ticket INTEGER NOT NULL REFERENCES tickets (id),
    at     INTEGER NOT NULL,
    author TEXT    NOT NULL,
    text   TEXT    NOT NULL
) STRICT;
INSERT INTO "comments" VALUES(1,1,1772719321000000,'ada','Seen.');
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
INSERT INTO "deliveries" VALUES(1,'ops','evt-1','kaizen.verdict','model.late','{"a":1}','waiting',0,NULL,1772719260000000,1772719260000000,NULL);
CREATE TABLE files (
    path     BLOB    NOT NULL PRIMARY KEY,
    bytes    INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    hash     TEXT    NOT NULL,
    recorded INTEGER NOT NULL
) STRICT;
INSERT INTO "files" VALUES(X'666C69676874732E637376',3,1,1,9,'d1411d1576911bc99ec4fc7d17949c94f88ad7d718adadc57e5831bc3694f649',1772719320000000);
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
INSERT INTO "history" VALUES(1,1772719200000000,'gate','service_set','service.late','{"artifact":"d5a9e964e266146a13499a5075d163f4c5cae0b6e0d8274050ea3d78f2ed36c6","model":"late","service":"late","version":1}',NULL,'292fbc9cb5f543b61921cd78996cffe3afb553684b49ef995fc96c3a5a5a062e','77d7e388bcd9394e2dd983d1482c4495ec3548244056916613da63a706e7a6d8');
INSERT INTO "history" VALUES(2,1772719200000000,'gate','alias_set','model.late','{"alias":"champion","artifact":"d5a9e964e266146a13499a5075d163f4c5cae0b6e0d8274050ea3d78f2ed36c6","model":"late","version":1}',NULL,'77d7e388bcd9394e2dd983d1482c4495ec3548244056916613da63a706e7a6d8','40da18e9aba4d028132aacd8e70125706c99abff285f43fcf3c0462232a76f85');
INSERT INTO "history" VALUES(3,1772719320000000,'ada','alias_set','model.late','{"alias":"champion","artifact":"02508725ccfed7ebd4a6894f4a09f1ea06cc87b48bb2098f32fc9492ea502238","model":"late","version":2}','the fare feed is broken: "é"','40da18e9aba4d028132aacd8e70125706c99abff285f43fcf3c0462232a76f85','3384e37ee807a34999f0d9b4f98e3c52062c3395db3ccc2b755441fb1535a157');
INSERT INTO "history" VALUES(4,1772719320000000,'ada','service_set','service.late','{"artifact":"02508725ccfed7ebd4a6894f4a09f1ea06cc87b48bb2098f32fc9492ea502238","model":"late","service":"late","version":2}','the fare feed is broken: "é"','3384e37ee807a34999f0d9b4f98e3c52062c3395db3ccc2b755441fb1535a157','01e48238161d0ac90943a6377d0c8ad9ca82bda403afdbe11652dd8f60ddf456');
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
INSERT INTO "incidents" VALUES(1,'late','drift','confirmed',1772000000000000,1772003600000000,1772007200000000,NULL,'high','distance drifts','{"causes":[]}',1772719321000000);
CREATE TABLE labels (
    sequence INTEGER NOT NULL PRIMARY KEY,
    service  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    known    INTEGER,
    received INTEGER NOT NULL,
    UNIQUE (service, id)
) STRICT;
INSERT INTO "labels" VALUES(2,'late','b','0',1772007200000000,1772719320000000);
INSERT INTO "labels" VALUES(3,'late','a','0',1772007200000000,1772719321000000);
CREATE TABLE meta (
    key   TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('format',7);
INSERT INTO "meta" VALUES('generation',1);
CREATE TABLE monitor_states (
    monitor  TEXT    NOT NULL PRIMARY KEY,
    state    TEXT    NOT NULL,
    recorded INTEGER NOT NULL
) STRICT;
INSERT INTO "monitor_states" VALUES('late','{"watermark":"2026-02-25T00:00:00Z"}',1772719321000000);
CREATE TABLE nodes (
    node     TEXT    NOT NULL,
    facet    TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    output   TEXT,
    detail   TEXT    NOT NULL,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (node, facet)
) STRICT;
INSERT INTO "nodes" VALUES('model.late','train','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115','f3870003362772416696ef31e8b7ff49705577595ab013f89cd4e8d5142d7499','{"detail":{"rows":3},"record":{"status":"done"}}',1772719260000000);
CREATE TABLE replaced_labels (
    sequence INTEGER NOT NULL PRIMARY KEY,
    service  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    value    TEXT    NOT NULL,
    known    INTEGER,
    received INTEGER NOT NULL
) STRICT;
INSERT INTO "replaced_labels" VALUES(1,'late','a','1',1772007200000000,1772719320000000);
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
INSERT INTO "segments" VALUES(1,'late','7412302952acf791fccd0d8e4a01f19b6e5f1566e5712447afb07f28d0612848','late',2,1772000000000000,1772003600000000,1772000000000000,1772003600000000,2,13,'000001.journal/0',NULL);
CREATE TABLE services (
    service TEXT    NOT NULL PRIMARY KEY,
    model   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
) STRICT;
INSERT INTO "services" VALUES('late','late',2);
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
INSERT INTO "signals" VALUES('late',2,'drift.distance',1772000000000000,1772086400000000,0.4,0.3,0.5,100,0.001,1,'{}');
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
INSERT INTO "silences" VALUES(1,'late','drift',1772172800000000,'ada','known',1772719321000000,NULL);
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
INSERT INTO "tickets" VALUES(1,'drift','distance drifts','open','high','Look.','{"psi":0.4}','[{"rel":"incident","target":"incident/1"}]',1772719321000000,1772719321000000,NULL);
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
INSERT INTO "versions" VALUES('late',1,'47f1af8de7fd035043b5f778ffd036f76f28836539f4520e9b88ac78d6e6526b','d5a9e964e266146a13499a5075d163f4c5cae0b6e0d8274050ea3d78f2ed36c6','{"seed":7}',NULL,1772719200000000);
INSERT INTO "versions" VALUES('late',2,'f9cb542885b65928bb52934ee3b2e0c80a3693576deb434579d5e98ef5bb7393','02508725ccfed7ebd4a6894f4a09f1ea06cc87b48bb2098f32fc9492ea502238','{"seed":7}',NULL,1772719200000000);
CREATE TABLE windows (
    monitor      TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    window_start INTEGER NOT NULL,
    window_end   INTEGER NOT NULL,
    detail       TEXT    NOT NULL,
    PRIMARY KEY (monitor, window_start, version)
) STRICT;
INSERT INTO "windows" VALUES('late',2,1772000000000000,1772086400000000,'{"rows":100}');
CREATE INDEX actions_by_node ON actions (node, id);
CREATE INDEX actions_unfinished ON actions (id) WHERE finished IS NULL;
CREATE TRIGGER versions_are_never_changed BEFORE UPDATE ON versions
BEGIN
    SELECT RAISE(ABORT, 'model versions are immutable');
END;
CREATE TRIGGER versions_are_never_removed BEFORE DELETE ON versions
BEGIN
    SELECT RAISE(ABORT, 'model versions are immutable');
END;
CREATE TRIGGER history_is_never_changed BEFORE UPDATE ON history
BEGIN
    SELECT RAISE(ABORT, 'the history is only ever added to');
END;
CREATE TRIGGER history_is_never_removed BEFORE DELETE ON history
BEGIN
    SELECT RAISE(ABORT, 'the history is only ever added to');
END;
CREATE INDEX segments_by_time ON segments (service, event_last) WHERE forgotten IS NULL;
CREATE INDEX labels_by_sequence ON labels (service, sequence);
CREATE INDEX replaced_labels_by_id ON replaced_labels (service, id, sequence);
CREATE INDEX signals_by_time ON signals (monitor, window_start);
CREATE INDEX incidents_by_monitor ON incidents (monitor, id);
CREATE INDEX tickets_by_fingerprint ON tickets (fingerprint, id);
CREATE UNIQUE INDEX tickets_unfinished ON tickets (fingerprint) WHERE status <> 'done';
CREATE INDEX comments_by_ticket ON comments (ticket, id);
CREATE INDEX deliveries_due ON deliveries (next_attempt) WHERE status = 'waiting';
COMMIT;
