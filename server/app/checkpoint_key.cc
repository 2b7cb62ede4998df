#include "server/app/checkpoint_key.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/file_reader.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "server/journal/checkpoint.h"
#include "sodium.h"

namespace passerelle::app {
namespace {

constexpr size_t kMaxFileBytes = 4096;

absl::Status SystemError(const std::string& path) {
  return absl::UnavailableError(absl::StrCat(path, ": ", strerror(errno)));
}

// Writes a new file and flushes it and its folder: a checkpoint signed with a
// key that a power cut took away would accuse the platform for ever.
absl::Status WriteNewFile(const std::string& path, absl::string_view text) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return SystemError(path);
  const absl::Cleanup close_file = [file] { close(file); };
  if (write(file, text.data(), text.size()) !=
          static_cast<ssize_t>(text.size()) ||
      fsync(file) != 0) {
    const absl::Status status = SystemError(path);
    unlink(path.c_str());
    return status;
  }
  const size_t slash = path.rfind('/');
  const std::string folder =
      slash == std::string::npos ? "." : path.substr(0, slash + 1);
  const int directory =
      open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (directory < 0) return SystemError(folder);
  const absl::Cleanup close_folder = [directory] { close(directory); };
  return fsync(directory) == 0 ? absl::OkStatus() : SystemError(folder);
}

}  // namespace

absl::StatusOr<note::SignerKey> LoadCheckpointKey(
    const std::string& path, absl::string_view trust_domain,
    storage::Store* store) {
  if (sodium_init() < 0) {
    return absl::InternalError("libsodium failed to start");
  }
  const std::string name = journal::LogName(trust_domain);
  auto text = ReadSmallFile(path, FilePrivacy::kOwnerOnly, kMaxFileBytes);
  if (absl::IsNotFound(text.status())) {
    storage::Checkpoint last;
    const absl::Status signed_before =
        store->Read([&](storage::ReadTransaction& tx) {
          return tx.LatestCheckpoint(0, &last);
        });
    if (signed_before.ok()) {
      return absl::FailedPreconditionError(absl::StrCat(
          path, ": missing, although the journal was signed with it; put the ",
          "key back, or the missions will refuse this platform"));
    }
    if (!absl::IsNotFound(signed_before)) return signed_before;
    if (!note::IsKeyName(name)) {
      return absl::InvalidArgumentError("the trust domain is no key's name");
    }
    const note::SignerKey fresh =
        note::SignerKey::Generate(name, note::KeyType::kSigner);
    PASSERELLE_RETURN_IF_ERROR(
        WriteNewFile(path, absl::StrCat(fresh.Text(), "\n")));
    Log(LogLevel::kInfo, "checkpoint_key_made",
        {{"public_key", fresh.verifier().Text()}});
    return fresh;
  }
  PASSERELLE_RETURN_IF_ERROR(text.status());
  auto key = note::SignerKey::Parse(absl::StripAsciiWhitespace(*text));
  sodium_memzero(text->data(), text->size());
  if (!key.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(path, ": holds no key of a signer of notes"));
  }
  if (key->verifier().type() != note::KeyType::kSigner ||
      key->verifier().name() != name) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, ": the key is not that of ", name));
  }
  return key;
}

}  // namespace passerelle::app
