#include "tests/bench/serve.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/server_credentials.h>

#include <chrono>
#include <cstdio>
#include <memory>
#include <string>

#include "echo.grpc.pb.h"
#include "server/app/process.h"
#include "server/app/server.h"
#include "server/app/server_settings.h"
#include "server/storage/sqlite/fault_vfs.h"
#include "tests/bench/child_server.h"
#include "tests/support/test_pki.h"
#include "tests/support/vault_beside.h"

namespace passerelle::bench {
namespace {

// An ordinary callback service.
class PlainEcho final : public EchoService::CallbackService {
 public:
  grpc::ServerUnaryReactor* Echo(grpc::CallbackServerContext* context,
                                 const EchoRequest* request,
                                 EchoResponse* response) override {
    if (request->answer_bytes() == 0) {
      response->set_payload(request->payload());
    } else {
      response->mutable_payload()->assign(
          static_cast<size_t>(request->answer_bytes()), 'e');
    }
    grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }
};

}  // namespace

app::ServerConfig BenchConfig(const ServeOptions& options) {
  app::ServerConfig config;
  config.listen.port = 0;
  config.tls.certificate = options.pki_dir + "/server/cert.pem";
  config.tls.key = options.pki_dir + "/server/key.pem";
  config.tls.client_ca = options.pki_dir + "/ca.pem";
  config.tls.staging_dir = options.store_dir + "/tls";
  config.store.path = options.store_dir + "/store.db";
  if (!options.store_dir.empty()) {
    config.vault = testing::VaultBeside(config.store.path);
  }
  config.limits.live_calls_per_mission = 1024;
  config.limits.calls_per_second_per_mission = 1'000'000;
  config.limits.burst = 1'000'000;
  config.limits.connections_per_source = 1000;
  config.limits.new_connections_per_second_per_source = 1000;
  if (options.max_batch > 0) config.engine.max_batch = options.max_batch;
  config.log.level = LogLevel::kWarning;
  return config;
}

int Serve(const ServeOptions& options) {
  app::PrepareProcess();  // as passerelled does; the echo server is bare
  storage::sqlite::FaultVfs slow_disk("passerelle-bench");
  app::Composition composition;
  if (options.flush_delay > absl::ZeroDuration()) {
    slow_disk.SetFlushDelay(options.flush_delay);
    composition.vfs = slow_disk.name();
  }
  if (options.unsealed) composition.sealing = app::Sealing::kOffForMeasuring;
  const auto server =
      app::Server::Start(BenchConfig(options), std::move(composition));
  if (!server.ok()) {
    std::fprintf(stderr, "passerelle-bench: %s\n",
                 server.status().ToString().c_str());
    return 1;
  }
  AnnounceAndWait((*server)->port());
  return 0;
}

int ServeEcho(const ServeOptions& options) {
  const app::ServerConfig config = BenchConfig(options);
  grpc::SslServerCredentialsOptions tls(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = testing::ReadFileOrDie(config.tls.client_ca);
  tls.pem_key_cert_pairs.push_back(
      {testing::ReadFileOrDie(config.tls.key),
       testing::ReadFileOrDie(config.tls.certificate)});
  PlainEcho service;
  int port = 0;
  grpc::ServerBuilder builder;
  app::ApplySettings(config.TransportSettings(), &builder);
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls),
                           &port);
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) return 1;
  AnnounceAndWait(port);
  server->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(1));
  return 0;
}

}  // namespace passerelle::bench
