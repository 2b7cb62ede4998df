#include "server/storage/sqlite/write_transaction.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/sqlite/packing.h"
#include "server/storage/sqlite/sql.h"
#include "server/storage/sqlite/statement.h"

namespace passerelle::storage::sqlite {
namespace {

// Two names, so that a method may need one inside a command's.
struct SavepointSql {
  const char* open;
  const char* undo;
  const char* release;
};

constexpr char kOpenCommandSql[] = "SAVEPOINT command";
constexpr char kUndoCommandSql[] = "ROLLBACK TO command";
constexpr char kReleaseCommandSql[] = "RELEASE command";
constexpr SavepointSql kCommand = {kOpenCommandSql, kUndoCommandSql,
                                   kReleaseCommandSql};

constexpr char kOpenMethodSql[] = "SAVEPOINT method";
constexpr char kUndoMethodSql[] = "ROLLBACK TO method";
constexpr char kReleaseMethodSql[] = "RELEASE method";
constexpr SavepointSql kMethod = {kOpenMethodSql, kUndoMethodSql,
                                  kReleaseMethodSql};

absl::Status Run(Connection* connection, const char* sql) {
  Statement statement(connection, sql);
  return statement.Run();
}

absl::Status RunInSavepoint(Connection* connection, const SavepointSql& sql,
                            absl::FunctionRef<absl::Status()> body) {
  PASSERELLE_RETURN_IF_ERROR(Run(connection, sql.open));
  const absl::Status status = body();
  // Whatever the body says, an ended transaction has nothing to keep.
  PASSERELLE_RETURN_IF_ERROR(connection->transaction_error());
  if (!status.ok()) PASSERELLE_RETURN_IF_ERROR(Run(connection, sql.undo));
  PASSERELLE_RETURN_IF_ERROR(Run(connection, sql.release));
  return status;
}

absl::Status WriteRecord(Connection* connection, const char* sql,
                         const Record& record) {
  Statement statement(connection, sql);
  statement.BindText(record.kind).BindInt(record.state).BindInt(record.version);
  if (record.wake_time == absl::InfiniteFuture()) {
    statement.BindNull();
  } else {
    statement.BindTime(record.wake_time);
  }
  return statement.BindBlob(record.message)
      .BindBlob(record.internal)
      .BindText(record.key.scope)
      .BindText(record.key.id)
      .Run();
}

absl::Status Damaged() {
  return absl::DataLossError("a row of answers is damaged");
}

}  // namespace

absl::Status SqliteWriteTransaction::Savepoint(
    const std::function<absl::Status()>& body) {
  if (in_savepoint_) return absl::InternalError("savepoints do not nest");
  in_savepoint_ = true;
  const absl::Status status = RunInSavepoint(connection_, kCommand, body);
  in_savepoint_ = false;
  return status;
}

absl::Status SqliteWriteTransaction::DoInsert(const Record& record) {
  return WriteRecord(connection_, kInsertRecordSql, record);
}

absl::Status SqliteWriteTransaction::DoUpdate(const Record& record) {
  PASSERELLE_RETURN_IF_ERROR(
      WriteRecord(connection_, kUpdateRecordSql, record));
  return connection_->changes() == 1 ? absl::OkStatus()
                                     : absl::NotFoundError("no such record");
}

absl::Status SqliteWriteTransaction::DoDelete(const RecordKey& key) {
  Statement statement(connection_, kDeleteRecordSql);
  PASSERELLE_RETURN_IF_ERROR(
      statement.BindText(key.scope).BindText(key.id).Run());
  return connection_->changes() == 1 ? absl::OkStatus()
                                     : absl::NotFoundError("no such record");
}

absl::Status SqliteWriteTransaction::AddParty(absl::string_view mission,
                                              absl::string_view case_id) {
  Statement statement(connection_, kAddPartySql);
  return statement.BindText(mission).BindText(case_id).Run();
}

absl::Status SqliteWriteTransaction::AppendJournal(const JournalBatch& batch) {
  int64_t expected = 0;
  {
    Statement end(connection_, kJournalEndSql);
    if (end.Step()) expected = end.Int(0);
    PASSERELLE_RETURN_IF_ERROR(end.status());
  }
  if (batch.first_sequence != expected || batch.count < 1) {
    return absl::FailedPreconditionError(
        absl::StrCat("the journal continues at ", expected));
  }
  Statement statement(connection_, kAppendJournalSql);
  return statement.BindInt(batch.first_sequence)
      .BindInt(batch.count)
      .BindTime(batch.time)
      .BindBlob(batch.nodes)
      .BindBlob(batch.leaves)
      .Run();
}

absl::Status SqliteWriteTransaction::IndexLeaves(
    int64_t end, const std::vector<CaseLeaves>& leaves) {
  int64_t before = 0;
  PASSERELLE_RETURN_IF_ERROR(LeafIndexEnd(&before));
  if (end < before) {
    return absl::FailedPreconditionError(
        absl::StrCat("the index continues at ", before));
  }
  return RunInSavepoint(connection_, kMethod, [&]() -> absl::Status {
    for (const CaseLeaves& entry : leaves) {
      std::string packed;
      PackNumbers(entry.sequences, &packed);
      Statement row(connection_, kAddCaseLeavesSql);
      PASSERELLE_RETURN_IF_ERROR(row.BindText(entry.case_id)
                                     .BindInt(entry.sequences.back())
                                     .BindBlob(packed)
                                     .Run());
    }
    return PutMeta(kLeafIndexEndName, absl::StrCat(end));
  });
}

absl::Status SqliteWriteTransaction::PutCheckpoint(
    const Checkpoint& checkpoint) {
  std::string packed;
  for (const std::string& line : checkpoint.cosignatures) Pack(line, &packed);
  Statement row(connection_, kPutCheckpointSql);
  return row.BindInt(checkpoint.tree_size)
      .BindTime(checkpoint.time)
      .BindText(checkpoint.note)
      .BindInt(static_cast<int64_t>(checkpoint.cosignatures.size()))
      .BindBlob(packed)
      .Run();
}

absl::Status SqliteWriteTransaction::DropCheckpoints(absl::Time before,
                                                     int limit) {
  Statement rows(connection_, kDropCheckpointsSql);
  return rows.BindTime(before).BindInt(std::max(limit, 0)).Run();
}

absl::Status SqliteWriteTransaction::AppendMailbox(
    absl::string_view mission, absl::Time time,
    const std::vector<MailboxEntry>& entries) {
  if (entries.empty()) return absl::OkStatus();
  MailboxState state;
  PASSERELLE_RETURN_IF_ERROR(GetMailbox(mission, &state));
  int64_t last = state.last_sequence;
  std::string packed;
  for (const MailboxEntry& entry : entries) {
    if (entry.sequence != ++last) {
      return absl::FailedPreconditionError(
          absl::StrCat("the mailbox continues at ", last));
    }
    Pack(entry.entry, &packed);
  }
  return RunInSavepoint(connection_, kMethod, [&]() -> absl::Status {
    Statement mail(connection_, kAppendMailSql);
    PASSERELLE_RETURN_IF_ERROR(mail.BindText(mission)
                                   .BindInt(last)
                                   .BindInt(entries.front().sequence)
                                   .BindTime(time)
                                   .BindBlob(packed)
                                   .Run());
    Statement mailbox(connection_, kAdvanceMailboxSql);
    return mailbox.BindText(mission).BindInt(last).Run();
  });
}

absl::Status SqliteWriteTransaction::AcknowledgeMailbox(
    absl::string_view mission, int64_t sequence, absl::Time time) {
  MailboxState state;
  PASSERELLE_RETURN_IF_ERROR(GetMailbox(mission, &state));
  if (sequence > state.last_sequence) {
    return absl::OutOfRangeError(
        absl::StrCat("the last entry is ", state.last_sequence));
  }
  if (sequence <= state.acknowledged_sequence) return absl::OkStatus();
  Statement statement(connection_, kAcknowledgeSql);
  return statement.BindInt(sequence).BindTime(time).BindText(mission).Run();
}

absl::Status SqliteWriteTransaction::CompactMailboxes(absl::Time before,
                                                      int limit) {
  std::vector<std::pair<std::string, int64_t>> mailboxes;
  {
    Statement row(connection_, kCompactibleSql);
    while (row.Step()) mailboxes.emplace_back(row.Text(0), row.Int(1));
    PASSERELLE_RETURN_IF_ERROR(row.status());
  }
  for (const auto& [mission, acknowledged] : mailboxes) {
    if (limit <= 0) break;
    PASSERELLE_RETURN_IF_ERROR(
        CompactMailbox(mission, acknowledged, before, &limit));
  }
  return absl::OkStatus();
}

absl::Status SqliteWriteTransaction::CompactMailbox(absl::string_view mission,
                                                    int64_t acknowledged,
                                                    absl::Time before,
                                                    int* rows) {
  int64_t drop = 0;
  {
    Statement row(connection_, kAcknowledgedMailSql);
    row.BindText(mission).BindInt(acknowledged).BindInt(*rows);
    // In order and up to the first young row: what is left has no holes.
    while (row.Step() && row.Int(1) < ToColumn(before)) {
      drop = row.Int(0);
      --*rows;
    }
    PASSERELLE_RETURN_IF_ERROR(row.status());
  }
  if (drop == 0) return absl::OkStatus();
  return RunInSavepoint(connection_, kMethod, [&]() -> absl::Status {
    Statement mail(connection_, kDropMailSql);
    PASSERELLE_RETURN_IF_ERROR(mail.BindText(mission).BindInt(drop).Run());
    Statement mailbox(connection_, kRaiseOldestSql);
    return mailbox.BindInt(drop + 1).BindText(mission).Run();
  });
}

absl::Status SqliteWriteTransaction::RememberRequests(
    absl::Time time, const std::vector<RememberedRequest>& requests) {
  if (requests.empty()) return absl::OkStatus();
  return RunInSavepoint(connection_, kMethod,
                        [&] { return AddRequests(time, requests); });
}

absl::Status SqliteWriteTransaction::AddRequests(
    absl::Time time, const std::vector<RememberedRequest>& requests) {
  std::string packed;
  for (const RememberedRequest& request : requests) {
    Pack(request.fingerprint, &packed);
    Pack(request.answer, &packed);
  }
  {
    Statement answers(connection_, kAddAnswersSql);
    PASSERELLE_RETURN_IF_ERROR(answers.BindTime(time).BindBlob(packed).Run());
  }
  const int64_t batch = connection_->last_insert_row();
  for (size_t slot = 0; slot < requests.size(); ++slot) {
    Statement request(connection_, kAddRequestSql);
    PASSERELLE_RETURN_IF_ERROR(request.BindBlob(requests[slot].fingerprint)
                                   .BindInt(batch)
                                   .BindInt(static_cast<int64_t>(slot))
                                   .Run());
  }
  return absl::OkStatus();
}

absl::Status SqliteWriteTransaction::ForgetRequests(absl::Time before,
                                                    int limit,
                                                    int64_t* forgotten) {
  *forgotten = 0;
  std::vector<std::pair<int64_t, std::string>> batches;
  {
    Statement row(connection_, kOldAnswersSql);
    row.BindTime(before).BindInt(std::max(limit, 0));
    while (row.Step()) batches.emplace_back(row.Int(0), row.Blob(1));
    PASSERELLE_RETURN_IF_ERROR(row.status());
  }
  return RunInSavepoint(connection_, kMethod, [&]() -> absl::Status {
    for (const auto& [batch, answers] : batches) {
      PASSERELLE_RETURN_IF_ERROR(ForgetBatch(batch, answers, forgotten));
    }
    return absl::OkStatus();
  });
}

absl::Status SqliteWriteTransaction::ForgetBatch(int64_t batch,
                                                 absl::string_view answers,
                                                 int64_t* forgotten) {
  Unpacker unpacker(answers);
  absl::string_view fingerprint;
  absl::string_view answer;
  while (unpacker.Next(&fingerprint)) {
    if (!unpacker.Next(&answer)) return Damaged();
    Statement request(connection_, kDropRequestSql);
    PASSERELLE_RETURN_IF_ERROR(request.BindBlob(fingerprint).Run());
    *forgotten += connection_->changes();
  }
  if (unpacker.damaged()) return Damaged();
  Statement drop(connection_, kDropAnswersSql);
  return drop.BindInt(batch).Run();
}

absl::Status SqliteWriteTransaction::PutMeta(absl::string_view name,
                                             absl::string_view value) {
  Statement statement(connection_, kPutMetaSql);
  return statement.BindText(name).BindBlob(value).Run();
}

}  // namespace passerelle::storage::sqlite
