#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_MIGRATIONS_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_MIGRATIONS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/storage/sqlite/connection.h"

namespace passerelle::storage::sqlite {

// What marks a file as a database of ours, and of which kind: "PSLR".
inline constexpr int64_t kStoreApplicationId = 0x50534c52;

// Released schemas. A released step is never edited.
//
//   release | schema | change
//   --------+--------+-------------------------------
//   0.1.0   | 1      | the first
//
// A step runs inside a transaction that sets user_version afterwards. When
// older programs must no longer open the file it also raises the meta row
// "storage.lowest_compatible_version".
struct Migration {
  int version = 0;
  std::string sql;
};

// The migrations/*.sql files, by version: 1, 2, 3 …
const std::vector<Migration>& ReleasedMigrations();

// What a file says about itself.
struct FileSchema {
  bool empty = true;
  int version = 0;
  int lowest_compatible_version = 0;
};

// Reads it without changing the file.
// Returns: FAILED_PRECONDITION when the file is not ours, DATA_LOSS.
absl::StatusOr<FileSchema> ReadFileSchema(
    Connection* connection, int64_t application_id = kStoreApplicationId);

// Whether a program that knows `newest` may open the file.
// Returns: FAILED_PRECONDITION with the versions and the remedy.
absl::Status CheckCompatible(const FileSchema& schema, int newest);

// Runs the steps above `schema.version` in one exclusive transaction. A file
// that holds data is first copied to `backup_path`.
absl::Status Migrate(Connection* connection, const FileSchema& schema,
                     const std::vector<Migration>& migrations,
                     const std::string& backup_path,
                     int64_t application_id = kStoreApplicationId);

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_MIGRATIONS_H_
