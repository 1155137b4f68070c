-- A kiosk's journal. Every step of a transaction is a row with the whole transaction; nothing is
-- changed but by forgetting whose it was. The newest row of an id is how it stands.
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS step (
    seq INTEGER PRIMARY KEY, id TEXT NOT NULL, at_ms INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS step_id ON step (id);
CREATE TABLE IF NOT EXISTS export (
    hash TEXT PRIMARY KEY, name TEXT NOT NULL, at_ms INTEGER NOT NULL, handed_in_ms INTEGER)
    WITHOUT ROWID;
