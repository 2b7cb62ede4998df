#include "clients/cpp/private_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "clients/cpp/errors.h"
#include "common/status_macros.h"

namespace passerelle::client {
namespace {

absl::Status SystemError(const std::string& path) {
  return FileUnusable(absl::StrCat(path, ": ", strerror(errno)));
}

void SyncFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int descriptor =
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (descriptor < 0) return;
  fsync(descriptor);
  close(descriptor);
}

}  // namespace

absl::StatusOr<PrivateFile> PrivateFile::Create(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (descriptor < 0 && errno == EEXIST) return FileExists(path);
  if (descriptor < 0) return SystemError(path);
  return PrivateFile(path, descriptor);
}

absl::StatusOr<PrivateFile> PrivateFile::OpenOrCreate(const std::string& path) {
  const int descriptor =
      open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK,
           0600);
  if (descriptor < 0) return SystemError(path);
  PrivateFile file(path, descriptor);
  struct stat info {};
  if (fstat(descriptor, &info) != 0) return SystemError(path);
  if (!S_ISREG(info.st_mode) || (info.st_mode & 077) != 0) {
    return FileUnusable(
        absl::StrCat(path, ": not a regular file of its owner alone"));
  }
  return file;
}

PrivateFile::PrivateFile(PrivateFile&& other) noexcept
    : path_(std::move(other.path_)),
      descriptor_(std::exchange(other.descriptor_, -1)) {}

PrivateFile::~PrivateFile() {
  if (descriptor_ >= 0) close(descriptor_);
}

absl::Status PrivateFile::Failed() const { return SystemError(path_); }

absl::StatusOr<int64_t> PrivateFile::Size() const {
  struct stat info {};
  if (fstat(descriptor_, &info) != 0) return Failed();
  return info.st_size;
}

absl::StatusOr<std::string> PrivateFile::Read(int64_t offset,
                                              size_t size) const {
  std::string bytes(size, '\0');
  size_t got = 0;
  while (got < size) {
    const ssize_t count = pread(descriptor_, bytes.data() + got, size - got,
                                offset + static_cast<int64_t>(got));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed();
    if (count == 0) break;
    got += static_cast<size_t>(count);
  }
  bytes.resize(got);
  return bytes;
}

absl::Status PrivateFile::Append(absl::string_view bytes) {
  if (lseek(descriptor_, 0, SEEK_END) < 0) return Failed();
  while (!bytes.empty()) {
    const ssize_t count = write(descriptor_, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return Failed();
    bytes.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

absl::Status PrivateFile::Truncate(int64_t size) {
  return ftruncate(descriptor_, size) == 0 ? absl::OkStatus() : Failed();
}

absl::Status PrivateFile::Sync() {
  return fsync(descriptor_) == 0 ? absl::OkStatus() : Failed();
}

absl::Status MoveInPlace(const std::string& from, const std::string& to,
                         Existing existing) {
  if (existing == Existing::kReplace) {
    if (rename(from.c_str(), to.c_str()) != 0) return SystemError(to);
  } else if (renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(),
                       RENAME_NOREPLACE) != 0) {
    // Where the file system cannot do it, a link never takes the place of what
    // is there either.
    if (errno == EEXIST) return FileExists(to);
    if (errno != EINVAL) return SystemError(to);
    if (link(from.c_str(), to.c_str()) != 0) {
      return errno == EEXIST ? FileExists(to) : SystemError(to);
    }
    unlink(from.c_str());
  }
  SyncFolderOf(to);
  return absl::OkStatus();
}

void RemoveFile(const std::string& path) { unlink(path.c_str()); }

absl::Status WritePrivateFile(const std::string& path,
                              absl::string_view content, Existing existing) {
  const std::string temporary = absl::StrCat(path, ".new");
  RemoveFile(temporary);
  PASSERELLE_ASSIGN_OR_RETURN(PrivateFile file, PrivateFile::Create(temporary));
  PASSERELLE_RETURN_IF_ERROR(file.Append(content));
  PASSERELLE_RETURN_IF_ERROR(file.Sync());
  const absl::Status moved = MoveInPlace(temporary, path, existing);
  if (!moved.ok()) RemoveFile(temporary);
  return moved;
}

}  // namespace passerelle::client
