#ifndef PASSERELLE_COMMON_PEER_IDENTITY_H_
#define PASSERELLE_COMMON_PEER_IDENTITY_H_

#include <cstddef>
#include <list>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"

namespace grpc {
class AuthContext;
}  // namespace grpc

namespace passerelle {

// Who a verified client certificate says is calling.
struct PeerIdentity {
  std::string mission;      // "mission-gn"
  std::string workload;     // "batch"
  std::string uri;          // the SAN both were read from
  std::string serial;       // hexadecimal, as NormaliseSerial gives
  absl::Time not_after;     // end of the certificate's validity
  std::string fingerprint;  // SHA-256 of the certificate, hexadecimal
};

// Parses `spiffe://<trust domain>/mission/<mission>/<workload>` where both
// names match [a-z][a-z0-9-]{1,30}; fills mission, workload and uri.
// Returns: kUnauthenticated for anything else.
absl::StatusOr<PeerIdentity> ParseMissionUri(absl::string_view uri,
                                             absl::string_view trust_domain);

// Reads the identity behind a call from its connection's AuthContext. gRPC
// checked the certificate's chain once, at the handshake; expiry is checked
// here on every call, because a connection may outlive its certificate.
//
// Parsing a certificate costs tens of microseconds, so the answer for each
// distinct certificate is kept in a small LRU, refusals included. Thread safe.
class PeerIdentityReader {
 public:
  struct Options {
    std::string trust_domain;
    size_t cache_size = 1024;  // distinct certificates; about 2 KB each
  };

  // `clock` must outlive the reader.
  PeerIdentityReader(Options options, const Clock* clock);

  // Returns: kUnauthenticated without a certificate, without exactly one URI
  // name of the trust domain's mission form, or after its expiry.
  absl::StatusOr<std::shared_ptr<const PeerIdentity>> Identify(
      const grpc::AuthContext& context);

  // The same from the certificate's PEM text.
  absl::StatusOr<std::shared_ptr<const PeerIdentity>> IdentifyPem(
      absl::string_view pem);

 private:
  using Answer = absl::StatusOr<std::shared_ptr<const PeerIdentity>>;
  struct Entry {
    std::string pem;
    Answer answer;
  };

  Answer Parse(absl::string_view pem) const;
  Answer Cached(absl::string_view pem);

  const Options options_;
  const Clock* const clock_;
  Mutex mutex_;
  std::list<Entry> recent_ ABSL_GUARDED_BY(mutex_);  // most recent first
  // Keys are views of the entries' own text: list nodes never move.
  absl::flat_hash_map<absl::string_view, std::list<Entry>::iterator> index_
      ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_PEER_IDENTITY_H_
