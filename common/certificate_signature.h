#ifndef PASSERELLE_COMMON_CERTIFICATE_SIGNATURE_H_
#define PASSERELLE_COMMON_CERTIFICATE_SIGNATURE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/x509.h"

namespace passerelle {

// Signatures with the key of a certificate: ECDSA on P-256 or P-384 and RSA of
// at least 2,048 bits with SHA-256, or Ed25519, as the key is.

// Returns: INVALID_ARGUMENT for a key of another kind.
absl::StatusOr<std::string> SignWith(EVP_PKEY& key, absl::string_view text);

// Returns: PERMISSION_DENIED unless the certificate's key signed `text`.
absl::Status VerifyWith(const X509& certificate, absl::string_view text,
                        absl::string_view signature);

// One certificate, DER. Returns: INVALID_ARGUMENT, also for bytes after it.
absl::StatusOr<UniqueX509> ParseDerCertificate(absl::string_view der);
std::string ToDer(const X509& certificate);

// The first certificate is one for calling, and leads through the others to one
// of `roots`, all of them valid at `time`.
// Returns: PERMISSION_DENIED, which says why.
absl::Status VerifyChain(const std::vector<UniqueX509>& chain,
                         const std::vector<UniqueX509>& roots, absl::Time time);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_CERTIFICATE_SIGNATURE_H_
