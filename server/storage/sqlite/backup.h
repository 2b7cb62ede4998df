#ifndef PASSERELLE_SERVER_STORAGE_SQLITE_BACKUP_H_
#define PASSERELLE_SERVER_STORAGE_SQLITE_BACKUP_H_

#include <string>

#include "absl/status/status.h"
#include "server/storage/sqlite/connection.h"

namespace passerelle::storage::sqlite {

// Copies what `source` sees, its log included, to `path`: flushed, complete or
// not there at all. An older file of that name is replaced.
absl::Status Backup(Connection* source, const std::string& path);

}  // namespace passerelle::storage::sqlite

#endif  // PASSERELLE_SERVER_STORAGE_SQLITE_BACKUP_H_
