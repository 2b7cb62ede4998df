#ifndef PASSERELLE_SERVER_STORAGE_FORWARDING_READS_H_
#define PASSERELLE_SERVER_STORAGE_FORWARDING_READS_H_

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/storage/store.h"

namespace passerelle::storage {

// Implements the reading half of a transaction by a `Reader` with the same
// methods. `Base` is ReadTransaction or WriteTransaction, so that an
// implementation writes its queries once for both.
template <typename Base, typename Reader>
class ForwardingReads : public Base {
 public:
  explicit ForwardingReads(Reader reader) : reader_(std::move(reader)) {}

  absl::Status Get(const RecordKey& key, Record* record) override {
    return reader_.Get(key, record);
  }
  absl::Status List(absl::string_view scope, absl::string_view kind,
                    absl::string_view after_id, int limit,
                    std::vector<Record>* records) override {
    return reader_.List(scope, kind, after_id, limit, records);
  }
  absl::Status CountIds(absl::string_view scope, absl::string_view prefix,
                        int limit, int64_t* count) final {
    return reader_.CountIds(scope, prefix, limit, count);
  }
  absl::Status ListCases(absl::string_view mission,
                         absl::string_view after_case, int limit,
                         std::vector<std::string>* case_ids) override {
    return reader_.ListCases(mission, after_case, limit, case_ids);
  }
  absl::Status IsParty(absl::string_view mission, absl::string_view case_id,
                       bool* party) override {
    return reader_.IsParty(mission, case_id, party);
  }
  absl::Status ListDue(absl::Time now, int limit,
                       std::vector<RecordKey>* keys) override {
    return reader_.ListDue(now, limit, keys);
  }
  absl::Status NextWake(absl::Time* time) override {
    return reader_.NextWake(time);
  }
  absl::Status GetMailbox(absl::string_view mission,
                          MailboxState* state) override {
    return reader_.GetMailbox(mission, state);
  }
  absl::Status ReadMailbox(absl::string_view mission, int64_t after, int limit,
                           std::vector<MailboxEntry>* entries) override {
    return reader_.ReadMailbox(mission, after, limit, entries);
  }
  absl::Status FindRequest(absl::string_view fingerprint,
                           std::string* answer) override {
    return reader_.FindRequest(fingerprint, answer);
  }
  absl::Status JournalTail(JournalBatch* tail) override {
    return reader_.JournalTail(tail);
  }
  absl::Status ReadJournal(int64_t from, int limit,
                           std::vector<JournalBatch>* batches) override {
    return reader_.ReadJournal(from, limit, batches);
  }
  absl::Status JournalNodes(int64_t sequence, int64_t* first_sequence,
                            std::string* nodes) override {
    return reader_.JournalNodes(sequence, first_sequence, nodes);
  }
  absl::Status LeavesOfCase(absl::string_view case_id, int64_t from, int limit,
                            std::vector<int64_t>* sequences) override {
    return reader_.LeavesOfCase(case_id, from, limit, sequences);
  }
  absl::Status LeafIndexEnd(int64_t* sequence) override {
    return reader_.LeafIndexEnd(sequence);
  }
  absl::Status ListCheckpoints(int64_t from_size, int limit,
                               std::vector<Checkpoint>* checkpoints) override {
    return reader_.ListCheckpoints(from_size, limit, checkpoints);
  }
  absl::Status LatestCheckpoint(int min_cosignatures,
                                Checkpoint* checkpoint) override {
    return reader_.LatestCheckpoint(min_cosignatures, checkpoint);
  }
  absl::Status GetMeta(absl::string_view name, std::string* value) override {
    return reader_.GetMeta(name, value);
  }

 protected:
  Reader reader_;
};

}  // namespace passerelle::storage

#endif  // PASSERELLE_SERVER_STORAGE_FORWARDING_READS_H_
