#ifndef PASSERELLE_SERVER_APP_ADMISSION_H_
#define PASSERELLE_SERVER_APP_ADMISSION_H_

#include <functional>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/peer_identity.h"

namespace grpc {
class CallbackServerContext;
}  // namespace grpc

namespace passerelle::app {

// Who may use a service that is not of the contract, such as health: the same
// callers as any other, as the call pipeline says. Both are thread safe.
struct Admission {
  // A new call. Returns: who makes it, or why it is refused.
  std::function<absl::StatusOr<std::shared_ptr<const PeerIdentity>>(
      grpc::CallbackServerContext*)>
      enter;
  // A caller whose stream is open.
  std::function<absl::Status(const PeerIdentity&)> still;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_ADMISSION_H_
