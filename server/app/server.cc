#include "server/app/server.h"

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/log.h"
#include "common/peer_identity.h"
#include "common/status_macros.h"
#include "grpcpp/grpcpp.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/app/calendars.h"
#include "server/app/checkpoint_key.h"
#include "server/app/drain.h"
#include "server/app/grpc_log.h"
#include "server/app/health.h"
#include "server/app/listener.h"
#include "server/app/poller.h"
#include "server/app/reflection.h"
#include "server/app/revocation.h"
#include "server/app/sealed_files.h"
#include "server/app/server_settings.h"
#include "server/app/tls_material.h"
#include "server/domain/errors.h"
#include "server/engine/engine.h"
#include "server/rpc/pipeline.h"

namespace passerelle::app {
namespace {

rpc::PipelineOptions PipelineOptionsOf(const ServerConfig& config) {
  rpc::PipelineOptions options;
  const ServerConfig::Limits& limits = config.limits;
  options.mission_limits.live_calls =
      static_cast<int>(limits.live_calls_per_mission);
  options.mission_limits.watches = static_cast<int>(limits.watches_per_mission);
  options.mission_limits.calls_per_second =
      static_cast<double>(limits.calls_per_second_per_mission);
  options.mission_limits.burst = static_cast<double>(limits.burst);
  options.request_bytes = static_cast<size_t>(limits.request_bytes);
  options.default_deadline = limits.default_deadline;
  options.max_deadline = limits.max_deadline;
  options.watch_duration = limits.watch_duration;
  return options;
}

engine::EngineOptions EngineOptionsOf(const ServerConfig& config) {
  engine::EngineOptions options;
  options.max_batch = static_cast<int>(config.engine.max_batch);
  options.max_queue = static_cast<size_t>(config.engine.max_queue);
  options.checkpoint_interval = config.evidence.checkpoint_interval;
  return options;
}

// The callers of the contract's services are those of the others as well.
Admission AdmissionOf(rpc::Pipeline* pipeline) {
  const auto enter = [pipeline](grpc::CallbackServerContext* context)
      -> absl::StatusOr<std::shared_ptr<const PeerIdentity>> {
    auto peer = pipeline->Authenticate(context);
    if (!peer.ok()) return peer;
    PASSERELLE_RETURN_IF_ERROR(pipeline->StillAdmitted(**peer));
    // Counts against the mission's rate; the answer is given at once.
    rpc::MissionLimits& limits = pipeline->limits();
    if (limits.Enter((*peer)->mission, absl::Now()) !=
        rpc::MissionLimits::Verdict::kAdmitted) {
      return domain::RetryLater(v1::RATE_LIMITED, "The mission sends too fast.",
                                absl::Milliseconds(250));
    }
    limits.Leave((*peer)->mission);
    return peer;
  };
  return {.enter = enter, .still = [pipeline](const PeerIdentity& peer) {
            return pipeline->StillAdmitted(peer);
          }};
}

}  // namespace

// In the order of their making; destroyed in the opposite one.
struct Server::Parts {
  SystemClock system_clock;
  std::unique_ptr<SteadyClock> clock;
  std::unique_ptr<SealedFiles> files;
  std::unique_ptr<domain::Contract> contract;
  std::unique_ptr<engine::Engine> engine;
  std::unique_ptr<RevocationList> revocation;
  std::unique_ptr<PeerIdentityReader> identities;
  std::unique_ptr<TlsMaterial> tls;
  std::unique_ptr<rpc::Pipeline> pipeline;
  std::vector<std::shared_ptr<grpc::Service>> services;
  std::unique_ptr<Health> health;
  std::unique_ptr<Listener> listener;
  std::unique_ptr<grpc::Server> server;
  std::unique_ptr<Poller> poller;
  std::unique_ptr<Drain> drain;

