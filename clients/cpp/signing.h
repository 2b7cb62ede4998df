#ifndef PASSERELLE_CLIENTS_CPP_SIGNING_H_
#define PASSERELLE_CLIENTS_CPP_SIGNING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/profile.h"
#include "common/x509.h"
#include "google/protobuf/message.h"
#include "passerelle/v1/mission_signature.pb.h"

namespace passerelle::client {

// What a mission signs with: the key and the certificates of a profile.
class Signer {
 public:
  // Returns: PROFILE_INVALID.
  static absl::StatusOr<Signer> Load(const Profile& profile);

  const std::string& mission() const { return mission_; }  // missions/iom-ma
  const std::string& trust_domain() const { return trust_domain_; }

  // Signs what `in_signature` marks in `resource`, which is to be made in
  // `parent`. Returns: PROFILE_INVALID for a key that cannot sign.
  absl::StatusOr<::passerelle::v1::MissionSignature> Sign(
      const google::protobuf::Message& resource, absl::string_view parent,
      absl::Time now) const;

 private:
  UniquePrivateKey key_;
  std::vector<std::string> certificates_;  // DER, the key's first
  std::string mission_;
  std::string trust_domain_;
};

// The authority that a profile trusts.
class Authority {
 public:
  // Returns: PROFILE_INVALID.
  static absl::StatusOr<Authority> Load(const Profile& profile);

  // `mission` signed the resource: the certificate names it, was vouched for by
  // the authority at the time of signing, and its key made the signature.
  // Returns: SIGNATURE_NOT_AUTHENTIC, which says why.
  absl::Status Verify(
      const google::protobuf::Message& resource, absl::string_view parent,
      absl::string_view mission,
      const ::passerelle::v1::MissionSignature& signature) const;

 private:
  std::vector<UniqueX509> roots_;
  std::string trust_domain_;
};

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_SIGNING_H_
