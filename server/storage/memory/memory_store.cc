#include "server/storage/memory/memory_store.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/status_macros.h"
#include "server/storage/forwarding_reads.h"

namespace passerelle::storage {
namespace {

// Stored times have microseconds, here as in a database.
absl::Time Stored(absl::Time time) {
  if (time == absl::InfiniteFuture()) return time;
  return absl::FromUnixMicros(absl::ToUnixMicros(time));
}

// Changes `tables`, which the caller throws away when the transaction fails.
class MemoryWriteTransaction final
    : public ForwardingReads<WriteTransaction, MemoryReader> {
 public:
  explicit MemoryWriteTransaction(MemoryTables* tables)
      : ForwardingReads(MemoryReader(tables)), tables_(tables) {}

  absl::Status Savepoint(const std::function<absl::Status()>& body) override {
    if (in_savepoint_) return absl::InternalError("savepoints do not nest");
    in_savepoint_ = true;
    const MemoryTables before = *tables_;
    const absl::Status status = body();
    if (!status.ok()) *tables_ = before;
    in_savepoint_ = false;
    return status;
  }

  absl::Status AddParty(absl::string_view mission,
                        absl::string_view case_id) override {
    tables_->parties.Mutable().emplace(mission, case_id);
    return absl::OkStatus();
  }

  absl::Status AppendJournal(const JournalBatch& batch) override {
    JournalBatch tail;
    PASSERELLE_RETURN_IF_ERROR(JournalTail(&tail));
    const int64_t expected = tail.first_sequence + tail.count;
    if (batch.first_sequence != expected || batch.count < 1) {
      return absl::FailedPreconditionError(
          absl::StrCat("the journal continues at ", expected));
    }
    JournalBatch& stored = tables_->journal.Mutable()[expected] = batch;
    stored.time = Stored(batch.time);
    return absl::OkStatus();
  }

  absl::Status IndexLeaves(int64_t end,
                           const std::vector<CaseLeaves>& leaves) override {
    if (end < tables_->leaf_index_end) {
      return absl::FailedPreconditionError("the index never steps back");
    }
    for (const CaseLeaves& entry : leaves) {
      auto& known = tables_->case_leaves.Mutable()[entry.case_id];
      known.insert(known.end(), entry.sequences.begin(), entry.sequences.end());
    }
    tables_->leaf_index_end = end;
    return absl::OkStatus();
  }

  absl::Status PutCheckpoint(const Checkpoint& checkpoint) override {
    Checkpoint& stored = tables_->checkpoints.Mutable()[checkpoint.tree_size] =
        checkpoint;
    stored.time = Stored(checkpoint.time);
    return absl::OkStatus();
  }

  absl::Status DropCheckpoints(absl::Time before, int limit) override {
    auto& all = tables_->checkpoints.Mutable();
    for (auto next = all.begin();
         limit > 0 && next != all.end() && std::next(next) != all.end();) {
      const bool drop = next->second.time < Stored(before) &&
                        next->second.cosignatures.empty();
      next = drop ? all.erase(next) : std::next(next);
      limit -= drop ? 1 : 0;
    }
    return absl::OkStatus();
  }

  absl::Status AppendMailbox(
      absl::string_view mission, absl::Time time,
      const std::vector<MailboxEntry>& entries) override {
    if (entries.empty()) return absl::OkStatus();
    MailboxState state;
    PASSERELLE_RETURN_IF_ERROR(GetMailbox(mission, &state));
    int64_t last = state.last_sequence;
    MemoryMail mail{last + 1, Stored(time), {}};
    for (const MailboxEntry& entry : entries) {
      if (entry.sequence != ++last) {
        return absl::FailedPreconditionError(
            absl::StrCat("the mailbox continues at ", last));
      }
      mail.entries.push_back(entry.entry);
    }
    MemoryMailbox& mailbox = tables_->mailboxes.Mutable()[std::string(mission)];
    mailbox.state.last_sequence = last;
    mailbox.mail[last] = std::move(mail);
    return absl::OkStatus();
  }

  absl::Status AcknowledgeMailbox(absl::string_view mission, int64_t sequence,
                                  absl::Time time) override {
    MailboxState state;
    PASSERELLE_RETURN_IF_ERROR(GetMailbox(mission, &state));
    if (sequence > state.last_sequence) {
      return absl::OutOfRangeError(
          absl::StrCat("the last entry is ", state.last_sequence));
    }
    if (sequence <= state.acknowledged_sequence) return absl::OkStatus();
    state.acknowledged_sequence = sequence;
    state.acknowledge_time = Stored(time);
    tables_->mailboxes.Mutable()[std::string(mission)].state = state;
    return absl::OkStatus();
  }

  absl::Status CompactMailboxes(absl::Time before, int limit) override {
    for (auto& [mission, mailbox] : tables_->mailboxes.Mutable()) {
      while (limit > 0 && !mailbox.mail.empty()) {
        const auto oldest = mailbox.mail.begin();
        if (oldest->first > mailbox.state.acknowledged_sequence ||
            oldest->second.time >= Stored(before)) {
          break;
        }
        mailbox.state.oldest_sequence = oldest->first + 1;
        mailbox.mail.erase(oldest);
        --limit;
      }
    }
    return absl::OkStatus();
  }

  absl::Status RememberRequests(
      absl::Time time,
      const std::vector<RememberedRequest>& requests) override {
    if (requests.empty()) return absl::OkStatus();
    MemoryAnswers answers{Stored(time), {}};
    std::set<absl::string_view> fresh;
    for (const RememberedRequest& request : requests) {
      if (!fresh.insert(request.fingerprint).second ||
          tables_->requests->contains(request.fingerprint)) {
        return absl::AlreadyExistsError("the request was remembered before");
      }
      answers.fingerprints.push_back(request.fingerprint);
    }
    for (const RememberedRequest& request : requests) {
      tables_->requests.Mutable()[request.fingerprint] = request.answer;
    }
    tables_->answers.Mutable().push_back(std::move(answers));
    return absl::OkStatus();
  }

  absl::Status ForgetRequests(absl::Time before, int limit,
                              int64_t* forgotten) override {
    *forgotten = 0;
    auto& answers = tables_->answers.Mutable();
    std::stable_sort(answers.begin(), answers.end(),
                     [](const MemoryAnswers& a, const MemoryAnswers& b) {
                       return a.time < b.time;
                     });
    while (limit-- > 0 && !answers.empty() &&
           answers.front().time < Stored(before)) {
      for (const std::string& fingerprint : answers.front().fingerprints) {
        tables_->requests.Mutable().erase(fingerprint);
        ++*forgotten;
      }
      answers.erase(answers.begin());
    }
    return absl::OkStatus();
  }

  absl::Status PutMeta(absl::string_view name,
                       absl::string_view value) override {
    tables_->meta.Mutable()[std::string(name)] = std::string(value);
    return absl::OkStatus();
  }

 private:
  absl::Status DoInsert(const Record& record) override {
    if (record.version < 1) return BadVersion();
    if (tables_->records->contains(record.key)) {
      return absl::AlreadyExistsError("the record exists");
    }
    Put(record);
    return absl::OkStatus();
  }

  absl::Status DoUpdate(const Record& record) override {
    if (!tables_->records->contains(record.key)) {
      return absl::NotFoundError("no such record");
    }
    if (record.version < 1) return BadVersion();
    Put(record);
    return absl::OkStatus();
  }

  absl::Status DoDelete(const RecordKey& key) override {
    return tables_->records.Mutable().erase(key) == 1
               ? absl::OkStatus()
               : absl::NotFoundError("no such record");
  }

  static absl::Status BadVersion() {
    return absl::InternalError("a version is at least 1");
  }

  void Put(const Record& record) {
    auto stored = std::make_shared<Record>(record);
    stored->wake_time = Stored(record.wake_time);
    tables_->records.Mutable()[record.key] = std::move(stored);
  }

  MemoryTables* const tables_;
  bool in_savepoint_ = false;
};

}  // namespace

void MemoryStore::FailNextCommit(absl::Status status) {
  MutexLock lock(&mutex_);
  next_failure_ = std::move(status);
}

absl::Status MemoryStore::Read(
    const std::function<absl::Status(ReadTransaction&)>& body) {
  const std::shared_ptr<const MemoryTables> snapshot = Snapshot();
  ForwardingReads<ReadTransaction, MemoryReader> transaction{
      MemoryReader(snapshot.get())};
  return body(transaction);
}

absl::Status MemoryStore::Write(
    const std::function<absl::Status(WriteTransaction&)>& body) {
  MutexLock writer_lock(&writer_mutex_);
  auto tables = std::make_shared<MemoryTables>(*Snapshot());
  MemoryWriteTransaction transaction(tables.get());
  PASSERELLE_RETURN_IF_ERROR(body(transaction));
  MutexLock lock(&mutex_);
  if (next_failure_.has_value()) {
    return *std::exchange(next_failure_, std::nullopt);
  }
  committed_ = std::move(tables);
  return absl::OkStatus();
}

std::shared_ptr<const MemoryTables> MemoryStore::Snapshot() {
  MutexLock lock(&mutex_);
  return committed_;
}

}  // namespace passerelle::storage
