#include "server/storage/sqlite/reader.h"

#include <algorithm>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/sqlite/packing.h"
#include "server/storage/sqlite/sql.h"
#include "server/storage/sqlite/statement.h"

namespace passerelle::storage::sqlite {
namespace {

// SQLite takes a negative LIMIT for no limit.
int64_t Bounded(int limit) { return std::max(limit, 0); }

void Assign(absl::string_view value, std::string* target) {
  target->assign(value.data(), value.size());
}

// The columns that kGetRecordSql and kListRecordsSql share.
void ReadRecord(Statement& row, Record* record) {
  Assign(row.Text(0), &record->kind);
  record->state = static_cast<int32_t>(row.Int(1));
  record->version = row.Int(2);
  record->wake_time = row.IsNull(3) ? absl::InfiniteFuture() : row.Time(3);
  Assign(row.Blob(4), &record->message);
  Assign(row.Blob(5), &record->internal);
}

JournalBatch ReadBatch(Statement& row) {
  JournalBatch batch;
  batch.first_sequence = row.Int(0);
  batch.count = row.Int(1);
  batch.time = row.Time(2);
  Assign(row.Blob(3), &batch.nodes);
  Assign(row.Blob(4), &batch.leaves);
  return batch;
}

Checkpoint ReadCheckpoint(Statement& row) {
  Checkpoint checkpoint;
  checkpoint.tree_size = row.Int(0);
  checkpoint.time = row.Time(1);
  Assign(row.Text(2), &checkpoint.note);
  Unpacker unpacker(row.Blob(3));
  absl::string_view line;
  while (unpacker.Next(&line)) checkpoint.cosignatures.emplace_back(line);
  return checkpoint;
}

absl::Status NotThere(const Statement& statement, const char* what) {
  return statement.status().ok() ? absl::NotFoundError(what)
                                 : statement.status();
}

}  // namespace

absl::Status Reader::Get(const RecordKey& key, Record* record) {
  Statement row(connection_, kGetRecordSql);
  row.BindText(key.scope).BindText(key.id);
  if (!row.Step()) return NotThere(row, "no such record");
  record->key = key;
  ReadRecord(row, record);
  return row.status();
}

absl::Status Reader::List(absl::string_view scope, absl::string_view kind,
                          absl::string_view after_id, int limit,
                          std::vector<Record>* records) {
  records->clear();
  Statement row(connection_, kListRecordsSql);
  row.BindText(scope).BindText(after_id).BindText(kind).BindInt(Bounded(limit));
  while (row.Step()) {
    Record& record = records->emplace_back();
    Assign(scope, &record.key.scope);
    Assign(row.Text(6), &record.key.id);
    ReadRecord(row, &record);
  }
  return row.status();
}

absl::Status Reader::CountIds(absl::string_view scope, absl::string_view prefix,
                              int limit, int64_t* count) {
  // Above every text in UTF-8 that goes on after an ASCII prefix.
  const std::string to = absl::StrCat(prefix, "\U0010FFFF");
  Statement row(connection_, kCountIdsSql);
  row.BindText(scope).BindText(prefix).BindText(to).BindInt(Bounded(limit));
  *count = row.Step() ? row.Int(0) : 0;
  return row.status();
}

absl::Status Reader::ListCases(absl::string_view mission,
                               absl::string_view after_case, int limit,
                               std::vector<std::string>* case_ids) {
  case_ids->clear();
  Statement row(connection_, kListCasesSql);
  row.BindText(mission).BindText(after_case).BindInt(Bounded(limit));
  while (row.Step()) case_ids->emplace_back(row.Text(0));
  return row.status();
}

absl::Status Reader::IsParty(absl::string_view mission,
                             absl::string_view case_id, bool* party) {
  Statement row(connection_, kIsPartySql);
  row.BindText(mission).BindText(case_id);
  *party = row.Step();
  return row.status();
}

absl::Status Reader::ListDue(absl::Time now, int limit,
                             std::vector<RecordKey>* keys) {
  keys->clear();
  Statement row(connection_, kListDueSql);
  row.BindTime(now).BindInt(Bounded(limit));
  while (row.Step()) {
    RecordKey& key = keys->emplace_back();
    Assign(row.Text(0), &key.scope);
    Assign(row.Text(1), &key.id);
  }
  return row.status();
}

absl::Status Reader::NextWake(absl::Time* time) {
  Statement row(connection_, kNextWakeSql);
  *time = row.Step() ? row.Time(0) : absl::InfiniteFuture();
  return row.status();
}

absl::Status Reader::GetMailbox(absl::string_view mission,
                                MailboxState* state) {
  *state = MailboxState();
  Statement row(connection_, kGetMailboxSql);
  row.BindText(mission);
  if (!row.Step()) return row.status();
  state->last_sequence = row.Int(0);
  state->oldest_sequence = row.Int(1);
  state->acknowledged_sequence = row.Int(2);
  if (!row.IsNull(3)) state->acknowledge_time = row.Time(3);
  return row.status();
}

absl::Status Reader::ReadMailbox(absl::string_view mission, int64_t after,
                                 int limit,
                                 std::vector<MailboxEntry>* entries) {
  entries->clear();
  const auto wanted = static_cast<size_t>(Bounded(limit));
  Statement row(connection_, kReadMailSql);
  row.BindText(mission).BindInt(after).BindInt(Bounded(limit));
  while (entries->size() < wanted && row.Step()) {
    int64_t sequence = row.Int(0);
    Unpacker unpacker(row.Blob(1));
    absl::string_view entry;
    for (; entries->size() < wanted && unpacker.Next(&entry); ++sequence) {
      if (sequence > after) entries->push_back({sequence, std::string(entry)});
    }
    if (unpacker.damaged()) {
      return absl::DataLossError("a row of mail is damaged");
    }
  }
  return row.status();
}

absl::Status Reader::FindRequest(absl::string_view fingerprint,
                                 std::string* answer) {
  Statement row(connection_, kFindRequestSql);
  row.BindBlob(fingerprint);
  if (!row.Step()) return NotThere(row, "no such request");
  const int64_t slot = row.Int(0);
  Unpacker unpacker(row.Blob(1));
  absl::string_view key;
  absl::string_view value;
  for (int64_t i = 0; unpacker.Next(&key) && unpacker.Next(&value); ++i) {
    if (i != slot) continue;
    if (key != fingerprint) break;
    Assign(value, answer);
    return row.status();
  }
  return row.status().ok() ? absl::DataLossError("a row of answers is damaged")
                           : row.status();
}

absl::Status Reader::JournalTail(JournalBatch* tail) {
  Statement row(connection_, kJournalTailSql);
  *tail = row.Step() ? ReadBatch(row) : JournalBatch();
  return row.status();
}

absl::Status Reader::ReadJournal(int64_t from, int limit,
                                 std::vector<JournalBatch>* batches) {
  batches->clear();
  Statement row(connection_, kReadJournalSql);
  row.BindInt(from).BindInt(Bounded(limit));
  while (row.Step()) batches->push_back(ReadBatch(row));
  return row.status();
}

absl::Status Reader::JournalNodes(int64_t sequence, int64_t* first_sequence,
                                  std::string* nodes) {
  Statement row(connection_, kJournalNodesSql);
  row.BindInt(sequence);
  if (!row.Step() || sequence >= row.Int(0) + row.Int(1)) {
    return NotThere(row, "no such leaf");
  }
  *first_sequence = row.Int(0);
  Assign(row.Blob(2), nodes);
  return row.status();
}

absl::Status Reader::LeavesOfCase(absl::string_view case_id, int64_t from,
                                  int limit, std::vector<int64_t>* sequences) {
  sequences->clear();
  const auto wanted = static_cast<size_t>(Bounded(limit));
  Statement row(connection_, kLeavesOfCaseSql);
  row.BindText(case_id).BindInt(from).BindInt(Bounded(limit));
  std::vector<int64_t> numbers;
  while (sequences->size() < wanted && row.Step()) {
    if (!UnpackNumbers(row.Blob(0), &numbers)) {
      return absl::DataLossError("a row of the leaf index is damaged");
    }
    for (const int64_t sequence : numbers) {
      if (sequence >= from && sequences->size() < wanted) {
        sequences->push_back(sequence);
      }
    }
  }
  return row.status();
}

absl::Status Reader::LeafIndexEnd(int64_t* sequence) {
  std::string text;
  PASSERELLE_RETURN_IF_ERROR(GetMeta(kLeafIndexEndName, &text));
  return absl::SimpleAtoi(text, sequence)
             ? absl::OkStatus()
             : absl::DataLossError("the end of the leaf index is damaged");
}

absl::Status Reader::ListCheckpoints(int64_t from_size, int limit,
                                     std::vector<Checkpoint>* checkpoints) {
  checkpoints->clear();
  Statement row(connection_, kListCheckpointsSql);
  row.BindInt(from_size).BindInt(Bounded(limit));
  while (row.Step()) checkpoints->push_back(ReadCheckpoint(row));
  return row.status();
}

absl::Status Reader::LatestCheckpoint(int min_cosignatures,
                                      Checkpoint* checkpoint) {
  const bool any = min_cosignatures <= 0;
  Statement row(connection_, any ? kLatestCheckpointSql : kLatestCosignedSql);
  if (!any) row.BindInt(min_cosignatures);
  if (!row.Step()) return NotThere(row, "no such checkpoint");
  *checkpoint = ReadCheckpoint(row);
  return row.status();
}

absl::Status Reader::GetMeta(absl::string_view name, std::string* value) {
  Statement row(connection_, kGetMetaSql);
  row.BindText(name);
  if (!row.Step()) return NotThere(row, "no such value");
  Assign(row.Blob(0), value);
  return row.status();
}

}  // namespace passerelle::storage::sqlite
