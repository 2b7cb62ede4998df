#ifndef PASSERELLE_SERVER_APP_SERVER_H_
#define PASSERELLE_SERVER_APP_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/clock.h"
#include "server/app/config.h"
#include "server/rpc/services.h"

namespace passerelle::app {

// Only the benchmark leaves rows unsealed, to measure what sealing costs.
enum class Sealing { kOn, kOffForMeasuring };

// What a test, the benchmark or the demonstration composes differently.
struct Composition {
  const Clock* clock = nullptr;  // null: the system's
  std::string vfs;               // SQLite VFS; empty: the default
  Sealing sealing = Sealing::kOn;
  std::vector<rpc::ServiceEntry> services = rpc::AllServices();
};

// The whole server, put together: store, engine, pipeline, services, port.
// Concrete types meet here and nowhere else.
//
//   auto server = Server::Start(config);
//   (*server)->Wait();      // until asked to drain
//
// Thread safe.
class Server {
 public:
  // Checks everything, migrates the store, then opens the port.
  static absl::StatusOr<std::unique_ptr<Server>> Start(
      const ServerConfig& config, Composition composition = {});
  ~Server();  // drains without lead time
  Server(const Server&) = delete;
  Server& operator=(const Server&) = delete;

  int port() const;

  // Asks for an orderly end; a second request hastens it.
  void RequestDrain();
  // Waits for the request and runs the drain to its end.
  void Wait();

  // Reads certificates and revocations now instead of at the next poll.
  void ReloadFiles();

 private:
  struct Parts;
  explicit Server(std::unique_ptr<Parts> parts);
  const std::unique_ptr<Parts> parts_;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_SERVER_H_
