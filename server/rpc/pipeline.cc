#include "server/rpc/pipeline.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/grpc_status.h"
#include "passerelle/v1/error_reason.pb.h"
#include "server/domain/errors.h"
#include "server/engine/file.h"
#include "server/rpc/mailbox_calls.h"
#include "server/rpc/unary_reactor.h"

namespace passerelle::rpc {
namespace {

namespace pb = ::passerelle::v1;
constexpr char kOfficerKey[] = "passerelle-officer";
constexpr size_t kMaxOfficer = 128;
// Stands for an assertion that names nobody: two officers, or no name at all.
// It is nobody's name, so that the call is refused.
constexpr char kNoOfficer[] = "?";

grpc::Status Serialize(const google::protobuf::Message& message,
                       grpc::ByteBuffer* bytes) {
  bool own = false;
  return grpc::GenericSerialize<grpc::ProtoBufferWriter,
                                google::protobuf::Message>(message, bytes,
                                                           &own);
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

absl::Status Pipeline::StillAdmitted(const PeerIdentity& peer,
                                     const std::string& officer) {
  // Certificates live by real time, whatever drives the deadlines.
  if (is_revoked_(peer) || peer.not_after <= absl::Now()) {
    return domain::Failure(pb::IDENTITY_UNKNOWN,
                           "The certificate has expired or was revoked.");
  }
  return engine_->Resolve({peer.mission, peer.workload, "", officer}).status();
}

engine::CallerIdentity Pipeline::CallerOf(
    const PeerIdentity& peer, const grpc::CallbackServerContext& context) {
  engine::CallerIdentity caller;
  caller.mission = peer.mission;
  caller.workload = peer.workload;
  caller.certificate = absl::HexStringToBytes(peer.fingerprint);
  const auto& metadata = context.client_metadata();
  const auto officer = metadata.find(kOfficerKey);
  if (officer == metadata.end()) return caller;
  if (metadata.count(kOfficerKey) == 1 &&
      officer->second.size() <= kMaxOfficer) {
    caller.officer.assign(officer->second.data(), officer->second.size());
  } else {
    caller.officer = kNoOfficer;
  }
  return caller;
}

absl::Time Pipeline::DeadlineOf(const grpc::CallbackServerContext& context,
                                absl::Time now) const {
  const auto asked = context.deadline();
  if (asked == std::chrono::system_clock::time_point::max()) {
    return now + options_.default_deadline;
  }
  return std::min(absl::FromChrono(asked), now + options_.max_deadline);
}

absl::Status Pipeline::Admit(grpc::CallbackServerContext* context,
                             const grpc::ByteBuffer& bytes,
                             google::protobuf::Message* request,
                             engine::Call* call, bool* entered) {
  if (draining()) return domain::Draining();
  auto peer = Authenticate(context);
  if (!peer.ok()) return peer.status();
  call->caller = CallerOf(**peer, *context);
  const absl::Time now = absl::Now();
  switch (limits_.Enter(call->caller.mission, now)) {
    case MissionLimits::Verdict::kAdmitted:
      *entered = true;
      break;
    case MissionLimits::Verdict::kTooMany:
      return domain::RetryLater(pb::RATE_LIMITED,
                                "The mission has too many calls at work.",
                                absl::Milliseconds(100));
    case MissionLimits::Verdict::kTooFast:
      return domain::RetryLater(pb::RATE_LIMITED, "The mission sends too fast.",
                                absl::Milliseconds(250));
  }
  call->deadline = DeadlineOf(*context, now);
  if (call->deadline <= now) return engine::DeadlinePassed();
  call->request_bytes = bytes.Length();
  return ParseRequest(bytes, call->method->bulk_bytes, request);
}

absl::Status Pipeline::ParseRequest(const grpc::ByteBuffer& bytes,
                                    size_t bulk_bytes,
                                    google::protobuf::Message* request) const {
  const size_t limit = options_.request_bytes + bulk_bytes;
  if (bytes.Length() > limit) {
    return domain::Failure(pb::REQUEST_TOO_LARGE,
                           "The request is larger than accepted.",
                           {{"limitBytes", absl::StrCat(limit)}});
  }
  grpc::ByteBuffer copy(bytes);  // counts references
  grpc::ProtoBufferReader reader(&copy);
  if (reader.status().ok() && request->ParseFromZeroCopyStream(&reader)) {
    return absl::OkStatus();
  }
  request->Clear();
  return domain::FieldsInvalid(
      {{"",
        "the bytes are no request of this method: malformed, cut short, "
        "too deep, or with text that is not UTF-8"}});
}

grpc::ServerUnaryReactor* Pipeline::Unary(const domain::MethodSpec& method,
                                          grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) {
  auto question = engine::NewMessage(method.descriptor->input_type());
  auto answer = engine::NewMessage(method.descriptor->output_type());
  auto call = std::make_unique<engine::Call>();
  call->method = &method;
  call->request = question.get();
  call->response = answer.get();
  bool entered = false;
  const absl::Status admitted =
      Admit(context, *request, question.get(), call.get(), &entered);
  const auto* filled = answer.get();
  auto* reactor =
      new UnaryReactor(&in_flight_, std::move(question), std::move(answer));
  if (!admitted.ok()) {
    if (entered) limits_.Leave(call->caller.mission);
    engine_->RecordRefusal(*call, admitted);
    reactor->Finish(ToGrpc(admitted));
    return reactor;
  }
  call->done = [this, reactor, filled, response,
                mission = call->caller.mission](const absl::Status& status) {
    // The place is free before the answer is seen: who calls again at once
    // finds it.
    limits_.Leave(mission);
    reactor->Finish(status.ok() ? Serialize(*filled, response)
                                : ToGrpc(status));
  };
  call->gone = [context] { return context->IsCancelled(); };
  if (method.shape == domain::MethodSpec::Shape::kMail) {
    StartMailboxCall(this, context, std::move(call));
  } else {
    engine_->Execute(std::move(call));
  }
  return reactor;
}

}  // namespace passerelle::rpc
