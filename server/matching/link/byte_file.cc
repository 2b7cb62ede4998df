#include "server/matching/link/byte_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {

absl::StatusOr<std::unique_ptr<ByteFile>> ByteFile::Open(
    const std::string& path) {
  // NONBLOCK: a pipe in the file's place must not hang the program.
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return SystemProblem(path, errno);
  auto file = absl::WrapUnique(new ByteFile(path, fd));
  struct stat info {};
  if (fstat(fd, &info) != 0) return SystemProblem(path, errno);
  if (!S_ISREG(info.st_mode)) {
    return UsageProblem(absl::StrCat(path, ": not a regular file"));
  }
  posix_fadvise(fd, 0, 0, POSIX_FADV_SEQUENTIAL);
  return file;
}

ByteFile::ByteFile(std::string path, int fd)
    : path_(std::move(path)), fd_(fd), buffer_(kPieceBytes, '\0') {}

ByteFile::~ByteFile() { close(fd_); }

absl::StatusOr<absl::string_view> ByteFile::Next() {
  while (true) {
    const ssize_t count = read(fd_, buffer_.data(), buffer_.size());
    if (count >= 0) {
      return absl::string_view(buffer_.data(), static_cast<size_t>(count));
    }
    if (errno != EINTR) return SystemProblem(path_, errno);
  }
}

absl::Status ByteFile::Rewind(size_t offset) {
  if (lseek(fd_, static_cast<off_t>(offset), SEEK_SET) < 0) {
    return SystemProblem(path_, errno);
  }
  return absl::OkStatus();
}

}  // namespace passerelle::link
