#ifndef PASSERELLE_CLIENTS_CPP_TLS_PROBE_H_
#define PASSERELLE_CLIENTS_CPP_TLS_PROBE_H_

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "clients/cpp/profile.h"

namespace passerelle::client {

// Opens one TLS connection as `profile` would, to find out in clear words why
// a channel cannot connect: gRPC reports every failed handshake as an
// unavailable server. Blocks for at most about `timeout` (name resolution
// apart).
//
// Returns: OK when the handshake succeeds; SERVER_NOT_REACHABLE;
// SERVER_NOT_TRUSTED; CERTIFICATE_REFUSED; PROFILE_INVALID.
absl::Status ProbeTls(const Profile& profile, absl::Duration timeout);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_TLS_PROBE_H_
