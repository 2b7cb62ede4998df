#ifndef PASSERELLE_SERVER_DOMAIN_SIGNATURES_H_
#define PASSERELLE_SERVER_DOMAIN_SIGNATURES_H_

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/message.h"
#include "passerelle/v1/mission_signature.pb.h"
#include "server/domain/actor.h"

namespace passerelle::domain {

// The signature is one of the certificate with which the actor calls, over what
// `in_signature` marks in `resource`, made while that certificate was valid.
// That it names the mission and is not revoked was decided when the call was
// admitted. Returns: SIGNATURE_INVALID.
absl::Status RequireSignedByCaller(
    const Actor& actor, const google::protobuf::Message& resource,
    absl::string_view parent,
    const ::passerelle::v1::MissionSignature& signature);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_SIGNATURES_H_
