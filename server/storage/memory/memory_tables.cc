#include "server/storage/memory/memory_tables.h"

#include <algorithm>
#include <iterator>
#include <tuple>

#include "absl/strings/match.h"

namespace passerelle::storage {
namespace {

size_t Bounded(int limit) { return static_cast<size_t>(std::max(limit, 0)); }

}  // namespace

absl::Status MemoryReader::Get(const RecordKey& key, Record* record) {
  const auto found = tables_->records->find(key);
  if (found == tables_->records->end()) {
    return absl::NotFoundError("no such record");
  }
  *record = *found->second;
  return absl::OkStatus();
}

absl::Status MemoryReader::List(absl::string_view scope, absl::string_view kind,
                                absl::string_view after_id, int limit,
                                std::vector<Record>* records) {
  records->clear();
  auto next = tables_->records->upper_bound(
      RecordKey{std::string(scope), std::string(after_id)});
  for (; next != tables_->records->end() && next->first.scope == scope &&
         records->size() < Bounded(limit);
       ++next) {
    if (next->second->kind == kind) records->push_back(*next->second);
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::CountIds(absl::string_view scope,
                                    absl::string_view prefix, int limit,
                                    int64_t* count) {
  *count = 0;
  auto next = tables_->records->lower_bound(
      RecordKey{std::string(scope), std::string(prefix)});
  for (; next != tables_->records->end() && next->first.scope == scope &&
         absl::StartsWith(next->first.id, prefix) && *count < limit;
       ++next) {
    ++*count;
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::ListCases(absl::string_view mission,
                                     absl::string_view after_case, int limit,
                                     std::vector<std::string>* case_ids) {
  case_ids->clear();
  auto next = tables_->parties->upper_bound(
      {std::string(mission), std::string(after_case)});
  for (; next != tables_->parties->end() && next->first == mission &&
         case_ids->size() < Bounded(limit);
       ++next) {
    case_ids->push_back(next->second);
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::IsParty(absl::string_view mission,
                                   absl::string_view case_id, bool* party) {
  *party =
      tables_->parties->contains({std::string(mission), std::string(case_id)});
  return absl::OkStatus();
}

absl::Status MemoryReader::ListDue(absl::Time now, int limit,
                                   std::vector<RecordKey>* keys) {
  std::vector<std::pair<absl::Time, RecordKey>> due;
  for (const auto& [key, record] : *tables_->records) {
    if (record->wake_time != absl::InfiniteFuture() &&
        record->wake_time <= now) {
      due.emplace_back(record->wake_time, key);
    }
  }
  std::sort(due.begin(), due.end());
  keys->clear();
  for (const auto& [time, key] : due) {
    if (keys->size() == Bounded(limit)) break;
    keys->push_back(key);
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::NextWake(absl::Time* time) {
  *time = absl::InfiniteFuture();
  for (const auto& [key, record] : *tables_->records) {
    *time = std::min(*time, record->wake_time);
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::GetMailbox(absl::string_view mission,
                                      MailboxState* state) {
  const auto found = tables_->mailboxes->find(std::string(mission));
  *state =
      found == tables_->mailboxes->end() ? MailboxState() : found->second.state;
  return absl::OkStatus();
}

absl::Status MemoryReader::ReadMailbox(absl::string_view mission, int64_t after,
                                       int limit,
                                       std::vector<MailboxEntry>* entries) {
  entries->clear();
  const auto found = tables_->mailboxes->find(std::string(mission));
  if (found == tables_->mailboxes->end()) return absl::OkStatus();
  const auto& mail = found->second.mail;
  for (auto row = mail.upper_bound(after); row != mail.end(); ++row) {
    int64_t sequence = row->second.first_sequence;
    for (const std::string& entry : row->second.entries) {
      if (entries->size() >= Bounded(limit)) return absl::OkStatus();
      if (sequence > after) entries->push_back({sequence, entry});
      ++sequence;
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::FindRequest(absl::string_view fingerprint,
                                       std::string* answer) {
  const auto found = tables_->requests->find(std::string(fingerprint));
  if (found == tables_->requests->end()) {
    return absl::NotFoundError("no such request");
  }
  *answer = found->second;
  return absl::OkStatus();
}

absl::Status MemoryReader::JournalTail(JournalBatch* tail) {
  *tail = tables_->journal->empty() ? JournalBatch()
                                    : tables_->journal->rbegin()->second;
  return absl::OkStatus();
}

absl::Status MemoryReader::ReadJournal(int64_t from, int limit,
                                       std::vector<JournalBatch>* batches) {
  batches->clear();
  for (const auto& [first, batch] : *tables_->journal) {
    if (batches->size() >= Bounded(limit)) break;
    if (first + batch.count > from) batches->push_back(batch);
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::JournalNodes(int64_t sequence,
                                        int64_t* first_sequence,
                                        std::string* nodes) {
  const auto after = tables_->journal->upper_bound(sequence);
  if (after == tables_->journal->begin()) {
    return absl::NotFoundError("no such leaf");
  }
  const JournalBatch& batch = std::prev(after)->second;
  if (sequence >= batch.first_sequence + batch.count) {
    return absl::NotFoundError("no such leaf");
  }
  *first_sequence = batch.first_sequence;
  *nodes = batch.nodes;
  return absl::OkStatus();
}

absl::Status MemoryReader::LeavesOfCase(absl::string_view case_id, int64_t from,
                                        int limit,
                                        std::vector<int64_t>* sequences) {
  sequences->clear();
  const auto found = tables_->case_leaves->find(std::string(case_id));
  if (found == tables_->case_leaves->end()) return absl::OkStatus();
  for (const int64_t sequence : found->second) {
    if (sequences->size() >= Bounded(limit)) break;
    if (sequence >= from) sequences->push_back(sequence);
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::LeafIndexEnd(int64_t* sequence) {
  *sequence = tables_->leaf_index_end;
  return absl::OkStatus();
}

absl::Status MemoryReader::ListCheckpoints(
    int64_t from_size, int limit, std::vector<Checkpoint>* checkpoints) {
  checkpoints->clear();
  auto next = tables_->checkpoints->lower_bound(from_size);
  for (; next != tables_->checkpoints->end() &&
         checkpoints->size() < Bounded(limit);
       ++next) {
    checkpoints->push_back(next->second);
  }
  return absl::OkStatus();
}

absl::Status MemoryReader::LatestCheckpoint(int min_cosignatures,
                                            Checkpoint* checkpoint) {
  const auto& all = *tables_->checkpoints;
  const auto latest =
      std::find_if(all.rbegin(), all.rend(), [&](const auto& entry) {
        return entry.second.cosignatures.size() >= Bounded(min_cosignatures);
      });
  if (latest == all.rend()) return absl::NotFoundError("no such checkpoint");
  *checkpoint = latest->second;
  return absl::OkStatus();
}

absl::Status MemoryReader::GetMeta(absl::string_view name, std::string* value) {
  const auto found = tables_->meta->find(std::string(name));
  if (found == tables_->meta->end()) {
    return absl::NotFoundError("no such value");
  }
  *value = found->second;
  return absl::OkStatus();
}

}  // namespace passerelle::storage
