#include "tests/integration/echo_server.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>

#include <future>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/mutex.h"
#include "common/status_macros.h"
#include "common/x509.h"

namespace passerelle::testing {
namespace {

grpc::ByteBuffer ToBuffer(const std::string& text) {
  const grpc::Slice slice(text);
  return grpc::ByteBuffer(&slice, 1);
}

std::string ToText(const grpc::ByteBuffer& buffer) {
  std::vector<grpc::Slice> slices;
  std::string text;
  if (!buffer.Dump(&slices).ok()) return text;
  for (const grpc::Slice& slice : slices) {
    text.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return text;
}

}  // namespace

class EchoServer::Service final : public grpc::CallbackGenericService {
 public:
  Service(PeerIdentityReader* identities, app::RevocationList* revocation)
      : identities_(identities), revocation_(revocation) {}

  grpc::ServerGenericBidiReactor* CreateReactor(
      grpc::GenericCallbackServerContext* context) override {
    return new Reactor(this, context);
  }

  void EndWatches() {
    MutexLock lock(&mutex_);
    ended_ = true;
    for (Reactor* reactor : held_) reactor->End();
    held_.clear();
  }

  int held() {
    MutexLock lock(&mutex_);
    return static_cast<int>(held_.size());
  }

 private:
  class Reactor final : public grpc::ServerGenericBidiReactor {
   public:
    Reactor(Service* service, grpc::GenericCallbackServerContext* context)
        : service_(service) {
      auto identity = service->identities_->Identify(*context->auth_context());
      if (!identity.ok()) {
        Finish({grpc::StatusCode::UNAUTHENTICATED,
                std::string(identity.status().message())});
      } else if (service->revocation_->IsRevoked(**identity)) {
        Finish({grpc::StatusCode::UNAUTHENTICATED, "revoked"});
      } else if (context->method() == "/test/Hold") {
        service->Hold(this);
      } else if (context->method() == "/test/WhoAmI") {
        reply_ = ToBuffer(
            absl::StrCat((*identity)->mission, "/", (*identity)->workload));
        StartWriteAndFinish(&reply_, grpc::WriteOptions(), grpc::Status::OK);
      } else {
        Finish({grpc::StatusCode::UNIMPLEMENTED, ""});
      }
    }

    void End() { Finish({grpc::StatusCode::UNAVAILABLE, "draining"}); }
    void OnCancel() override { service_->Release(this); }
    void OnDone() override { delete this; }

   private:
    Service* const service_;
    grpc::ByteBuffer reply_;
  };

  void Hold(Reactor* reactor) {
    MutexLock lock(&mutex_);
    if (ended_) {
      reactor->End();
    } else {
      held_.push_back(reactor);
    }
  }

  void Release(Reactor* reactor) {
    MutexLock lock(&mutex_);
    if (std::erase(held_, reactor) == 1) reactor->End();
  }

  PeerIdentityReader* const identities_;
  app::RevocationList* const revocation_;
  Mutex mutex_;
  bool ended_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Reactor*> held_ ABSL_GUARDED_BY(mutex_);
};

EchoServer::EchoServer() = default;

EchoServer::~EchoServer() {
  if (server_ == nullptr) return;
  listener_->StopAccepting();
  EndWatches();
  Shutdown(absl::Now());
}

absl::StatusOr<std::unique_ptr<EchoServer>> EchoServer::Start(
    const Options& options) {
  std::unique_ptr<EchoServer> echo(new EchoServer());
  PASSERELLE_ASSIGN_OR_RETURN(
      echo->tls_, app::TlsMaterial::Load(options.tls, options.clock));
  PASSERELLE_ASSIGN_OR_RETURN(
      echo->revocation_, app::RevocationList::Open(options.revocation_path));
  PASSERELLE_ASSIGN_OR_RETURN(echo->listener_,
                              app::Listener::Bind(options.listener));
  echo->identities_ = std::make_unique<PeerIdentityReader>(
      PeerIdentityReader::Options{.trust_domain = options.trust_domain},
      options.clock);
  echo->service_ = std::make_unique<Service>(echo->identities_.get(),
                                             echo->revocation_.get());
  echo->health_ = std::make_unique<app::Health>(
      std::vector<std::string>{"test"},
      app::Admission{
          .enter =
              [e = echo.get()](grpc::CallbackServerContext* context) {
                return e->identities_->Identify(*context->auth_context());
              },
          .still =
              [e = echo.get()](const PeerIdentity& peer) {
                return e->revocation_->IsRevoked(peer)
                           ? absl::UnauthenticatedError("revoked")
                           : absl::OkStatus();
              }});
  grpc::ServerBuilder builder;
  app::ApplySettings(options.settings, &builder);
  builder.RegisterCallbackGenericService(echo->service_.get());
  builder.RegisterService(echo->health_->service());
  echo->listener_->AttachTo(&builder, echo->tls_->Credentials());
  echo->server_ = builder.BuildAndStart();
  if (echo->server_ == nullptr) return absl::InternalError("no server");
  echo->listener_->Start();
  return echo;
}

void EchoServer::EndWatches() {
  service_->EndWatches();
  health_->EndWatches();
}
int EchoServer::held() const { return service_->held(); }
void EchoServer::Shutdown(absl::Time deadline) {
  server_->Shutdown(absl::ToChronoTime(deadline));
}

std::shared_ptr<grpc::Channel> Connect(
    int port, std::shared_ptr<grpc::ChannelCredentials> credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  // By address: gRPC's DNS resolver (c-ares) leaks a few bytes at exit, which
  // LeakSanitizer reports.
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   std::move(credentials), arguments);
}

CallResult Call(const std::shared_ptr<grpc::Channel>& channel,
                const std::string& method, const std::string& request,
                absl::Duration timeout) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  context.set_deadline(absl::ToChronoTime(absl::Now() + timeout));
  const grpc::ByteBuffer request_buffer = ToBuffer(request);
  grpc::ByteBuffer reply;
  std::promise<grpc::Status> done;
  stub.UnaryCall(
      &context, method, grpc::StubOptions(), &request_buffer, &reply,
      [&done](grpc::Status status) { done.set_value(std::move(status)); });
  CallResult result;
  result.status = done.get_future().get();
  if (!result.status.ok()) return result;
  result.reply = ToText(reply);
  for (const grpc::string_ref& pem : context.auth_context()->FindPropertyValues(
           GRPC_X509_PEM_CERT_PROPERTY_NAME)) {
    auto parsed = ParseCertificates(absl::string_view(pem.data(), pem.size()));
    if (parsed.ok()) result.server_serial = SerialHex(*parsed->front());
  }
  return result;
}

}  // namespace passerelle::testing