  // Answers what was admitted, then lets go of the callers, so that all they
  // ever see of the end is UNAVAILABLE.
  void EndCalls(absl::Time deadline) {
    pipeline->WaitUntilIdle(deadline);
    listener->EndConnections();
    server->Shutdown(absl::ToChronoTime(deadline));
  }
};

absl::StatusOr<std::unique_ptr<Server>> Server::Start(
    const ServerConfig& config, Composition composition) {
  SetLogLevel(config.log.level);
  auto parts = std::make_unique<Parts>();
  Parts* p = parts.get();
  p->clock = std::make_unique<SteadyClock>(
      composition.clock != nullptr ? composition.clock : &p->system_clock);

  PASSERELLE_ASSIGN_OR_RETURN(
      p->files, SealedFiles::Open(config.store, config.vault, composition.vfs));
  storage::Store* const store = composition.sealing == Sealing::kOn
                                    ? p->files->store()
                                    : p->files->rows();
  PASSERELLE_ASSIGN_OR_RETURN(domain::Calendars calendars,
                              LoadCalendars(config.calendars.file));
  engine::EngineOptions engine_options = EngineOptionsOf(config);
  if (composition.sealing == Sealing::kOn) {
    engine_options.vault = p->files->vault();
  }
  p->contract = rpc::MakeContract(composition.services);
  PASSERELLE_ASSIGN_OR_RETURN(
      note::SignerKey key, LoadCheckpointKey(config.CheckpointKeyPath(),
                                             config.tls.trust_domain, store));
  PASSERELLE_ASSIGN_OR_RETURN(
      p->engine,
      engine::Engine::Start(engine_options, p->contract.get(), store,
                            p->clock.get(), std::move(calendars),
                            {std::move(key), config.tls.trust_domain}));
  PASSERELLE_RETURN_IF_ERROR(p->engine->Bootstrap(
      config.bootstrap.operator_mission, config.bootstrap.operator_officer));

  PASSERELLE_ASSIGN_OR_RETURN(p->revocation,
                              RevocationList::Open(config.revocation.file));
  // Certificates live by real time, whatever drives the deadlines.
  p->identities = std::make_unique<PeerIdentityReader>(
      PeerIdentityReader::Options{.trust_domain = config.tls.trust_domain},
      &p->system_clock);
  PASSERELLE_ASSIGN_OR_RETURN(
      p->tls, TlsMaterial::Load(config.TlsOptions(), &p->system_clock));
  p->pipeline = std::make_unique<rpc::Pipeline>(
      PipelineOptionsOf(config), p->contract.get(), p->engine.get(),
      p->identities.get(),
      [revocation = p->revocation.get()](const PeerIdentity& peer) {
        return revocation->IsRevoked(peer);
      });
  PASSERELLE_ASSIGN_OR_RETURN(p->listener,
                              Listener::Bind(config.ListenerOptions()));
  grpc::ServerBuilder builder;
  ApplySettings(config.TransportSettings(), &builder);
  std::vector<std::string> names;
  for (const rpc::ServiceEntry& entry : composition.services) {
    p->services.push_back(entry.make_glue(p->pipeline.get()));
    names.push_back(entry.descriptor->full_name());
  }
  const Admission admission = AdmissionOf(p->pipeline.get());
  p->health = std::make_unique<Health>(names, admission);
  builder.RegisterService(p->health->service());
  if (config.server.reflection) {
    names.emplace_back("grpc.health.v1.Health");
    p->services.push_back(MakeReflection(std::move(names), admission));
  }
  for (const auto& service : p->services) {
    builder.RegisterService(service.get());
  }
  p->listener->AttachTo(&builder, p->tls->Credentials());
  p->server = builder.BuildAndStart();
  if (p->server == nullptr) {
    return absl::InternalError("gRPC did not start the server");
  }
  p->revocation->OnChange([p] {
    p->pipeline->RecheckWaiting();
    p->health->Recheck();
  });
  p->health->SetAll(Serving::kYes);
  p->listener->Start();
  p->poller = std::make_unique<Poller>(
      config.tls.poll_interval,
      std::vector<std::function<void()>>{
          [p] { p->tls->CheckNow(); }, [p] { p->revocation->CheckNow(); },
          [p] { p->files->vault()->CheckKeyFile(); },
          // Suspended missions and expired certificates.
          [p] { p->health->Recheck(); }, [] { ReportGrpcLog(); }});
  p->drain = std::make_unique<Drain>(
      DrainSteps{
          .not_serving = [p] { p->health->Drain(); },
          .stop_accepting = [p] { p->listener->StopAccepting(); },
          .end_watches =
              [p] {
                p->pipeline->Drain();
                p->health->EndWatches();
              },
          .shutdown = [p](absl::Time deadline) { p->EndCalls(deadline); }},
      config.DrainSettings());
  Log(LogLevel::kInfo, "serving",
      {{"address", config.listen.address}, {"port", p->listener->port()}});
  return std::unique_ptr<Server>(new Server(std::move(parts)));
}

Server::Server(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Server::~Server() {
  parts_->poller.reset();
  parts_->listener->StopAccepting();
  parts_->pipeline->Drain();
  parts_->health->EndWatches();
  parts_->EndCalls(absl::Now() + absl::Seconds(2));
  parts_->server.reset();
  parts_->engine->Stop();
}

int Server::port() const { return parts_->listener->port(); }

void Server::RequestDrain() { parts_->drain->Request(); }

void Server::Wait() { parts_->drain->Run(); }

void Server::ReloadFiles() {
  parts_->tls->CheckNow();
  parts_->revocation->CheckNow();
  parts_->files->vault()->CheckKeyFile();
}

}  // namespace passerelle::app
