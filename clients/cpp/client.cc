#include "clients/cpp/client.h"

#include <grpcpp/grpcpp.h>
#include <algorithm>
#include <chrono>
#include <fstream>
#include <iterator>
#include <random>
#include <utility>

#include <google/protobuf/wrappers.pb.h>
#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/impl/codegen/rpc_method.h>
#include <grpcpp/support/sync_stream.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/evidence.h"
#include "clients/cpp/profile_check.h"
#include "clients/cpp/request_id.h"
#include "clients/cpp/tls_probe.h"
#include "common/grpc_status.h"
#include "common/status_details.h"
#include "common/status_macros.h"
#include "passerelle/options/v1/options.pb.h"

namespace passerelle::client {
namespace {

using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using grpc::internal::RpcMethod;

// Contract of the server: which officer a call is made for.
constexpr char kOfficerKey[] = "passerelle-officer";

// Longest time spent on finding out why a server cannot be reached.
constexpr absl::Duration kProbeTimeout = absl::Seconds(5);

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string PathOf(const MethodDescriptor* method) {
  return absl::StrCat("/", method->service()->full_name(), "/", method->name());
}

// Sleeps, and works on the connection meanwhile: gRPC moves a handshake on only
// while some thread waits for the channel. A plain sleep between attempts would
// leave every handshake unfinished until its time is up.
void SleepConnecting(grpc::Channel& channel, absl::Duration delay) {
  const absl::Time end = absl::Now() + delay;
  grpc_connectivity_state state = channel.GetState(/*try_to_connect=*/true);
  while (state != GRPC_CHANNEL_READY &&
         channel.WaitForStateChange(state, absl::ToChronoTime(end))) {
    state = channel.GetState(/*try_to_connect=*/true);
  }
  absl::SleepFor(end - absl::Now());
}

ClientOptions Complete(ClientOptions options,
                       const std::shared_ptr<grpc::Channel>& channel) {
  static const SystemClock* const clock = new SystemClock();
  RetryEnvironment& environment = options.environment;
  if (environment.clock == nullptr) environment.clock = clock;
  if (!environment.sleep) {
    environment.sleep = [channel](absl::Duration delay) {
      SleepConnecting(*channel, delay);
    };
  }
  if (!environment.random) {
    environment.random = [] {
      thread_local std::mt19937_64 engine(std::random_device{}());
      return std::uniform_real_distribution<double>(0.0, 1.0)(engine);
    };
  }
  return options;
}

// Reads do nothing, mailbox calls and signatures of checkpoints do the same
// each time, changes are recognised by their request id.
Repeatable RepeatableOf(const MethodDescriptor* method,
                        const Message& request) {
  namespace options = passerelle::options::v1;
  const options::Effect effect =
      method->options().GetExtension(options::access).effect();
  if (effect == options::READ || effect == options::MAIL ||
      effect == options::WITNESS) {
    return Repeatable::kYes;
  }
  const auto* field = RequestIdField(request.GetDescriptor());
  return field != nullptr &&
                 !request.GetReflection()->GetString(request, field).empty()
             ? Repeatable::kYes
             : Repeatable::kNo;
}

// Whether gRPC itself, rather than the server, says so.
bool IsBareUnavailable(const absl::Status& status) {
  return absl::IsUnavailable(status) &&
         !status.GetPayload(kStatusPayloadUrl).has_value();
}

void Prepare(grpc::ClientContext& context, const std::string& officer,
             absl::Duration left) {
  context.set_deadline(std::chrono::system_clock::now() +
                       absl::ToChronoMicroseconds(left));
  if (!officer.empty()) context.AddMetadata(kOfficerKey, officer);
}

}  // namespace

Client::Client(std::shared_ptr<grpc::Channel> channel, std::string officer,
               std::optional<Profile> profile, ClientOptions options)
    : channel_(std::move(channel)),
      officer_(std::move(officer)),
      profile_(std::move(profile)),
      options_(Complete(std::move(options), channel_)),
      unchecked_(profile_.has_value() && !profile_->checkpoint_file.empty()) {}

Client::~Client() = default;

absl::StatusOr<std::unique_ptr<Client>> Client::Open(const Profile& profile,
                                                     ClientOptions options) {
  // Certificates are judged by the machine's clock, as TLS will do it.
  const ProfileReport report = CheckProfile(profile, absl::Now());
  if (!report.problems.empty()) {
    return ProfileInvalid(absl::StrJoin(report.problems, "\n"));
  }
  grpc::SslCredentialsOptions tls;
  tls.pem_root_certs = ReadFile(profile.ca);
  tls.pem_cert_chain = ReadFile(profile.certificate);
  tls.pem_private_key = ReadFile(profile.key);
  grpc::ChannelArguments arguments;
  if (!profile.server_name.empty()) {
    arguments.SetSslTargetNameOverride(profile.server_name);
  }
  // Finds dead satellite links; the server allows no ping below 30 s.
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 60000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  // A small compressed message can become a huge one before gRPC measures it.
  arguments.SetInt(GRPC_ARG_ENABLE_PER_MESSAGE_DECOMPRESSION, 0);
  // Only this class knows what may be repeated.
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // In step with our own backoff: gRPC's first pause of 1 s would fail several
  // attempts without dialling. GRPC_ARG_MIN_RECONNECT_BACKOFF_MS stays alone:
  // it is the time a handshake has, and satellite links need seconds.
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 200);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 10000);
  return std::unique_ptr<Client>(
      new Client(grpc::CreateCustomChannel(
                     profile.address, grpc::SslCredentials(tls), arguments),
                 profile.officer, profile, std::move(options)));
}

