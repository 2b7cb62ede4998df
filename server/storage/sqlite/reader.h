#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_READER_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_READER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/store.h"

namespace passerelle::storage::sqlite {

// The queries of ReadTransaction (see there) in the open transaction of a
// connection, which must outlive it.
class Reader {
 public:
  explicit Reader(Connection* connection) : connection_(connection) {}

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

  Connection* connection() const { return connection_; }

 private:
  Connection* connection_;
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_READER_H_
