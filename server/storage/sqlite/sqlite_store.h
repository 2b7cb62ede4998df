#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_SQLITE_STORE_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_SQLITE_STORE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/mutex.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/file_lock.h"
#include "server/storage/sqlite/migrations.h"
#include "server/storage/sqlite/reader_pool.h"
#include "server/storage/store.h"

namespace passerelle::storage::sqlite {

enum class Upgrade { kAllow, kRefuse };

struct SqliteOptions {
  // The database file; made when it is not there. Beside it stand its -wal and
  // -shm files, `{path}.lock`, and `{path}.schema-N.backup` after an upgrade.
  std::string path;

  // Reads that run at the same time.
  int readers = 3;

  // kRefuse: an older file is refused instead of upgraded.
  Upgrade upgrade = Upgrade::kAllow;

  // How long SQLite waits for a lock. With one writer in one process only a
  // foreign tool can hold one.
  absl::Duration busy_timeout = absl::Seconds(5);

  // Pages of 4 KiB that commits add to the log before WantsCheckpoint(). Moving
  // them takes some 20 ms, in which nothing commits: rarely enough to stay out
  // of the 99th percentile of eight callers; more often, and shorter, costs
  // a tenth of the throughput.
  int checkpoint_pages = 4000;

  // Checkpoint() empties the log above this many pages of 4 KiB; below, it is
  // only copied and written over by itself. 64 MiB.
  int log_bound_pages = 16384;

  // A registered SQLite VFS; empty for the default.
  std::string vfs = {};

  // Steps after the released ones, for tests of upgrading.
  std::vector<Migration> extra_migrations = {};
};

// Store on one SQLite file. One connection writes and checkpoints, others only
// read: with SQLite below 3.51.3 two connections that write or checkpoint at
// the same instant can lose pages.
//
// After a flush that failed, the store refuses every write until the process
// starts again: what the system still holds is then unknown, and no later
// flush would tell. A full disk is no such failure; writing goes on as soon as
// there is room.
//
// Thread safe. A body must not call the store: it would wait for itself.
class SqliteStore final : public Store {
 public:
  // Returns: FAILED_PRECONDITION when the file is newer than this program,
  // older with kRefuse, of another program, in use, or cannot be opened;
  // DATA_LOSS when it is damaged; RESOURCE_EXHAUSTED when there is no room;
  // INVALID_ARGUMENT for bad options.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(
      SqliteOptions options);

  ~SqliteStore() override;

  absl::Status Read(
      const std::function<absl::Status(ReadTransaction&)>& body) override;
  absl::Status Write(
      const std::function<absl::Status(WriteTransaction&)>& body) override;
  bool WantsCheckpoint() override;
  absl::Status Checkpoint() override;

 private:
  SqliteStore(SqliteOptions options, std::unique_ptr<FileLock> lock,
              std::unique_ptr<Connection> writer,
              std::vector<std::unique_ptr<Connection>> readers);

  const SqliteOptions options_;
  const std::unique_ptr<FileLock> lock_;
  Mutex writer_mutex_;
  const std::unique_ptr<Connection> writer_ ABSL_PT_GUARDED_BY(writer_mutex_);
  ReaderPool readers_;
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_SQLITE_STORE_H_
