#include "server/matching/link/output_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/str_cat.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {
namespace {

constexpr size_t kBufferBytes = 256 << 10;
constexpr mode_t kOwnerOnly = 0600;

std::string FolderOf(const std::string& path) {
  const size_t slash = path.find_last_of('/');
  if (slash == std::string::npos) return ".";
  return slash == 0 ? "/" : path.substr(0, slash);
}

}  // namespace

absl::StatusOr<std::unique_ptr<OutputFile>> OutputFile::Open(
    const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && !S_ISREG(info.st_mode)) {
    return UsageProblem(absl::StrCat(path, ": not a regular file"));
  }
  const std::string folder = FolderOf(path);
  std::string temporary;
  int fd = open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, kOwnerOnly);
  if (fd < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == ENOENT)) {
    temporary = absl::StrCat(folder, "/.passerelle-link.XXXXXX");
    fd = mkostemp(temporary.data(), O_CLOEXEC);
  }
  if (fd < 0) return SystemProblem(path, errno);
  return absl::WrapUnique(new OutputFile(path, fd, std::move(temporary)));
}

OutputFile::OutputFile(std::string path, int fd, std::string temporary)
    : path_(std::move(path)), fd_(fd), temporary_(std::move(temporary)) {
  buffer_.reserve(kBufferBytes);
}

OutputFile::~OutputFile() {
  if (fd_ >= 0) close(fd_);
  if (!temporary_.empty()) unlink(temporary_.c_str());
}

void OutputFile::Write(absl::string_view text) {
  buffer_.append(text.data(), text.size());
  if (buffer_.size() >= kBufferBytes) Flush();
}

void OutputFile::Flush() {
  size_t done = 0;
  while (status_.ok() && done < buffer_.size()) {
    const ssize_t count =
        write(fd_, buffer_.data() + done, buffer_.size() - done);
    if (count >= 0) {
      done += static_cast<size_t>(count);
    } else if (errno != EINTR) {
      status_ = SystemProblem(path_, errno);
    }
  }
  buffer_.clear();
}

// Gives a nameless file a temporary name: linking cannot replace a file, while
// renaming can.
absl::Status OutputFile::Name() {
  if (!temporary_.empty()) return absl::OkStatus();
  const std::string self = absl::StrCat("/proc/self/fd/", fd_);
  for (int attempt = 0; attempt < 100; ++attempt) {
    const std::string name = absl::StrCat(FolderOf(path_), "/.passerelle-link.",
                                          getpid(), ".", fd_, ".", attempt);
    if (linkat(AT_FDCWD, self.c_str(), AT_FDCWD, name.c_str(),
               AT_SYMLINK_FOLLOW) == 0) {
      temporary_ = name;
      return absl::OkStatus();
    }
    if (errno != EEXIST) break;
  }
  return SystemProblem(path_, errno);
}

absl::Status OutputFile::Commit() {
  Flush();
  if (status_.ok() && fsync(fd_) != 0) status_ = SystemProblem(path_, errno);
  if (status_.ok()) status_ = Name();
  if (status_.ok() && rename(temporary_.c_str(), path_.c_str()) != 0) {
    status_ = SystemProblem(path_, errno);
  }
  if (status_.ok()) temporary_.clear();
  return status_;
}

}  // namespace passerelle::link
