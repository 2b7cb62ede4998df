#include "server/app/health.h"

#include <grpcpp/grpcpp.h>

#include <map>
#include <set>
#include <utility>

#include "common/grpc_status.h"
#include "common/mutex.h"
#include "grpc/health/v1/health.grpc.pb.h"

namespace passerelle::app {
namespace {

using ::grpc::health::v1::HealthCheckRequest;
using ::grpc::health::v1::HealthCheckResponse;

// A service name; gRPC's own health service stops at 200 as well.
constexpr size_t kMaxRequestBytes = 256;

absl::StatusOr<std::string> ServiceIn(const grpc::ByteBuffer& bytes) {
  HealthCheckRequest request;
  grpc::ByteBuffer copy(bytes);  // counts references
  grpc::ProtoBufferReader reader(&copy);
  if (bytes.Length() > kMaxRequestBytes || !reader.status().ok() ||
      !request.ParseFromZeroCopyStream(&reader)) {
    return absl::InvalidArgumentError("no health request");
  }
  return std::move(*request.mutable_service());
}

grpc::Status Serialize(HealthCheckResponse::ServingStatus status,
                       grpc::ByteBuffer* bytes) {
  HealthCheckResponse response;
  response.set_status(status);
  bytes->Clear();  // a writer wants it empty
  bool own = false;
  return grpc::GenericSerialize<grpc::ProtoBufferWriter, HealthCheckResponse>(
      response, bytes, &own);
}

using Contract = ::grpc::health::v1::Health;

}  // namespace

// Requests come as bytes, so that nothing is parsed for a caller who is not
// admitted.
class Health::Service final
    : public Contract::WithRawCallbackMethod_Check<
          Contract::WithRawCallbackMethod_Watch<Contract::Service>> {
 public:
  Service(std::vector<std::string> names, Admission admission)
      : admission_(std::move(admission)) {
    for (std::string& name : names) {
      statuses_[std::move(name)] = HealthCheckResponse::NOT_SERVING;
    }
    statuses_[""] = HealthCheckResponse::SERVING;
  }

  grpc::ServerUnaryReactor* Check(grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override {
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(Answer(context, *request, response));
    return reactor;
  }

  grpc::ServerWriteReactor<grpc::ByteBuffer>* Watch(
      grpc::CallbackServerContext* context,
      const grpc::ByteBuffer* request) override {
    auto* watch = new Watcher(this);
    auto peer = admission_.enter(context);
    auto service = ServiceIn(*request);
    MutexLock lock(&mutex_);
    if (!peer.ok()) {
      watch->End(peer.status());
    } else if (!service.ok()) {
      watch->End(service.status());
    } else if (ended_) {
      watch->End(absl::UnavailableError("the server stops"));
    } else {
      watch->peer = *std::move(peer);
      watch->name = *std::move(service);
      watchers_.insert(watch);
      watch->Tell();
    }
    return watch;
  }

  void Set(absl::string_view name, Serving serving) {
    MutexLock lock(&mutex_);
    SetLocked(std::string(name), serving);
    for (Watcher* watch : watchers_) watch->Tell();
  }

  void SetAll(Serving serving) {
    MutexLock lock(&mutex_);
    for (auto& [name, status] : statuses_) {
      if (!name.empty()) SetLocked(name, serving);
    }
    for (Watcher* watch : watchers_) watch->Tell();
  }

  void Drain() {
    MutexLock lock(&mutex_);
    drained_ = true;
    for (auto& [name, status] : statuses_) {
      status = HealthCheckResponse::NOT_SERVING;
    }
    for (Watcher* watch : watchers_) watch->Tell();
  }

  void Recheck() {
    MutexLock lock(&mutex_);
    for (Watcher* watch : watchers_) {
      const absl::Status still = admission_.still(*watch->peer);
      if (!still.ok()) watch->End(still);
    }
  }

  void EndWatches() {
    MutexLock lock(&mutex_);
    ended_ = true;
    for (Watcher* watch : watchers_) {
      watch->End(absl::UnavailableError("the server stops"));
    }
  }

 private:
  // One open stream. Its state is guarded by the service's mutex; it deletes
  // itself when gRPC is done with it.
  class Watcher final : public grpc::ServerWriteReactor<grpc::ByteBuffer> {
   public:
    explicit Watcher(Service* service) : service_(*service) {}

    // Sends the status unless it was the last one sent.
    void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(service_.mutex_) {
      const HealthCheckResponse::ServingStatus now =
          service_.StatusOf(name, HealthCheckResponse::SERVICE_UNKNOWN);
      if (ended_ || writing_ || now == told_) return;
      const grpc::Status serialized = Serialize(now, &bytes_);
      if (!serialized.ok()) return End(FromGrpc(serialized));
      told_ = now;
      writing_ = true;
      StartWrite(&bytes_);
    }

    void End(const absl::Status& status)
        ABSL_EXCLUSIVE_LOCKS_REQUIRED(service_.mutex_) {
      if (ended_) return;
      ended_ = true;
      Finish(ToGrpc(status));
    }

    void OnWriteDone(bool ok) override {
      MutexLock lock(&service_.mutex_);
      writing_ = false;
      if (!ok) return End(absl::CancelledError("the caller went away"));
      Tell();  // what changed meanwhile
    }

    void OnCancel() override {
      MutexLock lock(&service_.mutex_);
      End(absl::CancelledError("cancelled"));
    }

    void OnDone() override {
      {
        MutexLock lock(&service_.mutex_);
        service_.watchers_.erase(this);
      }
      delete this;
    }

    // Set before it is listed.
    std::shared_ptr<const PeerIdentity> peer;
    std::string name;

   private:
    Service& service_;
    grpc::ByteBuffer bytes_;
    HealthCheckResponse::ServingStatus told_ = HealthCheckResponse::UNKNOWN;
    bool writing_ = false;
    bool ended_ = false;
  };

  grpc::Status Answer(grpc::CallbackServerContext* context,
                      const grpc::ByteBuffer& request,
                      grpc::ByteBuffer* response) {
    const auto peer = admission_.enter(context);
    if (!peer.ok()) return ToGrpc(peer.status());
    const auto name = ServiceIn(request);
    if (!name.ok()) return ToGrpc(name.status());
    HealthCheckResponse::ServingStatus status;
    {
      MutexLock lock(&mutex_);
      status = StatusOf(*name, HealthCheckResponse::SERVICE_UNKNOWN);
    }
    if (status == HealthCheckResponse::SERVICE_UNKNOWN) {
      return {grpc::StatusCode::NOT_FOUND, "no such service"};
    }
    return Serialize(status, response);
  }

  HealthCheckResponse::ServingStatus StatusOf(
      const std::string& name, HealthCheckResponse::ServingStatus unknown) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    const auto found = statuses_.find(name);
    return found == statuses_.end() ? unknown : found->second;
  }

  void SetLocked(const std::string& name, Serving serving)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (drained_) return;
    statuses_[name] = serving == Serving::kYes
                          ? HealthCheckResponse::SERVING
                          : HealthCheckResponse::NOT_SERVING;
  }

  const Admission admission_;
  Mutex mutex_;
  std::map<std::string, HealthCheckResponse::ServingStatus> statuses_
      ABSL_GUARDED_BY(mutex_);
  std::set<Watcher*> watchers_ ABSL_GUARDED_BY(mutex_);
  bool drained_ ABSL_GUARDED_BY(mutex_) = false;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
};

Health::Health(std::vector<std::string> services, Admission admission)
    : service_(std::make_unique<Service>(std::move(services),
                                         std::move(admission))) {}
Health::~Health() = default;

grpc::Service* Health::service() { return service_.get(); }

void Health::Set(absl::string_view service, Serving serving) {
  service_->Set(service, serving);
}
void Health::SetAll(Serving serving) { service_->SetAll(serving); }
void Health::Drain() { service_->Drain(); }
void Health::Recheck() { service_->Recheck(); }
void Health::EndWatches() { service_->EndWatches(); }

}  // namespace passerelle::app
