#ifndef PASSERELLE_SERVER_APP_HEALTH_H_
#define PASSERELLE_SERVER_APP_HEALTH_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace grpc {
class HealthCheckServiceInterface;
class Server;
}  // namespace grpc

namespace passerelle::app {

enum class Serving { kYes, kNo };

// The standard gRPC health service. "" says that the process lives; each
// service name says whether it is ready to be called. Thread safe.
//
//   Health::Enable();                       // before BuildAndStart
//   Health health(server.get(), {"passerelle.v1.CaseService", …});
class Health {
 public:
  // Makes servers built from now on carry the service, and its descriptor
  // known to the reflection service. Call while no other thread runs.
  static void Enable();

  // All `services` start as not ready. `server` must outlive this object.
  Health(grpc::Server* server, std::vector<std::string> services);

  void Set(absl::string_view service, Serving serving);
  void SetAll(Serving serving);  // "" stays serving: the process lives

  // Everything, "" included, says NOT_SERVING from now on, for good.
  void Drain();

 private:
  grpc::HealthCheckServiceInterface* const service_;
  const std::vector<std::string> names_;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_HEALTH_H_
