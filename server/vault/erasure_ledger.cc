#include "server/vault/erasure_ledger.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"

namespace passerelle::vault {
namespace {

constexpr char kTimeFormat[] = "%Y-%m-%dT%H:%M:%SZ";
constexpr size_t kHashBytes = 16;

absl::Status SystemError(const std::string& path) {
  const std::string text = absl::StrCat(path, ": ", std::strerror(errno));
  switch (errno) {
    case ENOSPC:
    case EDQUOT:
      return absl::ResourceExhaustedError(text);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text);
    default:
      return absl::UnavailableError(text);
  }
}

absl::Status FlushFolderOf(const std::string& path) {
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int fd = open(folder.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return SystemError(folder);
  const bool flushed = fsync(fd) == 0;
  const absl::Status error = SystemError(folder);
  close(fd);
  return flushed ? absl::OkStatus() : error;
}

// The hash that ends a line, and what stands before it.
std::pair<absl::string_view, absl::string_view> Split(absl::string_view line) {
  const size_t space = line.rfind(' ');
  if (space == absl::string_view::npos) return {line, ""};
  return {line.substr(0, space), line.substr(space + 1)};
}

}  // namespace

ErasureLedger::ErasureLedger(std::string path, int fd, const DataKey& key)
    : path_(std::move(path)), fd_(fd), key_(key) {}

ErasureLedger::~ErasureLedger() { close(fd_); }

absl::StatusOr<std::unique_ptr<ErasureLedger>> ErasureLedger::Open(
    const std::string& path, const DataKey& key) {
  const int fd = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(path);
  std::unique_ptr<ErasureLedger> ledger(new ErasureLedger(path, fd, key));
  PASSERELLE_RETURN_IF_ERROR(ledger->Load());
  PASSERELLE_RETURN_IF_ERROR(FlushFolderOf(path));
  return ledger;
}

absl::Status ErasureLedger::Load() {
  std::string content;
  char buffer[16384];
  while (true) {
    const ssize_t count = read(fd_, buffer, sizeof(buffer));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(path_);
    if (count == 0) break;
    content.append(buffer, static_cast<size_t>(count));
  }
  size_t end = 0;
  std::string before;
  while ((end = content.find('\n', static_cast<size_t>(size_))) !=
         std::string::npos) {
    std::string line = content.substr(static_cast<size_t>(size_),
                                      end - static_cast<size_t>(size_));
    if (!Follows(before, line) || !Parse(line).ok()) {
      return absl::DataLossError(absl::StrCat(
          path_, ":", lines_.size() + 1,
          ": not a line of this platform's erasure ledger; put back the newest "
          "copy of the file"));
    }
    before = line;
    lines_.push_back(std::move(line));
    size_ = static_cast<int64_t>(end) + 1;
  }
  if (static_cast<size_t>(size_) == content.size()) return absl::OkStatus();
  return ftruncate(fd_, size_) == 0 ? absl::OkStatus() : SystemError(path_);
}

std::string ErasureLedger::HashOf(absl::string_view before,
                                  absl::string_view text) const {
  const std::string data = absl::StrCat(Split(before).second, "\n", text);
  unsigned char hash[kHashBytes];
  crypto_generichash(hash, sizeof(hash),
                     reinterpret_cast<const unsigned char*>(data.data()),
                     data.size(), key_.data(), DataKey::kSize);
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(hash), sizeof(hash)));
}

bool ErasureLedger::Follows(absl::string_view before,
                            absl::string_view line) const {
  const auto [text, hash] = Split(line);
  const std::string expected = HashOf(before, text);
  return hash.size() == expected.size() &&
         sodium_memcmp(hash.data(), expected.data(), expected.size()) == 0;
}

std::string ErasureLedger::NextLine(const Erasure& erasure) const {
  const std::string text = absl::StrCat(
      absl::FormatTime(kTimeFormat, erasure.time, absl::UTCTimeZone()), " ",
      erasure.id, " ", absl::StrJoin(erasure.keys, ","));
  return absl::StrCat(text, " ",
                      HashOf(lines_.empty() ? "" : lines_.back(), text));
}

absl::Status ErasureLedger::Append(const std::string& line) {
  PASSERELLE_RETURN_IF_ERROR(broken_);
  const std::string bytes = absl::StrCat(line, "\n");
  size_t done = 0;
  bool failed = false;
  while (done < bytes.size() && !failed) {
    const ssize_t count =
        pwrite(fd_, bytes.data() + done, bytes.size() - done,
               static_cast<off_t>(size_) + static_cast<off_t>(done));
    if (count >= 0) {
      done += static_cast<size_t>(count);
    } else {
      failed = errno != EINTR;
    }
  }
  if (failed) {
    const absl::Status error = SystemError(path_);
    if (ftruncate(fd_, size_) != 0) broken_ = error;
    return error;
  }
  // Once a flush failed nobody knows what the disk holds.
  if (fdatasync(fd_) != 0) return broken_ = SystemError(path_);
  size_ += static_cast<int64_t>(bytes.size());
  lines_.push_back(line);
  return absl::OkStatus();
}

absl::StatusOr<Erasure> ErasureLedger::Parse(absl::string_view line) {
  const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
  Erasure erasure;
  if (parts.size() != 4 ||
      !absl::ParseTime(kTimeFormat, parts[0], &erasure.time, nullptr)) {
    return absl::DataLossError("not a line of the erasure ledger");
  }
  erasure.id = std::string(parts[1]);
  for (const absl::string_view number : absl::StrSplit(parts[2], ',')) {
    if (!absl::SimpleAtoi(number, &erasure.keys.emplace_back())) {
      return absl::DataLossError("not a line of the erasure ledger");
    }
  }
  return erasure;
}

}  // namespace passerelle::vault
