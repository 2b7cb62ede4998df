-- The journal as a Merkle tree instead of a hash chain.
-- Older programs: would chain new leaves to a journal that looks empty, so they
-- are kept out.

-- Left as it was, in stores that were never sealed; no server opens those.
ALTER TABLE journal RENAME TO chained_journal;

-- Leaves of the audit tree, one row per batch, without gaps from leaf 0.
-- `nodes` are the hashes of the subtrees the batch completes, before the leaves
-- so that a proof reads them without walking past the leaves.
CREATE TABLE journal (
  first_sequence INTEGER PRIMARY KEY,
  count INTEGER NOT NULL CHECK (count >= 1),
  time INTEGER NOT NULL,
  nodes BLOB NOT NULL,
  leaves BLOB NOT NULL
) STRICT;

-- Which leaves concern which file, packed (packing.h), one row per file and
-- round of indexing. Keyed by the last of them, as mail is.
CREATE TABLE case_leaf (
  case_id TEXT NOT NULL,
  last_sequence INTEGER NOT NULL,
  sequences BLOB NOT NULL,
  PRIMARY KEY (case_id, last_sequence)
) STRICT, WITHOUT ROWID;

-- What the platform signed of the tree. `cosignatures` are those of missions,
-- packed.
CREATE TABLE checkpoint (
  tree_size INTEGER PRIMARY KEY,
  time INTEGER NOT NULL,
  note TEXT NOT NULL,
  cosigners INTEGER NOT NULL,
  cosignatures BLOB NOT NULL
) STRICT;

-- The few that missions signed.
CREATE INDEX checkpoint_cosigned ON checkpoint (tree_size)
  WHERE cosigners > 0;

INSERT INTO meta (name, value)
  VALUES ('storage.leaf_index_end', CAST('0' AS BLOB));
UPDATE meta SET value = CAST('2' AS BLOB)
  WHERE name = 'storage.lowest_compatible_version';
