-- A database of schema 1 with a row or two of everything. Never edited:
-- every later release must be able to upgrade it.
PRAGMA application_id = 1347636306;
PRAGMA user_version = 1;
PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
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
INSERT INTO record VALUES(1,'c1','r1','referrals',3,2,1700000000000000,X'68656c6c6f',X'');
INSERT INTO record VALUES(2,'c1','s1','studies',0,1,NULL,X'00ff',X'01');
CREATE TABLE party (
  mission TEXT NOT NULL,
  case_id TEXT NOT NULL,
  PRIMARY KEY (mission, case_id)
) STRICT, WITHOUT ROWID;
INSERT INTO party VALUES('tunis','c1');
CREATE TABLE journal (
  first_sequence INTEGER PRIMARY KEY,
  count INTEGER NOT NULL CHECK (count >= 1),
  time INTEGER NOT NULL,
  chain_hash BLOB NOT NULL,
  leaves BLOB NOT NULL
) STRICT;
INSERT INTO journal VALUES(0,2,1700000000000000,X'0102',X'0304');
CREATE TABLE mailbox (
  mission TEXT NOT NULL PRIMARY KEY,
  last_sequence INTEGER NOT NULL,
  oldest_sequence INTEGER NOT NULL,
  acknowledged_sequence INTEGER NOT NULL
    CHECK (acknowledged_sequence <= last_sequence),
  acknowledge_time INTEGER
) STRICT, WITHOUT ROWID;
INSERT INTO mailbox VALUES('tunis',4,3,3,1700000000000001);
CREATE TABLE mail (
  row INTEGER PRIMARY KEY,
  mission TEXT NOT NULL,
  last_sequence INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL CHECK (first_sequence <= last_sequence),
  time INTEGER NOT NULL,
  entries BLOB NOT NULL
) STRICT;
INSERT INTO mail VALUES(2,'tunis',4,3,1700000000000000,X'0161026262');
CREATE TABLE request (
  fingerprint BLOB NOT NULL PRIMARY KEY,
  batch INTEGER NOT NULL,
  slot INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO request VALUES(X'30313233343536373839616263646566',1,0);
CREATE TABLE answer (
  batch INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  answers BLOB NOT NULL
) STRICT;
INSERT INTO answer VALUES(1,1700000000000000,X'103031323334353637383961626364656603796573');
CREATE TABLE meta (
  name TEXT NOT NULL PRIMARY KEY,
  value BLOB NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO meta VALUES('storage.lowest_compatible_version',X'31');
CREATE UNIQUE INDEX record_by_key ON record (scope, id);
CREATE INDEX record_by_wake_time ON record (wake_time)
  WHERE wake_time IS NOT NULL;
CREATE UNIQUE INDEX mail_by_sequence ON mail (mission, last_sequence);
CREATE INDEX answer_by_time ON answer (time);
COMMIT;
