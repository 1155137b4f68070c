-- series.db: readings, evidence and the marks of streams, so that one transaction holds them all.
-- Times: `bucket`, `hour` in Unix seconds, `*_ms` in Unix milliseconds.
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS node (
    id INTEGER PRIMARY KEY, venue TEXT NOT NULL, node TEXT NOT NULL, UNIQUE (venue, node));
CREATE TABLE IF NOT EXISTS epoch (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, epoch TEXT NOT NULL,
    boot TEXT, at_ms INTEGER, clock TEXT NOT NULL, error_ms INTEGER NOT NULL, reason TEXT,
    UNIQUE (node, epoch));
CREATE TABLE IF NOT EXISTS series (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    UNIQUE (node, kind, name));
CREATE TABLE IF NOT EXISTS source (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, kind TEXT NOT NULL, name TEXT NOT NULL,
    UNIQUE (node, kind, name));

-- Integer keys, no rowid: some 25 bytes a row on disk.
CREATE TABLE IF NOT EXISTS count_bucket (
    series INTEGER NOT NULL, bucket INTEGER NOT NULL, epoch INTEGER NOT NULL,
    entered INTEGER NOT NULL, left INTEGER NOT NULL,
    PRIMARY KEY (series, bucket, epoch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS count_hour (
    series INTEGER NOT NULL, hour INTEGER NOT NULL,
    entered INTEGER NOT NULL, left INTEGER NOT NULL,
    PRIMARY KEY (series, hour)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS measure_bucket (
    series INTEGER NOT NULL, bucket INTEGER NOT NULL, epoch INTEGER NOT NULL,
    n INTEGER NOT NULL, total REAL NOT NULL, least REAL NOT NULL, most REAL NOT NULL,
    PRIMARY KEY (series, bucket, epoch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS measure_hour (
    series INTEGER NOT NULL, hour INTEGER NOT NULL,
    n INTEGER NOT NULL, total REAL NOT NULL, least REAL NOT NULL, most REAL NOT NULL,
    PRIMARY KEY (series, hour)) WITHOUT ROWID;

-- Hours that may hold more than stands above, where buckets lie in InfluxDB.
CREATE TABLE IF NOT EXISTS open_hour (
    kind TEXT NOT NULL, venue TEXT NOT NULL, node TEXT NOT NULL, name TEXT NOT NULL,
    hour INTEGER NOT NULL, turn INTEGER NOT NULL,
    PRIMARY KEY (kind, venue, node, name, hour)) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS interval (
    source INTEGER NOT NULL, since_ms INTEGER NOT NULL, epoch INTEGER NOT NULL,
    until_ms INTEGER NOT NULL, value TEXT, ended TEXT,
    PRIMARY KEY (source, since_ms, epoch)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, node INTEGER NOT NULL, source TEXT NOT NULL, name TEXT NOT NULL,
    at_ms INTEGER NOT NULL, epoch INTEGER NOT NULL, data TEXT NOT NULL,
    received_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS event_by_time ON event (node, at_ms);

-- What commits touched and nobody has judged yet, by node and day.
CREATE TABLE IF NOT EXISTS docket (
    node INTEGER NOT NULL, day INTEGER NOT NULL, first_ms INTEGER NOT NULL,
    last_ms INTEGER NOT NULL, turn INTEGER NOT NULL, PRIMARY KEY (node, day)) WITHOUT ROWID;
-- How full the hub's disk ('') and those of nodes (venue/node) were, the last sample of each day.
CREATE TABLE IF NOT EXISTS disk_day (
    place TEXT NOT NULL, day INTEGER NOT NULL, at_s INTEGER NOT NULL, used INTEGER NOT NULL,
    total INTEGER NOT NULL, own INTEGER NOT NULL, PRIMARY KEY (place, day)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS stream (
    stream TEXT PRIMARY KEY, node INTEGER NOT NULL, mark INTEGER NOT NULL, boots TEXT NOT NULL
    ) WITHOUT ROWID;
-- What no longer exists anywhere, or cannot be read: each cuts coverage of `source` ('*': of the
-- whole node) for its span.
CREATE TABLE IF NOT EXISTS gap (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, source TEXT NOT NULL,
    since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, rows INTEGER NOT NULL,
    reason TEXT NOT NULL, stream TEXT NOT NULL, first_seq INTEGER NOT NULL,
    last_seq INTEGER NOT NULL, received_ms INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS quarantine (
    id INTEGER PRIMARY KEY, stream TEXT NOT NULL, seq INTEGER NOT NULL, node INTEGER NOT NULL, raw BLOB NOT NULL,
    code TEXT NOT NULL, reason TEXT NOT NULL, source TEXT NOT NULL,
    since_ms INTEGER NOT NULL, until_ms INTEGER NOT NULL, received_ms INTEGER NOT NULL);
CREATE INDEX IF NOT EXISTS quarantine_by_node ON quarantine (node, since_ms);
CREATE INDEX IF NOT EXISTS quarantine_kept ON quarantine (id) WHERE length(raw) > 0;
CREATE TABLE IF NOT EXISTS fork (
    id INTEGER PRIMARY KEY, node INTEGER NOT NULL, stream TEXT NOT NULL, boot TEXT NOT NULL,
    boundary INTEGER NOT NULL, received_ms INTEGER NOT NULL, UNIQUE (stream, boot));
CREATE TABLE IF NOT EXISTS refused (
    id INTEGER PRIMARY KEY, topic TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
    payload BLOB NOT NULL, received_ms INTEGER NOT NULL);
