#include "clients/cpp/evidence.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/errors.h"
#include "common/merkle.h"
#include "common/status_details.h"
#include "common/status_macros.h"
#include "passerelle/internal/v1/stored.pb.h"

namespace passerelle::client {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kMaxFileBytes = 1 << 16;

absl::Status FileError(const std::string& path, absl::string_view what) {
  return ProfileInvalid(absl::StrCat(path, ": ", what));
}

absl::StatusOr<note::VerifierKey> ParseKey(absl::string_view text) {
  auto key = note::VerifierKey::Parse(text);
  if (!key.ok() || key->type() != note::KeyType::kSigner) {
    return ProfileInvalid(absl::StrCat("\"", text, "\" is no platform's key"));
  }
  return key;
}

absl::StatusOr<std::vector<merkle::Hash>> HashesOf(
    const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  std::vector<merkle::Hash> proof;
  for (const std::string& bytes : hashes) {
    if (proof.size() == merkle::kMaxProof ||
        !merkle::FromBytes(bytes, &proof.emplace_back())) {
      return EvidenceInconsistent("the proof is malformed");
    }
  }
  return proof;
}

// What the platform says of a leaf is what the leaf says.
bool Agrees(const internal::v1::Leaf& leaf, const pb::Access& access,
            absl::string_view parent) {
  uint32_t classes = 0;
  for (const int value : access.classes()) classes |= uint32_t{1} << value;
  const std::string mission =
      leaf.mission().empty() ? "" : absl::StrCat("missions/", leaf.mission());
  return access.leaf_index() == leaf.sequence() &&
         access.access_time().seconds() == leaf.time().seconds() &&
         access.access_time().nanos() == leaf.time().nanos() &&
         access.mission() == mission && access.officer() == leaf.officer() &&
         access.workload() == leaf.workload() &&
         access.method() == leaf.method() &&
         static_cast<int>(access.purpose()) == leaf.purpose() &&
         access.resource() == leaf.resource() &&
         access.consent() == leaf.consent() && classes == leaf.classes() &&
         static_cast<int>(access.refusal()) == leaf.reason() &&
         access.count() == leaf.count() &&
         access.emergency_access() == leaf.emergency_access() &&
         (leaf.resource() == parent ||
          absl::StartsWith(leaf.resource(), absl::StrCat(parent, "/")));
}

}  // namespace

absl::StatusOr<KeptCheckpoint> VerifyCheckpoint(
    const pb::Checkpoint& checkpoint, const note::VerifierKey& key) {
  auto text = note::OpenCheckpoint(checkpoint.note(), key);
  if (!text.ok()) return EvidenceInconsistent(text.status().message());
  if (text->tree_size != checkpoint.tree_size()) {
    return EvidenceInconsistent("the checkpoint is not the one it says it is");
  }
  return KeptCheckpoint{key, *std::move(text), checkpoint.note()};
}

absl::Status VerifyConsistency(
    const KeptCheckpoint& older, const KeptCheckpoint& newer,
    const google::protobuf::RepeatedPtrField<std::string>& hashes) {
  PASSERELLE_ASSIGN_OR_RETURN(const auto proof, HashesOf(hashes));
  if (older.text.origin != newer.text.origin ||
      !merkle::VerifyConsistency(older.text.tree_size, newer.text.tree_size,
                                 older.text.root, newer.text.root, proof)) {
    return EvidenceInconsistent(absl::StrCat(
        "the journal of ", newer.text.tree_size,
        " lines does not begin with the one of ", older.text.tree_size,
        " lines that the platform signed before"));
  }
  return absl::OkStatus();
}

absl::StatusOr<ExtractReport> VerifyExtract(
    const pb::ExportAccessesResponse& extract, const note::VerifierKey& key) {
  PASSERELLE_ASSIGN_OR_RETURN(const KeptCheckpoint checkpoint,
                              VerifyCheckpoint(extract.checkpoint(), key));
  ExtractReport report;
  int64_t before = -1;
  for (const pb::ProvenAccess& line : extract.accesses()) {
    internal::v1::Leaf leaf;
    if (!leaf.ParseFromString(line.leaf()) ||
        !Agrees(leaf, line.access(), extract.parent()) ||
        leaf.sequence() <= before) {
      return EvidenceInconsistent(absl::StrCat(
          "line ", line.access().leaf_index(), " is not what its leaf says"));
    }
    before = leaf.sequence();
    if (leaf.sequence() >= checkpoint.text.tree_size) {
      ++report.younger;
      continue;
    }
    PASSERELLE_ASSIGN_OR_RETURN(const auto proof, HashesOf(line.hashes()));
    if (!merkle::VerifyInclusion(leaf.sequence(), checkpoint.text.tree_size,
                                 merkle::HashLeaf(line.leaf()), proof,
                                 checkpoint.text.root)) {
      return EvidenceInconsistent(absl::StrCat(
          "line ", leaf.sequence(), " does not stand in the signed journal"));
    }
    ++report.proven;
  }
  return report;
}

