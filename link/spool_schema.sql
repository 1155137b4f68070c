-- A node's spool. One row of `row` is one row of the wire; a growing row takes a new seq and leaves
-- its old one empty. The row with the highest seq is never deleted, so that no seq comes twice.
CREATE TABLE IF NOT EXISTS meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS row (
    seq INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS epoch (
    first_seq INTEGER PRIMARY KEY, epoch TEXT NOT NULL, boot TEXT NOT NULL, os_boot TEXT NOT NULL,
    offset_ms INTEGER NOT NULL, clock TEXT NOT NULL, held INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS mark (
    store_id TEXT PRIMARY KEY, seq INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lost (
    last_seq INTEGER NOT NULL, source TEXT NOT NULL, since_ms INTEGER NOT NULL,
    until_ms INTEGER NOT NULL, rows INTEGER NOT NULL, reason TEXT NOT NULL);
