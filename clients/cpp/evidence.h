#ifndef PASSERELLE_CLIENTS_CPP_EVIDENCE_H_
#define PASSERELLE_CLIENTS_CPP_EVIDENCE_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/signed_note.h"
#include "passerelle/v1/evidence.pb.h"

// Holding a platform to the journal that it signed. All but Witness::Check
// needs no platform.

namespace passerelle::client {

// A checkpoint that is kept: the platform's key and the signed note.
struct KeptCheckpoint {
  note::VerifierKey key;
  note::CheckpointText text;
  std::string note;
};

// Keeps the newest checkpoint seen of one platform in a file. Processes may
// share the file.
class Witness {
 public:
  // Makes the one call that Check needs.
  using Fetch = std::function<absl::Status(
      const ::passerelle::v1::GetConsistencyProofRequest&,
      ::passerelle::v1::ConsistencyProof*)>;

  // `file` is made at the first contact, for its owner alone; its folder must
  // exist. `platform_key` is the platform's key as its operator gave it; when
  // empty, the key of the first contact is taken, and no other afterwards.
  Witness(std::string file, std::string platform_key)
      : file_(std::move(file)), platform_key_(std::move(platform_key)) {}

  // Demands proof that the journal begins with all of the kept checkpoint, and
  // keeps the newest.
  //
  // Returns: EVIDENCE_INCONSISTENT when the platform cannot prove it, signs
  // with another key, or has lost what it signed: stop, and tell the operators
  // of other missions; PROFILE_INVALID for a bad key or file; errors of the
  // call.
  absl::StatusOr<KeptCheckpoint> Check(const Fetch& fetch) const;

  // The kept checkpoint. Returns: NOT_FOUND when there is none yet;
  // PROFILE_INVALID for a file that is damaged or that others may read.
  absl::StatusOr<KeptCheckpoint> Load() const;

 private:
  absl::Status Save(const KeptCheckpoint& checkpoint) const;

  const std::string file_;
  const std::string platform_key_;
};

// Verifies that `key` signed the checkpoint and that its fields say what the
// note says. Returns: EVIDENCE_INCONSISTENT.
absl::StatusOr<KeptCheckpoint> VerifyCheckpoint(
    const ::passerelle::v1::Checkpoint& checkpoint,
    const note::VerifierKey& key);

// Verifies that the tree of `newer` begins with that of `older`.
// Returns: EVIDENCE_INCONSISTENT.
absl::Status VerifyConsistency(
    const KeptCheckpoint& older, const KeptCheckpoint& newer,
    const google::protobuf::RepeatedPtrField<std::string>& hashes);

struct ExtractReport {
  int proven = 0;
  int younger = 0;  // than the checkpoint, so that nothing proves them yet
};

// Verifies every line of one answer of ExportAccesses: that its leaf stands in
// the tree, says what the line says, and concerns the file.
// Returns: EVIDENCE_INCONSISTENT.
absl::StatusOr<ExtractReport> VerifyExtract(
    const ::passerelle::v1::ExportAccessesResponse& extract,
    const note::VerifierKey& key);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_EVIDENCE_H_
