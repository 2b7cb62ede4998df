#ifndef PASSERELLE_SERVER_APP_HEALTH_H_
#define PASSERELLE_SERVER_APP_HEALTH_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/app/admission.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace passerelle::app {

enum class Serving { kYes, kNo };

// The standard gRPC health service, for admitted callers only: gRPC's own one
// answers whoever has a connection, also after a revocation. "" says that the
// process lives; each service name says whether it is ready to be called.
// Thread safe.
//
//   Health health({"passerelle.v1.CaseService", …}, admission);
//   builder.RegisterService(health.service());   // must outlive the server
class Health {
 public:
  // All `services` start as not ready.
  Health(std::vector<std::string> services, Admission admission);
  ~Health();
  Health(const Health&) = delete;
  Health& operator=(const Health&) = delete;

  grpc::Service* service();

  void Set(absl::string_view service, Serving serving);
  void SetAll(Serving serving);  // "" stays serving: the process lives

  // Everything, "" included, says NOT_SERVING from now on, for good.
  void Drain();

  // Ends the streams of callers who are no longer admitted. Called by a Poller,
  // and when somebody was shut out.
  void Recheck();

  // Ends every stream, so that a server can stop.
  void EndWatches();

 private:
  class Service;
  const std::unique_ptr<Service> service_;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_HEALTH_H_
