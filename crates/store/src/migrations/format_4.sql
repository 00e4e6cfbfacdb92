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
INSERT INTO "actions" VALUES(2,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719260000000,1772719260000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(3,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719320000000,1772719320000000,'done','{"rows":3}');
INSERT INTO "actions" VALUES(4,'29fde71e3ef298312227db745efc78ceb1c4e97c3a45f8e1f3f8680fa8a8f9ac','train model.late','model.late',0,'"never ran"','4ef38b30ffb3de577678f8ce50bdd27db4100701977bff9a633fb57459aa2115',1772719320000000,NULL,NULL,NULL);
CREATE TABLE aliases (
    model   TEXT    NOT NULL,
    alias   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    PRIMARY KEY (model, alias),
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
) STRICT;
INSERT INTO "aliases" VALUES('late','champion',2);
CREATE TABLE files (
    path     BLOB    NOT NULL PRIMARY KEY,
    bytes    INTEGER NOT NULL,
    mtime_ns INTEGER NOT NULL,
    ctime_ns INTEGER NOT NULL,
    inode    INTEGER NOT NULL,
    hash     TEXT    NOT NULL,
    recorded INTEGER NOT NULL
) STRICT;
INSERT INTO "files" VALUES(X'666C69676874732E637376',3,1,1,9,'9ab388bedc43eaf44150107d17ad090f6b1c34610f5740778ddb95d9f06576ee',1772719320000000);
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
INSERT INTO "history" VALUES(1,1772719200000000,'gate','alias_set','model.late','{"alias":"champion","artifact":"0f9b43cf8ba36b7be86b2864e3cf78b9d4d025c3ba5b56bdc320403bbb7f93bc","model":"late","version":1}',NULL,'292fbc9cb5f543b61921cd78996cffe3afb553684b49ef995fc96c3a5a5a062e','5715f081dc7a7ce66df19ce4797ab0ff3d15744ccca8a9ffc21126d584162a70');
INSERT INTO "history" VALUES(2,1772719200000000,'gate','service_set','service.late','{"artifact":"0f9b43cf8ba36b7be86b2864e3cf78b9d4d025c3ba5b56bdc320403bbb7f93bc","model":"late","service":"late","version":1}',NULL,'5715f081dc7a7ce66df19ce4797ab0ff3d15744ccca8a9ffc21126d584162a70','b81eb110ca5b371ce68b204d214b571f76065765356caff4f4e07b5193142fc3');
INSERT INTO "history" VALUES(3,1772719320000000,'ada','alias_set','model.late','{"alias":"champion","artifact":"7a28cf9ddda768b18f2343e7b187c8b2f63223e5dc3ebe01b2fa3b8c87d6acf5","model":"late","version":2}','the fare feed is broken: "é"','b81eb110ca5b371ce68b204d214b571f76065765356caff4f4e07b5193142fc3','78c5e8c21c4e4bfd550e954417ac38f8ecd07401edd978e10562e4d86d7ccdf6');
INSERT INTO "history" VALUES(4,1772719320000000,'ada','service_set','service.late','{"artifact":"7a28cf9ddda768b18f2343e7b187c8b2f63223e5dc3ebe01b2fa3b8c87d6acf5","model":"late","service":"late","version":2}','the fare feed is broken: "é"','78c5e8c21c4e4bfd550e954417ac38f8ecd07401edd978e10562e4d86d7ccdf6','6d0a30a81917dbc81849150c05e9f0b813b670eaf4fd5344471a44cf43e5a14a');
CREATE TABLE meta (
    key   TEXT    NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL
) STRICT;
INSERT INTO "meta" VALUES('format',4);
INSERT INTO "meta" VALUES('generation',0);
CREATE TABLE nodes (
    node     TEXT    NOT NULL,
    facet    TEXT    NOT NULL,
    key      TEXT    NOT NULL,
    output   TEXT,
    detail   TEXT    NOT NULL,
    recorded INTEGER NOT NULL,
    PRIMARY KEY (node, facet)
) STRICT;
INSERT INTO "nodes" VALUES('model.late','train','5cbcb0cee824b91866cd67f57a6643ddcb7cd4382029039043513953c759246b','94aa73e5d53ded06f0dcc593d9fe8a33664d3695be88d9fba0b872938059f213','{"roc_auc":0.7855,"rows":3}',1772719200000000);
CREATE TABLE services (
    service TEXT    NOT NULL PRIMARY KEY,
    model   TEXT    NOT NULL,
    version INTEGER NOT NULL,
    FOREIGN KEY (model, version) REFERENCES versions (model, version)
) STRICT;
INSERT INTO "services" VALUES('late','late',2);
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
INSERT INTO "versions" VALUES('late',1,'d33fb48ab5adff269ae172b29a6913ff04f6f266207a7a8e976f2ecd571d4492','0f9b43cf8ba36b7be86b2864e3cf78b9d4d025c3ba5b56bdc320403bbb7f93bc','{"seed":7}',NULL,1772719200000000);
INSERT INTO "versions" VALUES('late',2,'dc770fff53f50835f8cc957e01c0d5731d3c2ed544c375493a28c09be5e09763','7a28cf9ddda768b18f2343e7b187c8b2f63223e5dc3ebe01b2fa3b8c87d6acf5','{"seed":7}','f3870003362772416696ef31e8b7ff49705577595ab013f89cd4e8d5142d7499',1772719260000000);
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
COMMIT;
