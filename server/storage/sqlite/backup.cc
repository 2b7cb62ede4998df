#include "server/storage/sqlite/backup.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/storage/sqlite/file_lock.h"

namespace passerelle::storage::sqlite {
namespace {

absl::Status Copy(Connection* source, Connection* target) {
  sqlite3_backup* backup =
      sqlite3_backup_init(target->handle(), "main", source->handle(), "main");
  if (backup == nullptr) {
    return target->Fail(sqlite3_extended_errcode(target->handle()), "backup");
  }
  const int step = sqlite3_backup_step(backup, -1);
  const int finish = sqlite3_backup_finish(backup);
  if (step != SQLITE_DONE) return target->Fail(step, "backup");
  if (finish != SQLITE_OK) return target->Fail(finish, "backup");
  return absl::OkStatus();
}

absl::Status FlushFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = descriptor >= 0 && fsync(descriptor) == 0;
  const int error = errno;
  if (descriptor >= 0) close(descriptor);
  return flushed ? absl::OkStatus()
                 : absl::InternalError(absl::StrCat(
                       "cannot flush ", folder, ": ", std::strerror(error)));
}

}  // namespace

absl::Status Backup(Connection* source, const std::string& path) {
  const std::string unfinished = absl::StrCat(path, ".unfinished");
  std::remove(unfinished.c_str());
  PASSERELLE_RETURN_IF_ERROR(EnsurePrivateFile(unfinished));
  absl::Status status;
  {
    PASSERELLE_ASSIGN_OR_RETURN(
        std::unique_ptr<Connection> target,
        Connection::Open({.path = unfinished, .access = Access::kReadWrite}));
    status = Copy(source, target.get());
  }
  if (!status.ok()) {
    std::remove(unfinished.c_str());
    return status;
  }
  // A log left by whoever opened the file this one replaces would be replayed
  // into it.
  std::remove(absl::StrCat(path, "-wal").c_str());
  std::remove(absl::StrCat(path, "-shm").c_str());
  if (std::rename(unfinished.c_str(), path.c_str()) != 0) {
    return absl::InternalError(
        absl::StrCat("cannot rename ", unfinished, ": ", std::strerror(errno)));
  }
  return FlushFolderOf(path);
}

}  // namespace passerelle::storage::sqlite
