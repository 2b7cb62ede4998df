#include "server/rpc/pipeline.h"

#include <chrono>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_status.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/domain/errors.h"
#include "server/rpc/mailbox_calls.h"
#include "server/rpc/unary_reactor.h"

namespace passerelle::rpc {
namespace {

namespace pb = ::passerelle::v1;
constexpr char kOfficerKey[] = "passerelle-officer";
constexpr size_t kMaxOfficer = 128;

absl::Status Draining() {
  return domain::RetryLater(pb::DRAINING, "The server stops.",
                            absl::Seconds(1));
}

}  // namespace

Pipeline::Pipeline(PipelineOptions options, const domain::Contract* contract,
                   engine::Engine* engine, PeerIdentityReader* identities,
                   RevocationCheck is_revoked)
    : options_(options),
      contract_(*contract),
      engine_(engine),
      identities_(identities),
      is_revoked_(std::move(is_revoked)),
      limits_(options.mission_limits) {}

const domain::MethodSpec* Pipeline::Methods(absl::string_view service) const {
  return contract_.Methods(service);
}

void Pipeline::Drain() {
  draining_.store(true);
  ticker_.TickNow();
}

absl::StatusOr<std::shared_ptr<const PeerIdentity>> Pipeline::Authenticate(
    grpc::CallbackServerContext* context) {
  auto peer = identities_->Identify(*context->auth_context());
  if (!peer.ok() || is_revoked_(**peer)) {
    return domain::Failure(pb::IDENTITY_UNKNOWN,
                           "The certificate names no mission of this "
                           "platform, has expired or was revoked.");
  }
  return peer;
}

absl::Status Pipeline::StillAdmitted(const PeerIdentity& peer) {
  if (is_revoked_(peer) || peer.not_after <= engine_->core().clock.Now()) {
    return domain::Failure(pb::IDENTITY_UNKNOWN,
                           "The certificate has expired or was revoked.");
  }
  return engine_->Resolve({peer.mission, peer.workload, "", ""}).status();
}

engine::CallerIdentity Pipeline::CallerOf(
    const PeerIdentity& peer, const grpc::CallbackServerContext& context) {
  engine::CallerIdentity caller;
  caller.mission = peer.mission;
  caller.workload = peer.workload;
  caller.certificate = absl::HexStringToBytes(peer.fingerprint);
  const auto& metadata = context.client_metadata();
  const auto officer = metadata.find(kOfficerKey);
  if (officer != metadata.end() && officer->second.size() <= kMaxOfficer) {
    caller.officer.assign(officer->second.data(), officer->second.size());
  }
  return caller;
}

absl::Status Pipeline::Admit(grpc::CallbackServerContext* context,
                             const google::protobuf::Message& request,
                             engine::Call* call, std::string* entered) {
  if (draining()) return Draining();
  auto peer = Authenticate(context);
  if (!peer.ok()) return peer.status();
  call->caller = CallerOf(**peer, *context);
  switch (limits_.Enter(call->caller.mission, absl::Now())) {
    case MissionLimits::Verdict::kAdmitted:
      *entered = call->caller.mission;
      break;
    case MissionLimits::Verdict::kTooMany:
      return domain::RetryLater(pb::RATE_LIMITED,
                                "The mission has too many calls at work.",
                                absl::Milliseconds(100));
    case MissionLimits::Verdict::kTooFast:
      return domain::RetryLater(pb::RATE_LIMITED, "The mission sends too fast.",
                                absl::Milliseconds(250));
  }
  if (context->deadline() < std::chrono::system_clock::now()) {
    return domain::Failure(pb::DEADLINE_PASSED,
                           "The deadline passed before the call began.");
  }
  if (request.ByteSizeLong() > options_.request_bytes) {
    return domain::Failure(
        pb::REQUEST_TOO_LARGE, "The request is larger than accepted.",
        {{"limitBytes", absl::StrCat(options_.request_bytes)}});
  }
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* Pipeline::Unary(
    const domain::MethodSpec& method, grpc::CallbackServerContext* context,
    const google::protobuf::Message* request,
    google::protobuf::Message* response) {
  auto call = std::make_unique<engine::Call>();
  call->method = &method;
  call->request = request;
  call->response = response;
  std::string entered;
  const absl::Status admitted = Admit(context, *request, call.get(), &entered);
  auto* reactor = new UnaryReactor([this, entered] {
    if (!entered.empty()) limits_.Leave(entered);
  });
  if (!admitted.ok()) {
    engine_->RecordRefusal(*call, admitted);
    reactor->Finish(ToGrpc(admitted));
    return reactor;
  }
  call->done = [reactor](const absl::Status& status) {
    reactor->Finish(ToGrpc(status));
  };
  if (method.shape == domain::MethodSpec::Shape::kMail) {
    StartMailboxCall(this, std::move(call));
  } else {
    engine_->Execute(std::move(call));
  }
  return reactor;
}

}  // namespace passerelle::rpc
