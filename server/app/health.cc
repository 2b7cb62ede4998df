#include "server/app/health.h"

#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/server.h>

#include <utility>

#include "grpc/health/v1/health.pb.h"

namespace passerelle::app {

void Health::Enable() {
  grpc::EnableDefaultHealthCheckService(true);
  // gRPC's own service brings no descriptor, and the linker drops a generated
  // one that nobody uses: using it once lets reflection describe the service.
  grpc::health::v1::HealthCheckRequest::descriptor();
}

Health::Health(grpc::Server* server, std::vector<std::string> services)
    : service_(server->GetHealthCheckService()), names_(std::move(services)) {
  SetAll(Serving::kNo);
}

void Health::Set(absl::string_view service, Serving serving) {
  service_->SetServingStatus(std::string(service), serving == Serving::kYes);
}

void Health::SetAll(Serving serving) {
  for (const std::string& name : names_) Set(name, serving);
}

void Health::Drain() { service_->Shutdown(); }

}  // namespace passerelle::app
