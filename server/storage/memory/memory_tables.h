#ifndef PASSERELLE_SERVER_STORAGE_MEMORY_MEMORY_TABLES_H_
#define PASSERELLE_SERVER_STORAGE_MEMORY_MEMORY_TABLES_H_

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/storage/store.h"

namespace passerelle::storage {

// A value that copies share until one of them changes it. Copying a set of
// tables is therefore cheap, which makes snapshots and undoing trivial.
template <typename T>
class CopyOnWrite {
 public:
  const T* operator->() const { return value_.get(); }
  const T& operator*() const { return *value_; }

  // Only the writer changes tables, and whatever a reader may see is shared.
  T& Mutable() {
    if (value_.use_count() > 1) value_ = std::make_shared<T>(*value_);
    return *value_;
  }

 private:
  std::shared_ptr<T> value_ = std::make_shared<T>();
};

struct MemoryMail {
  int64_t first_sequence = 0;
  absl::Time time;
  std::vector<std::string> entries;
};

struct MemoryMailbox {
  MailboxState state;
  std::map<int64_t, MemoryMail> mail;  // by last sequence
};

struct MemoryAnswers {
  absl::Time time;
  std::vector<std::string> fingerprints;
};

// Everything a store holds.
struct MemoryTables {
  CopyOnWrite<std::map<RecordKey, std::shared_ptr<const Record>>> records;
  CopyOnWrite<std::set<std::pair<std::string, std::string>>> parties;
  CopyOnWrite<std::map<std::string, MemoryMailbox>> mailboxes;
  CopyOnWrite<std::map<std::string, std::string>> requests;
  CopyOnWrite<std::vector<MemoryAnswers>> answers;
  CopyOnWrite<std::map<int64_t, JournalBatch>> journal;
  CopyOnWrite<std::map<std::string, std::vector<int64_t>>> case_leaves;
  int64_t leaf_index_end = 0;
  CopyOnWrite<std::map<int64_t, Checkpoint>> checkpoints;  // by size
  CopyOnWrite<std::map<std::string, std::string>> meta;
};

// The queries of ReadTransaction (see there) on one state of the tables, which
// must outlive it.
class MemoryReader {
 public:
  explicit MemoryReader(const MemoryTables* tables) : tables_(tables) {}

  absl::Status Get(const RecordKey& key, Record* record);
  absl::Status List(absl::string_view scope, absl::string_view kind,
                    absl::string_view after_id, int limit,
                    std::vector<Record>* records);
  absl::Status CountIds(absl::string_view scope, absl::string_view prefix,
                        int limit, int64_t* count);
  absl::Status ListCases(absl::string_view mission,
                         absl::string_view after_case, int limit,
                         std::vector<std::string>* case_ids);
  absl::Status IsParty(absl::string_view mission, absl::string_view case_id,
                       bool* party);
  absl::Status ListDue(absl::Time now, int limit, std::vector<RecordKey>* keys);
  absl::Status NextWake(absl::Time* time);
  absl::Status GetMailbox(absl::string_view mission, MailboxState* state);
  absl::Status ReadMailbox(absl::string_view mission, int64_t after, int limit,
                           std::vector<MailboxEntry>* entries);
  absl::Status FindRequest(absl::string_view fingerprint, std::string* answer);
  absl::Status JournalTail(JournalBatch* tail);
  absl::Status ReadJournal(int64_t from, int limit,
                           std::vector<JournalBatch>* batches);
  absl::Status JournalNodes(int64_t sequence, int64_t* first_sequence,
                            std::string* nodes);
  absl::Status LeavesOfCase(absl::string_view case_id, int64_t from, int limit,
                            std::vector<int64_t>* sequences);
  absl::Status LeafIndexEnd(int64_t* sequence);
  absl::Status ListCheckpoints(int64_t from_size, int limit,
                               std::vector<Checkpoint>* checkpoints);
  absl::Status LatestCheckpoint(int min_cosignatures, Checkpoint* checkpoint);
  absl::Status GetMeta(absl::string_view name, std::string* value);

 private:
  const MemoryTables* tables_;
};

}  // namespace passerelle::storage

#endif  // PASSERELLE_SERVER_STORAGE_MEMORY_MEMORY_TABLES_H_
