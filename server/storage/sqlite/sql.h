#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_SQL_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_SQL_H_

// Every query of the store, together so that one test proves the plan of each.
// The address of a constant names its prepared statement.
namespace passerelle::storage::sqlite {

inline constexpr char kGetRecordSql[] =
    "SELECT kind, state, version, wake_time, message, internal FROM record "
    "WHERE scope = ? AND id = ?";

inline constexpr char kListRecordsSql[] =
    "SELECT kind, state, version, wake_time, message, internal, id "
    "FROM record WHERE scope = ? AND id > ? AND kind = ? "
    "ORDER BY id LIMIT ?";

inline constexpr char kCountIdsSql[] =
    "SELECT COUNT(*) FROM (SELECT 1 FROM record "
    "WHERE scope = ? AND id >= ? AND id < ? LIMIT ?)";

inline constexpr char kListCasesSql[] =
    "SELECT case_id FROM party WHERE mission = ? AND case_id > ? "
    "ORDER BY case_id LIMIT ?";

inline constexpr char kIsPartySql[] =
    "SELECT 1 FROM party WHERE mission = ? AND case_id = ?";

inline constexpr char kListDueSql[] =
    "SELECT scope, id FROM record WHERE wake_time <= ? "
    "ORDER BY wake_time LIMIT ?";

inline constexpr char kNextWakeSql[] =
    "SELECT wake_time FROM record WHERE wake_time IS NOT NULL "
    "ORDER BY wake_time LIMIT 1";

inline constexpr char kInsertRecordSql[] =
    "INSERT INTO record "
    "(kind, state, version, wake_time, message, internal, scope, id) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?)";

inline constexpr char kUpdateRecordSql[] =
    "UPDATE record SET kind = ?, state = ?, version = ?, wake_time = ?, "
    "message = ?, internal = ? WHERE scope = ? AND id = ?";

inline constexpr char kDeleteRecordSql[] =
    "DELETE FROM record WHERE scope = ? AND id = ?";

inline constexpr char kAddPartySql[] =
    "INSERT INTO party (mission, case_id) VALUES (?, ?) "
    "ON CONFLICT DO NOTHING";

inline constexpr char kJournalTailSql[] =
    "SELECT first_sequence, count, time, nodes, leaves FROM journal "
    "ORDER BY first_sequence DESC LIMIT 1";

// Only the numbers: the leaves of the tail may be long.
inline constexpr char kJournalEndSql[] =
    "SELECT first_sequence + count FROM journal "
    "ORDER BY first_sequence DESC LIMIT 1";

// From the batch that holds leaf ?1; when ?1 is beyond the tail, the tail is
// found as well and sorted out by its end.
inline constexpr char kReadJournalSql[] =
    "SELECT first_sequence, count, time, nodes, leaves FROM journal "
    "WHERE first_sequence >= COALESCE((SELECT MAX(first_sequence) "
    "FROM journal WHERE first_sequence <= ?1), 0) "
    "AND first_sequence + count > ?1 ORDER BY first_sequence LIMIT ?2";

inline constexpr char kAppendJournalSql[] =
    "INSERT INTO journal (first_sequence, count, time, nodes, leaves) "
    "VALUES (?, ?, ?, ?, ?)";

inline constexpr char kJournalNodesSql[] =
    "SELECT first_sequence, count, nodes FROM journal "
    "WHERE first_sequence <= ? ORDER BY first_sequence DESC LIMIT 1";

// Each row holds at least one leaf, so as many rows as leaves are enough.
inline constexpr char kLeavesOfCaseSql[] =
    "SELECT sequences FROM case_leaf WHERE case_id = ? AND last_sequence >= ? "
    "ORDER BY last_sequence LIMIT ?";

inline constexpr char kAddCaseLeavesSql[] =
    "INSERT INTO case_leaf (case_id, last_sequence, sequences) "
    "VALUES (?, ?, ?)";

inline constexpr char kListCheckpointsSql[] =
    "SELECT tree_size, time, note, cosignatures FROM checkpoint "
    "WHERE tree_size >= ? ORDER BY tree_size LIMIT ?";

inline constexpr char kLatestCheckpointSql[] =
    "SELECT tree_size, time, note, cosignatures FROM checkpoint "
    "ORDER BY tree_size DESC LIMIT 1";

inline constexpr char kLatestCosignedSql[] =
    "SELECT tree_size, time, note, cosignatures FROM checkpoint "
    "WHERE cosigners > 0 AND cosigners >= ? ORDER BY tree_size DESC LIMIT 1";

inline constexpr char kPutCheckpointSql[] =
    "INSERT INTO checkpoint (tree_size, time, note, cosigners, cosignatures) "
    "VALUES (?, ?, ?, ?, ?) ON CONFLICT (tree_size) DO UPDATE "
    "SET time = excluded.time, note = excluded.note, "
    "cosigners = excluded.cosigners, cosignatures = excluded.cosignatures";

// Begins with the oldest, which are the smallest.
inline constexpr char kDropCheckpointsSql[] =
    "DELETE FROM checkpoint WHERE tree_size IN (SELECT tree_size "
    "FROM checkpoint WHERE cosigners = 0 AND time < ? AND tree_size < "
    "(SELECT MAX(tree_size) FROM checkpoint) ORDER BY tree_size LIMIT ?)";

inline constexpr char kGetMailboxSql[] =
    "SELECT last_sequence, oldest_sequence, acknowledged_sequence, "
    "acknowledge_time FROM mailbox WHERE mission = ?";

// Each row holds at least one entry, so as many rows as entries are enough.
inline constexpr char kReadMailSql[] =
    "SELECT first_sequence, entries FROM mail "
    "WHERE mission = ? AND last_sequence > ? "
    "ORDER BY last_sequence LIMIT ?";

inline constexpr char kAppendMailSql[] =
    "INSERT INTO mail (mission, last_sequence, first_sequence, time, entries) "
    "VALUES (?, ?, ?, ?, ?)";

inline constexpr char kAdvanceMailboxSql[] =
    "INSERT INTO mailbox (mission, last_sequence, oldest_sequence, "
    "acknowledged_sequence, acknowledge_time) VALUES (?, ?, 1, 0, NULL) "
    "ON CONFLICT (mission) DO UPDATE "
    "SET last_sequence = excluded.last_sequence";

inline constexpr char kAcknowledgeSql[] =
    "UPDATE mailbox SET acknowledged_sequence = ?, acknowledge_time = ? "
    "WHERE mission = ?";

// Reads the whole table, which has one short row per mission.
inline constexpr char kCompactibleSql[] =
    "SELECT mission, acknowledged_sequence FROM mailbox "
    "WHERE oldest_sequence <= acknowledged_sequence ORDER BY mission";

inline constexpr char kAcknowledgedMailSql[] =
    "SELECT last_sequence, time FROM mail "
    "WHERE mission = ? AND last_sequence <= ? "
    "ORDER BY last_sequence LIMIT ?";

inline constexpr char kDropMailSql[] =
    "DELETE FROM mail WHERE mission = ? AND last_sequence <= ?";

inline constexpr char kRaiseOldestSql[] =
    "UPDATE mailbox SET oldest_sequence = ? WHERE mission = ?";

inline constexpr char kFindRequestSql[] =
    "SELECT request.slot, answer.answers FROM request "
    "JOIN answer ON answer.batch = request.batch "
    "WHERE request.fingerprint = ?";

inline constexpr char kAddAnswersSql[] =
    "INSERT INTO answer (time, answers) VALUES (?, ?)";

inline constexpr char kAddRequestSql[] =
    "INSERT INTO request (fingerprint, batch, slot) VALUES (?, ?, ?)";

inline constexpr char kOldAnswersSql[] =
    "SELECT batch, answers FROM answer WHERE time < ? ORDER BY time LIMIT ?";

inline constexpr char kDropRequestSql[] =
    "DELETE FROM request WHERE fingerprint = ?";

inline constexpr char kDropAnswersSql[] = "DELETE FROM answer WHERE batch = ?";

// A row of meta: the first leaf that case_leaf does not know, in decimal.
inline constexpr char kLeafIndexEndName[] = "storage.leaf_index_end";

inline constexpr char kGetMetaSql[] = "SELECT value FROM meta WHERE name = ?";

inline constexpr char kPutMetaSql[] =
    "INSERT INTO meta (name, value) VALUES (?, ?) "
    "ON CONFLICT (name) DO UPDATE SET value = excluded.value";

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_SQL_H_
