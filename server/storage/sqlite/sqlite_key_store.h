#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_SQLITE_KEY_STORE_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_SQLITE_KEY_STORE_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/mutex.h"
#include "server/storage/key_store.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/file_lock.h"

namespace passerelle::storage::sqlite {

struct KeyStoreOptions {
  // Made when it is not there, for its owner alone. Beside it stand its -wal
  // and -shm files and `{path}.lock`.
  std::string path;
  std::string vfs = {};  // a registered SQLite VFS; empty for the default
};

// KeyStore on one SQLite file and one connection: keys are read once and then
// kept by the vault.
class SqliteKeyStore final : public KeyStore {
 public:
  // Returns: as SqliteStore::Open.
  static absl::StatusOr<std::unique_ptr<SqliteKeyStore>> Open(
      const KeyStoreOptions& options);
  ~SqliteKeyStore() override;

  absl::Status Add(const std::vector<WrappedKey>& keys) override;
  absl::Status Get(int64_t number, WrappedKey* key) override;
  absl::Status List(int64_t after, int limit,
                    std::vector<WrappedKey>* keys) override;
  absl::Status Wrappers(std::vector<std::string>* ids) override;
  absl::Status Rewrap(const std::vector<WrappedKey>& keys) override;
  absl::Status KeepOnlyWrapper(absl::string_view id) override;
  absl::Status Destroy(const std::vector<int64_t>& numbers,
                       absl::string_view line) override;
  absl::Status ClearLog() override;
  absl::Status Lines(int64_t skip, int limit,
                     std::vector<std::string>* lines) override;

 private:
  SqliteKeyStore(std::unique_ptr<FileLock> lock,
                 std::unique_ptr<Connection> connection);

  const std::unique_ptr<FileLock> lock_;
  Mutex mutex_;
  const std::unique_ptr<Connection> connection_ ABSL_PT_GUARDED_BY(mutex_);
};

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_SQLITE_KEY_STORE_H_
