#ifndef PASSERELLE_SERVER_RPC_PIPELINE_H_
#define PASSERELLE_SERVER_RPC_PIPELINE_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/peer_identity.h"
#include "server/engine/engine.h"
#include "server/rpc/call_sink.h"
#include "server/rpc/in_flight.h"
#include "server/rpc/mission_limits.h"
#include "server/rpc/ticker.h"

namespace passerelle::rpc {

struct PipelineOptions {
  MissionLimits::Options mission_limits;
  // Larger requests are refused, but for what is meant to carry bytes.
  size_t request_bytes = 64 * 1024;
  absl::Duration default_deadline = absl::Seconds(30);  // when none is set
  absl::Duration max_deadline = absl::Seconds(300);
  absl::Duration max_wait = absl::Seconds(60);  // of a long poll
  absl::Duration watch_duration = absl::Seconds(600);
  absl::Duration watch_idle_sign = absl::Seconds(60);
  absl::Duration watch_write_limit = absl::Seconds(60);
};

// The one way of every call: TLS peer, revocation, limits per mission, size,
// then the engine (access, rules, idempotency, decision, redaction, audit),
// then the answer. Refusals on the way are audited as well. Thread safe.
class Pipeline final : public CallSink {
 public:
  using RevocationCheck = std::function<bool(const PeerIdentity&)>;

  // All arguments outlive the pipeline.
  Pipeline(PipelineOptions options, const domain::Contract* contract,
           engine::Engine* engine, PeerIdentityReader* identities,
           RevocationCheck is_revoked);

  const domain::MethodSpec* Methods(absl::string_view service) const override;
  grpc::ServerUnaryReactor* Unary(const domain::MethodSpec& method,
                                  grpc::CallbackServerContext* context,
                                  const grpc::ByteBuffer* request,
                                  grpc::ByteBuffer* response) override;

  // Refuses new calls and ends waiting ones (DRAINING), so that a server can
  // stop.
  void Drain();
  // Waits until every admitted call is answered, at most until `deadline`.
  void WaitUntilIdle(absl::Time deadline) {
    in_flight_.WaitUntilIdle(deadline);
  }
  bool draining() const { return draining_.load(); }

  // Checks again whoever waits, e.g. after a revocation.
  void RecheckWaiting() { ticker_.TickNow(); }

  // For the streaming service.
  // Returns: IDENTITY_UNKNOWN.
  absl::StatusOr<std::shared_ptr<const PeerIdentity>> Authenticate(
      grpc::CallbackServerContext* context);
  // The same for a caller whose stream is open.
  absl::Status StillAdmitted(const PeerIdentity& peer,
                             const std::string& officer = "");
  // `bulk_bytes`: what the method's own bytes fields may add to the limit.
  // Returns: REQUEST_TOO_LARGE, FIELD_INVALID; `request` is then empty.
  absl::Status ParseRequest(const grpc::ByteBuffer& bytes, size_t bulk_bytes,
                            google::protobuf::Message* request) const;
  static engine::CallerIdentity CallerOf(
      const PeerIdentity& peer, const grpc::CallbackServerContext& context);
  const PipelineOptions& options() const { return options_; }
  engine::Engine& engine() { return *engine_; }
  MissionLimits& limits() { return limits_; }
  InFlight& in_flight() { return in_flight_; }
  Ticker& ticker() { return ticker_; }

 private:
  absl::Status Admit(grpc::CallbackServerContext* context,
                     const grpc::ByteBuffer& bytes,
                     google::protobuf::Message* request, engine::Call* call,
                     bool* entered);
  absl::Time DeadlineOf(const grpc::CallbackServerContext& context,
                        absl::Time now) const;

  const PipelineOptions options_;
  const domain::Contract& contract_;
  engine::Engine* const engine_;
  PeerIdentityReader* const identities_;
  const RevocationCheck is_revoked_;
  MissionLimits limits_;
  InFlight in_flight_;
  std::atomic<bool> draining_{false};
  Ticker ticker_;
};

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_PIPELINE_H_
