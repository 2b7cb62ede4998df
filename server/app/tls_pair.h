#ifndef PASSERELLE_SERVER_APP_TLS_PAIR_H_
#define PASSERELLE_SERVER_APP_TLS_PAIR_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"

namespace passerelle::app {

// The three texts a TLS server needs, as read from the operator's files.
struct TlsContents {
  std::string certificate;  // leaf, then intermediates
  std::string key;
  std::string client_ca;  // roots that sign clients
  std::string issuer_ca;  // roots that sign this server; empty: client_ca

  bool operator==(const TlsContents&) const = default;
};

struct TlsValidity {
  absl::Time not_before;
  absl::Time not_after;
  std::string serial;
};

// Everything that would make gRPC 1.51 refuse each handshake, or abort the
// process, is found here first: empty or damaged texts, a key of another
// certificate, dates, a missing subject alternative name, a leaf not meant for
// servers, a chain that does not lead to the given authority.
// Returns: kInvalidArgument with the first fault; else the leaf's validity.
absl::StatusOr<TlsValidity> ValidateTls(const TlsContents& contents,
                                        absl::Time now);

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_TLS_PAIR_H_
