-- The first schema: everything store.h promises.
-- Older programs: there are none.
--
-- Times are microseconds since 1970, UTC. Blobs are opaque to SQL: what lists
-- and timers need stands in columns of its own.

-- One row per resource. A rowid table: rows are wide (a sealed message), and a
-- WITHOUT ROWID table of wide rows read four times slower when measured.
-- `kind` comes before the blobs so that a list filters without reading them.
CREATE TABLE record (
  row INTEGER PRIMARY KEY,
  scope TEXT NOT NULL,
  id TEXT NOT NULL,
  kind TEXT NOT NULL,
  state INTEGER NOT NULL,
  version INTEGER NOT NULL CHECK (version >= 1),
  wake_time INTEGER,
  message BLOB NOT NULL,
  internal BLOB NOT NULL
) STRICT;

-- Serves reads by name and lists. It has no kind: a name is looked up without
-- knowing it, and a scope holds some hundreds of records at most, or is of one
-- kind only, so that filtering costs less than a second index would.
CREATE UNIQUE INDEX record_by_key ON record (scope, id);

-- Timers. Most records wait for nothing and stay out of the index.
CREATE INDEX record_by_wake_time ON record (wake_time)
  WHERE wake_time IS NOT NULL;

-- Which missions take part in which case; narrow, read by mission.
CREATE TABLE party (
  mission TEXT NOT NULL,
  case_id TEXT NOT NULL,
  PRIMARY KEY (mission, case_id)
) STRICT, WITHOUT ROWID;

-- Leaves of the audit tree, one row per batch, without gaps from leaf 0.
CREATE TABLE journal (
  first_sequence INTEGER PRIMARY KEY,
  count INTEGER NOT NULL CHECK (count >= 1),
  time INTEGER NOT NULL,
  chain_hash BLOB NOT NULL,
  leaves BLOB NOT NULL
) STRICT;

-- One row per mission that ever had mail. The counters stand here, not in the
-- mail, so that they survive when every mail is compacted.
CREATE TABLE mailbox (
  mission TEXT NOT NULL PRIMARY KEY,
  last_sequence INTEGER NOT NULL,
  oldest_sequence INTEGER NOT NULL,
  acknowledged_sequence INTEGER NOT NULL
    CHECK (acknowledged_sequence <= last_sequence),
  acknowledge_time INTEGER
) STRICT, WITHOUT ROWID;

-- The entries one batch brought to one mission, packed (packing.h). Keyed by
-- the last sequence: the reader asks for the rows that end above a cursor.
CREATE TABLE mail (
  row INTEGER PRIMARY KEY,
  mission TEXT NOT NULL,
  last_sequence INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL CHECK (first_sequence <= last_sequence),
  time INTEGER NOT NULL,
  entries BLOB NOT NULL
) STRICT;

CREATE UNIQUE INDEX mail_by_sequence ON mail (mission, last_sequence);

-- Committed requests. Keys are random unless clients make time-ordered ids, so
-- the row is kept as small as can be and answers stand in one row per batch. No foreign key to answer: it would
-- cost a look-up for every request, and both change only together.
CREATE TABLE request (
  fingerprint BLOB NOT NULL PRIMARY KEY,
  batch INTEGER NOT NULL,
  slot INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Fingerprint and answer of every request of a batch, packed in turn.
CREATE TABLE answer (
  batch INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  answers BLOB NOT NULL
) STRICT;

-- By time and not by batch number: a clock that once ran ahead must not stop
-- requests from being forgotten for ever.
CREATE INDEX answer_by_time ON answer (time);

-- Named values. Names that begin with "storage." belong to the store.
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO meta (name, value)
  VALUES ('storage.lowest_compatible_version', CAST('1' AS BLOB));
