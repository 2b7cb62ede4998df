#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_WRITE_TRANSACTION_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_WRITE_TRANSACTION_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/storage/forwarding_reads.h"
#include "server/storage/sqlite/reader.h"
#include "server/storage/store.h"

namespace passerelle::storage::sqlite {

using SqliteReadTransaction = ForwardingReads<ReadTransaction, Reader>;

// The open transaction of the writing connection. Every method changes
// everything it promises or nothing.
class SqliteWriteTransaction final
    : public ForwardingReads<WriteTransaction, Reader> {
 public:
  explicit SqliteWriteTransaction(Connection* connection)
      : ForwardingReads(Reader(connection)), connection_(connection) {}

  absl::Status Savepoint(const std::function<absl::Status()>& body) override;
  absl::Status AddParty(absl::string_view mission,
                        absl::string_view case_id) override;
  absl::Status AppendJournal(const JournalBatch& batch) override;
  absl::Status IndexLeaves(int64_t end,
                           const std::vector<CaseLeaves>& leaves) override;
  absl::Status PutCheckpoint(const Checkpoint& checkpoint) override;
  absl::Status DropCheckpoints(absl::Time before, int limit) override;
  absl::Status AppendMailbox(absl::string_view mission, absl::Time time,
                             const std::vector<MailboxEntry>& entries) override;
  absl::Status AcknowledgeMailbox(absl::string_view mission, int64_t sequence,
                                  absl::Time time) override;
  absl::Status CompactMailboxes(absl::Time before, int limit) override;
  absl::Status RememberRequests(
      absl::Time time, const std::vector<RememberedRequest>& requests) override;
  absl::Status ForgetRequests(absl::Time before, int limit,
                              int64_t* forgotten) override;
  absl::Status PutMeta(absl::string_view name,
                       absl::string_view value) override;

 private:
  absl::Status DoInsert(const Record& record) override;
  absl::Status DoUpdate(const Record& record) override;
  absl::Status DoDelete(const RecordKey& key) override;
  // `*rows` is lowered by the rows dropped.
  absl::Status CompactMailbox(absl::string_view mission, int64_t acknowledged,
                              absl::Time before, int* rows);
  absl::Status AddRequests(absl::Time time,
                           const std::vector<RememberedRequest>& requests);
  absl::Status ForgetBatch(int64_t batch, absl::string_view answers,
                           int64_t* forgotten);

  Connection* const connection_;
  bool in_savepoint_ = false;
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_WRITE_TRANSACTION_H_