// The platform's key in the first line, the note below.
absl::StatusOr<KeptCheckpoint> Witness::Load() const {
  const int file = open(file_.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (file < 0) {
    return errno == ENOENT ? absl::NotFoundError("nothing is kept yet")
                           : FileError(file_, strerror(errno));
  }
  const absl::Cleanup close_file = [file] { close(file); };
  struct stat info {};
  if (fstat(file, &info) != 0 || !S_ISREG(info.st_mode)) {
    return FileError(file_, "is not a regular file");
  }
  // Who may write it could make this client forget.
  if ((info.st_mode & 077) != 0) {
    return FileError(file_, "others have permissions on it; chmod 600 it");
  }
  std::string content(kMaxFileBytes, '\0');
  const ssize_t size = read(file, content.data(), content.size());
  if (size < 0) return FileError(file_, strerror(errno));
  content.resize(static_cast<size_t>(size));
  const size_t line = content.find('\n');
  const auto damaged = [&] {
    return FileError(file_, "holds no checkpoint; it is damaged");
  };
  if (line == std::string::npos) return damaged();
  const auto key = note::VerifierKey::Parse(content.substr(0, line));
  if (!key.ok()) return damaged();
  std::string note = content.substr(line + 1);
  auto text = note::OpenCheckpoint(note, *key);
  if (!text.ok()) return damaged();
  return KeptCheckpoint{*key, *std::move(text), std::move(note)};
}

absl::Status Witness::Save(const KeptCheckpoint& checkpoint) const {
  const std::string fresh = absl::StrCat(file_, ".new");
  const std::string content =
      absl::StrCat(checkpoint.key.Text(), "\n", checkpoint.note);
  unlink(fresh.c_str());  // what a crash left
  const int file =
      open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return FileError(fresh, strerror(errno));
  const bool written = write(file, content.data(), content.size()) ==
                           static_cast<ssize_t>(content.size()) &&
                       fsync(file) == 0;
  const int error = errno;
  close(file);
  if (!written || rename(fresh.c_str(), file_.c_str()) != 0) {
    return FileError(fresh, strerror(written ? errno : error));
  }
  return absl::OkStatus();
}

absl::StatusOr<KeptCheckpoint> Witness::Check(const Fetch& fetch) const {
  // One process at a time: what is kept never gets older.
  const std::string lock_path = absl::StrCat(file_, ".lock");
  const int lock = open(lock_path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return FileError(lock_path, strerror(errno));
  const absl::Cleanup unlock = [lock] { close(lock); };
  while (flock(lock, LOCK_EX) != 0) {
    if (errno != EINTR) return FileError(lock_path, strerror(errno));
  }
  auto kept = Load();
  if (!kept.ok() && !absl::IsNotFound(kept.status())) return kept.status();
  pb::GetConsistencyProofRequest request;
  if (kept.ok()) request.set_first_size(kept->text.tree_size);
  pb::ConsistencyProof proof;
  const absl::Status fetched = fetch(request, &proof);
  if (kept.ok() && ReasonOf(fetched) == "TREE_SIZE_INVALID") {
    return EvidenceInconsistent(absl::StrCat(
        "the platform no longer has the journal of ", kept->text.tree_size,
        " lines that it signed: it was cut off, or an older one put back"));
  }
  PASSERELLE_RETURN_IF_ERROR(fetched);
  PASSERELLE_ASSIGN_OR_RETURN(
      const note::VerifierKey key,
      ParseKey(!platform_key_.empty() ? platform_key_
               : kept.ok()            ? kept->key.Text()
                                      : proof.checkpoint().public_key()));
  PASSERELLE_ASSIGN_OR_RETURN(KeptCheckpoint newest,
                              VerifyCheckpoint(proof.checkpoint(), key));
  if (kept.ok()) {
    PASSERELLE_RETURN_IF_ERROR(
        VerifyConsistency(*kept, newest, proof.hashes()));
    if (newest.text.tree_size == kept->text.tree_size) return newest;
  }
  PASSERELLE_RETURN_IF_ERROR(Save(newest));
  return newest;
}

}  // namespace passerelle::client
