#ifndef PASSERELLE_SERVER_APP_LISTENER_H_
#define PASSERELLE_SERVER_APP_LISTENER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class ServerBuilder;
class ServerCredentials;
}  // namespace grpc

namespace passerelle::app {

// The server's port, with an accept loop of our own. gRPC 1.51's loop ends for
// good at the first accept() that finds no free descriptor (CVE-2023-4785),
// which anybody can bring about without a certificate. This one sheds
// connections instead, counts why, and bounds them before TLS costs anything.
//
//   auto listener = Listener::Bind({.port = 8443});
//   (*listener)->AttachTo(&builder, credentials);
//   auto server = builder.BuildAndStart();
//   (*listener)->Start();
//   …
//   (*listener)->StopAccepting();   // always before the next line:
//   server->Shutdown(deadline);     // a later connection would leak
//
// Once gRPC shuts down it answers CANCELLED to calls that arrive, which no
// caller may repeat. Ending the connections before spares callers that.
//
// Thread safe. Must outlive the server.
class Listener {
 public:
  struct Options {
    std::string address = "127.0.0.1";  // numeric, IPv4 or IPv6
    int port = 0;                       // 0: any free one
    int max_connections = 2000;
    // A source is an IPv4 address or an IPv6 /64.
    int max_connections_per_source = 32;
    double new_per_second_per_source = 20;
    double new_burst_per_source = 20;
    // Descriptors left to storage, logs and the rest. A connection needs two,
    // so max_connections is lowered to what RLIMIT_NOFILE allows beside these.
    int reserved_descriptors = 128;
  };

  struct Counters {
    int64_t accepted = 0;
    int64_t open = 0;
    // Closed at once, by cause:
    int64_t shed_total = 0;        // max_connections reached
    int64_t shed_source = 0;       // max_connections_per_source reached
    int64_t shed_rate = 0;         // too many new ones from one source
    int64_t shed_descriptors = 0;  // the process or system ran out
  };

  // Returns: kInvalidArgument for an address that is not numeric; kUnavailable
  // when it cannot be bound.
  static absl::StatusOr<std::unique_ptr<Listener>> Bind(const Options& options);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const;

  // The connection limit in force, see Options::reserved_descriptors.
  int max_connections() const;

  void AttachTo(grpc::ServerBuilder* builder,
                std::shared_ptr<grpc::ServerCredentials> credentials);

  // Begins to accept. The server must have been built.
  void Start();

  // Closes the port. When it returns no connection will be handed over any
  // more. Open connections are unaffected. May be called more than once.
  void StopAccepting();

  // Ends every open connection, after what was written to it. Calls that are
  // still on their way fail as UNAVAILABLE.
  void EndConnections();

  Counters counters() const;

 private:
  class Loop;
  explicit Listener(std::unique_ptr<Loop> loop);

  const std::unique_ptr<Loop> loop_;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_LISTENER_H_
