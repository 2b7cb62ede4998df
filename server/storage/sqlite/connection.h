#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_CONNECTION_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_CONNECTION_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace passerelle::storage::sqlite {

enum class Access { kReadOnly, kReadWrite };

struct ConnectionOptions {
  std::string path;
  Access access = Access::kReadOnly;
  std::string vfs = {};  // empty: SQLite's default
  absl::Duration busy_timeout = absl::Seconds(5);
};

enum class CheckpointMode {
  kPassive,   // what can be moved without waiting for anybody
  kTruncate,  // everything, then empties the log; BUSY beside readers
};

// One SQLite connection with its prepared statements. Used by one thread at a
// time; the owner guards it.
class Connection {
 public:
  // Opens the file and sets what does not touch it. The file must exist.
  static absl::StatusOr<std::unique_ptr<Connection>> Open(
      const ConnectionOptions& options);

  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sets journal mode, flushing and the rest. Settings belong to a connection,
  // not to the file: every connection needs them.
  absl::Status Configure();

  // Runs statements that are not worth caching: settings and migrations.
  absl::Status Execute(const std::string& sql);

  absl::Status Begin();           // a snapshot, taken by the first read
  absl::Status BeginImmediate();  // the write lock, now
  absl::Status BeginExclusive();
  // On failure everything is rolled back.
  absl::Status Commit();
  void Rollback();

  // OK, or why the open transaction can no longer be committed. SQLite may end
  // a transaction by itself (full disk, I/O error, no memory); statements run
  // after that would each commit on their own, so none is run.
  const absl::Status& transaction_error() const { return transaction_error_; }

  // OK, or the failure after which nothing written by this connection may be
  // called durable (see LosesWrites).
  const absl::Status& durability_error() const { return durability_error_; }

  // OK also when readers leave part of the work for later. `*log_pages` is the
  // length of the log before it.
  absl::Status Checkpoint(CheckpointMode mode, int* log_pages);

  // Pages that commits of this connection have added to the log since its last
  // checkpoint.
  int log_growth() const { return log_growth_; }

  // Rows changed by the last statement.
  int64_t changes() const;
  // Row number of the last insertion.
  int64_t last_insert_row() const;

  // Turns a result code into a status, remembering what it does to the open
  // transaction.
  absl::Status Fail(int extended_code, absl::string_view context);

  // The statement cached under the address of `sql`, which must have static
  // storage duration; null when it cannot be prepared (`*error` says why).
  sqlite3_stmt* Prepared(const char* sql, absl::Status* error);

  sqlite3* handle() const { return handle_; }

 private:
  Connection(sqlite3* handle, const ConnectionOptions& options)
      : handle_(handle), options_(options) {}

  absl::Status Begin(const char* sql);
  absl::Status SetLimits();
  void CountLog(int log_pages);

  sqlite3* const handle_;
  const ConnectionOptions options_;
  absl::flat_hash_map<const char*, sqlite3_stmt*> statements_;
  int log_pages_ = 0;  // after the last commit or checkpoint
  int log_growth_ = 0;
  bool in_transaction_ = false;
  absl::Status transaction_error_;
  absl::Status durability_error_;
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_CONNECTION_H_
