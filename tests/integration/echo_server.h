#ifndef PASSERELLE_TESTS_INTEGRATION_ECHO_SERVER_H_
#define PASSERELLE_TESTS_INTEGRATION_ECHO_SERVER_H_

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/peer_identity.h"
#include "server/app/health.h"
#include "server/app/listener.h"
#include "server/app/revocation.h"
#include "server/app/server_settings.h"
#include "server/app/tls_material.h"

namespace passerelle::testing {

// A server on the whole transport with one generic service, so that no
// contract of ours is needed:
//   /test/WhoAmI   answers "<mission>/<workload>"
//   /test/Hold     answers when EndWatches is called, with UNAVAILABLE
// Identity and revocation are checked on every call, as the pipeline does.
class EchoServer {
 public:
  struct Options {
    app::TlsMaterial::Options tls;
    // Generous: every caller of a test has the same address.
    app::Listener::Options listener = {.max_connections_per_source = 2000,
                                       .new_per_second_per_source = 1e6,
                                       .new_burst_per_source = 1e6};
    app::ServerSettings settings;
    std::string revocation_path;
    std::string trust_domain = "passerelle.test";
    const Clock* clock = nullptr;
  };

  static absl::StatusOr<std::unique_ptr<EchoServer>> Start(
      const Options& options);
  ~EchoServer();

  int port() const { return listener_->port(); }
  app::TlsMaterial& tls() { return *tls_; }
  app::RevocationList& revocation() { return *revocation_; }
  app::Listener& listener() { return *listener_; }
  app::Health& health() { return *health_; }

  void EndWatches();
  void Shutdown(absl::Time deadline);
  int held() const;  // calls waiting in Hold

 private:
  class Service;
  EchoServer();

  std::unique_ptr<app::TlsMaterial> tls_;
  std::unique_ptr<app::RevocationList> revocation_;
  std::unique_ptr<PeerIdentityReader> identities_;
  std::unique_ptr<app::Listener> listener_;
  std::unique_ptr<Service> service_;
  std::unique_ptr<app::Health> health_;
  std::unique_ptr<grpc::Server> server_;
};

// A channel that shares no connection with another.
std::shared_ptr<grpc::Channel> Connect(
    int port, std::shared_ptr<grpc::ChannelCredentials> credentials);

struct CallResult {
  grpc::Status status;
  std::string reply;
  std::string server_serial;  // of the certificate the server showed
};
CallResult Call(const std::shared_ptr<grpc::Channel>& channel,
                const std::string& method, const std::string& request = "",
                absl::Duration timeout = absl::Seconds(10));

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_INTEGRATION_ECHO_SERVER_H_