std::unique_ptr<Client> Client::OverChannel(
    std::shared_ptr<grpc::Channel> channel, absl::string_view officer,
    ClientOptions options) {
  return std::unique_ptr<Client>(new Client(
      std::move(channel), std::string(officer.data(), officer.size()),
      std::nullopt, std::move(options)));
}

absl::Status Client::Explain(const absl::Status& status,
                             absl::Duration left) const {
  if (!IsBareUnavailable(status) || !profile_.has_value() ||
      channel_->GetState(false) == GRPC_CHANNEL_READY) {
    return status;
  }
  const absl::Status found = ProbeTls(*profile_, std::min(left, kProbeTimeout));
  return found.ok() ? status : found;
}

absl::Status Client::HoldToEvidence(const CallOptions& options) {
  MutexLock lock(&evidence_mutex_);
  if (!unchecked_) return absl::OkStatus();
  const Witness witness(profile_->checkpoint_file, profile_->platform_key);
  PASSERELLE_RETURN_IF_ERROR(
      witness
          .Check([&](const v1::GetConsistencyProofRequest& request,
                     v1::ConsistencyProof* proof) {
            return CallPath(
                "/passerelle.v1.EvidenceService/GetConsistencyProof",
                Repeatable::kYes, request, proof, options);
          })
          .status());
  unchecked_ = false;
  return absl::OkStatus();
}

absl::Status Client::CallPath(const std::string& path, Repeatable repeatable,
                              const Message& request, Message* response,
                              const CallOptions& options) {
  const RpcMethod method(path.c_str(), RpcMethod::NORMAL_RPC);
  const std::string& officer =
      options.officer.empty() ? officer_ : options.officer;
  std::optional<absl::Status> explanation;
  return RunWithRetry(
      options_.retry, repeatable,
      options_.environment.clock->Now() + options.deadline,
      options_.environment, [&](absl::Duration left) {
        grpc::ClientContext context;
        Prepare(context, officer, left);
        response->Clear();
        const absl::Status status = FromGrpc(
            grpc::internal::BlockingUnaryCall<google::protobuf::MessageLite,
                                              google::protobuf::MessageLite>(
                channel_.get(), method, &context, request, response));
        if (!IsBareUnavailable(status)) return status;
        // Once a call: a probe costs as much as an attempt.
        if (!explanation.has_value()) explanation = Explain(status, left);
        return *explanation;
      });
}

absl::Status Client::CallByName(absl::string_view name, const Message& request,
                                Message* response, const CallOptions& options) {
  const google::protobuf::DescriptorPool* pool =
      request.GetDescriptor()->file()->pool();
  const size_t slash = name.rfind('/');
  const MethodDescriptor* method =
      slash == absl::string_view::npos
          ? nullptr
          : pool->FindMethodByName(absl::StrCat(name.substr(0, slash), ".",
                                                name.substr(slash + 1)));
  if (method == nullptr) {
    return MethodUnknown(absl::StrCat("there is no method ", name));
  }
  return CallDynamic(method, request, response, options);
}

absl::Status Client::CallDynamic(const MethodDescriptor* method,
                                 const Message& request, Message* response,
                                 const CallOptions& options) {
  if (method->client_streaming() || method->server_streaming() ||
      request.GetDescriptor()->full_name() !=
          method->input_type()->full_name() ||
      response->GetDescriptor()->full_name() !=
          method->output_type()->full_name()) {
    return MethodUnknown(
        absl::StrCat(method->full_name(), " does not take ",
                     request.GetDescriptor()->full_name(), " and answer ",
                     response->GetDescriptor()->full_name(), " once"));
  }
  PASSERELLE_RETURN_IF_ERROR(HoldToEvidence(options));
  std::unique_ptr<Message> filled(request.New());
  filled->CopyFrom(request);
  FillRequestId(*filled, options.request_id);
  return CallPath(PathOf(method), RepeatableOf(method, *filled), *filled,
                  response, options);
}

absl::Status Client::StreamDynamic(
    const MethodDescriptor* method, const Message& request, Message* response,
    const std::function<absl::Status(const Message&)>& handler,
    const CallOptions& options) {
  if (method->client_streaming() || !method->server_streaming()) {
    return MethodUnknown(
        absl::StrCat(method->full_name(), " does not answer with a stream"));
  }
  PASSERELLE_RETURN_IF_ERROR(HoldToEvidence(options));
  grpc::ClientContext context;
  Prepare(context, options.officer.empty() ? officer_ : options.officer,
          options.deadline);
  const std::string path = PathOf(method);
  const RpcMethod rpc(path.c_str(), RpcMethod::SERVER_STREAMING);
  std::unique_ptr<grpc::ClientReader<Message>> reader(
      grpc::internal::ClientReaderFactory<Message>::Create<
          google::protobuf::MessageLite>(channel_.get(), rpc, &context,
                                         request));
  absl::Status handled;
  while (handled.ok() && reader->Read(response)) handled = handler(*response);
  if (!handled.ok()) context.TryCancel();
  const absl::Status status = FromGrpc(reader->Finish());
  return handled.ok() ? Explain(status, kProbeTimeout) : handled;
}

absl::StatusOr<bool> Client::CheckHealth(absl::string_view service,
                                         const CallOptions& options) {
  // On the wire HealthCheckRequest is a StringValue and HealthCheckResponse an
  // Int32Value: field 1 and nothing else. 1 stands for SERVING.
  google::protobuf::StringValue request;
  request.set_value(std::string(service.data(), service.size()));
  google::protobuf::Int32Value response;
  PASSERELLE_RETURN_IF_ERROR(CallPath("/grpc.health.v1.Health/Check",
                                      Repeatable::kYes, request, &response,
                                      options));
  return response.value() == 1;
}

}  // namespace passerelle::client
