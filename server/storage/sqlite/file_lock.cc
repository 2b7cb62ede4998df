#include "server/storage/sqlite/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace passerelle::storage::sqlite {
namespace {

absl::Status CannotOpen(const std::string& path) {
  const int error = errno;
  const std::string text =
      absl::StrCat("cannot open ", path, ": ", std::strerror(error));
  return error == ENOSPC || error == EDQUOT
             ? absl::ResourceExhaustedError(text)
             : absl::FailedPreconditionError(text);
}

int OpenPrivate(const std::string& path) {
  return open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

}  // namespace

absl::StatusOr<std::unique_ptr<FileLock>> FileLock::Acquire(
    const std::string& path) {
  const int descriptor = OpenPrivate(path);
  if (descriptor < 0) return CannotOpen(path);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    close(descriptor);
    return absl::FailedPreconditionError(absl::StrCat(
        path, " is locked: another process uses this database; stop it first"));
  }
  return std::unique_ptr<FileLock>(new FileLock(descriptor));
}

FileLock::~FileLock() { close(descriptor_); }

absl::Status EnsurePrivateFile(const std::string& path) {
  const int descriptor = OpenPrivate(path);
  if (descriptor < 0) return CannotOpen(path);
  close(descriptor);
  return absl::OkStatus();
}

}  // namespace passerelle::storage::sqlite
