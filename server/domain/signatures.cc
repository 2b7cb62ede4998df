#include "server/domain/signatures.h"

#include "absl/strings/escaping.h"
#include "absl/time/time.h"
#include "common/certificate_signature.h"
#include "common/signed_text.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;

bool IsSigned(const Actor& actor, const google::protobuf::Message& resource,
              absl::string_view parent, const pb::MissionSignature& signature) {
  if (signature.certificates().empty() || signature.sign_time().nanos() != 0) {
    return false;
  }
  // Receivers read the whole chain; none of it may be what they cannot parse.
  for (const std::string& der : signature.certificates()) {
    if (!ParseDerCertificate(der).ok()) return false;
  }
  const auto certificate = ParseDerCertificate(signature.certificates(0));
  const absl::Time time = FromTimestamp(signature.sign_time());
  return certificate.ok() &&
         absl::HexStringToBytes(FingerprintHex(**certificate)) ==
             actor.certificate &&
         time >= NotBefore(**certificate) && time < NotAfter(**certificate) &&
         VerifyWith(**certificate, SignedText(resource, parent, time),
                    signature.signature())
             .ok();
}

}  // namespace

absl::Status RequireSignedByCaller(const Actor& actor,
                                   const google::protobuf::Message& resource,
                                   absl::string_view parent,
                                   const pb::MissionSignature& signature) {
  if (IsSigned(actor, resource, parent, signature)) return absl::OkStatus();
  return Failure(pb::SIGNATURE_INVALID,
                 "The signature is not one of the calling certificate over "
                 "this request.");
}

}  // namespace passerelle::domain
