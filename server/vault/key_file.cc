#include "server/vault/key_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"

namespace passerelle::vault {
namespace {

constexpr absl::string_view kCredential = "credential:";
constexpr size_t kIdBytes = 16;

struct Place {
  std::string path;
  bool credential = false;
};

absl::StatusOr<Place> Locate(absl::string_view source) {
  if (!absl::ConsumePrefix(&source, kCredential)) {
    return Place{std::string(source), false};
  }
  const char* folder = getenv("CREDENTIALS_DIRECTORY");
  if (folder == nullptr) {
    return absl::NotFoundError(
        absl::StrCat(kCredential, source, ": systemd gave no credentials; add ",
                     "LoadCredentialEncrypted=", source, " to the unit"));
  }
  if (source.empty() || source.find('/') != absl::string_view::npos) {
    return absl::InvalidArgumentError(
        absl::StrCat(kCredential, source, ": must name a credential"));
  }
  return Place{absl::StrCat(folder, "/", source), true};
}

bool TrustedOwner(const struct stat& info) {
  return info.st_uid == 0 || info.st_uid == geteuid();
}

absl::Status CheckFile(int fd, const Place& place) {
  struct stat info {};
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(place.path, ": not a regular file"));
  }
  if (!TrustedOwner(info)) {
    return absl::PermissionDeniedError(absl::StrCat(
        place.path, ": belongs to neither the server's user nor root"));
  }
  const mode_t forbidden = place.credential ? 037 : 077;
  if ((info.st_mode & forbidden) != 0) {
    return absl::PermissionDeniedError(absl::StrCat(
        place.path, ": open to group or others; run chmod 400 on it"));
  }
  return absl::OkStatus();
}

// Of the folder in which the open file really stands, behind every link.
absl::Status CheckFolder(int fd, const Place& place) {
  std::array<char, 4096> real{};
  const ssize_t length = readlink(absl::StrCat("/proc/self/fd/", fd).c_str(),
                                  real.data(), real.size() - 1);
  std::string folder(real.data(), length > 0 ? static_cast<size_t>(length) : 0);
  folder.resize(folder.rfind('/') == std::string::npos ? 0 : folder.rfind('/'));
  struct stat info {};
  if (stat(folder.empty() ? "/" : folder.c_str(), &info) != 0 ||
      !TrustedOwner(info) ||
      ((info.st_mode & 022) != 0 && (info.st_mode & S_ISVTX) == 0)) {
    return absl::PermissionDeniedError(absl::StrCat(
        place.path, ": others may replace it; run chmod go-w on its folder"));
  }
  return absl::OkStatus();
}

absl::Status WrongLength(const Place& place) {
  return absl::InvalidArgumentError(
      absl::StrCat(place.path, ": a key is ", DataKey::kSize,
                   " random bytes and nothing else; this file is not"));
}

}  // namespace

absl::StatusOr<KeyEncryptionKey> ReadKeyFile(const std::string& source) {
  PASSERELLE_ASSIGN_OR_RETURN(const Place place, Locate(source));
  // NONBLOCK: a pipe put in the file's place must not hang the server.
  const int fd = open(place.path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string message = absl::StrCat(place.path, ": ", strerror(errno));
    if (errno == ENOENT) {
      return absl::NotFoundError(
          absl::StrCat(message,
                       "; `passerelle-certs vault-key` makes a key for a new "
                       "platform"));
    }
    return absl::PermissionDeniedError(message);
  }
  const absl::Cleanup close_file = [fd] { close(fd); };
  PASSERELLE_RETURN_IF_ERROR(CheckFile(fd, place));
  PASSERELLE_RETURN_IF_ERROR(CheckFolder(fd, place));
  KeyEncryptionKey result;
  size_t have = 0;
  while (have < DataKey::kSize) {
    const ssize_t count =
        read(fd, result.key.data() + have, DataKey::kSize - have);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return absl::PermissionDeniedError(
          absl::StrCat(place.path, ": ", strerror(errno)));
    }
    if (count == 0) return WrongLength(place);
    have += static_cast<size_t>(count);
  }
  char more = 0;
  if (read(fd, &more, 1) != 0) return WrongLength(place);
  if (sodium_is_zero(result.key.data(), DataKey::kSize) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(place.path, ": holds zeros, not a key"));
  }
  static constexpr char kContext[] = "passerelle key-encryption key";
  result.id.resize(kIdBytes);
  crypto_generichash(reinterpret_cast<unsigned char*>(result.id.data()),
                     kIdBytes, reinterpret_cast<const unsigned char*>(kContext),
                     sizeof(kContext) - 1, result.key.data(), DataKey::kSize);
  return result;
}

std::string OldKeyFile(const std::string& source) {
  return absl::StrCat(source, ".old");
}

}  // namespace passerelle::vault
