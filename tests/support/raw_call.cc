#include "tests/support/raw_call.h"

#include <grpcpp/grpcpp.h>

#include <chrono>

#include <grpcpp/impl/codegen/client_unary_call.h>
#include <grpcpp/impl/codegen/rpc_method.h>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"
#include "tests/support/test_pki.h"

namespace passerelle::testing {

RawReply RawCall(const std::shared_ptr<grpc::Channel>& channel,
                 absl::string_view method, absl::string_view request,
                 const Metadata& metadata, absl::Duration deadline) {
  const std::string path = absl::StrCat("/", method);
  const grpc::internal::RpcMethod rpc(path.c_str(),
                                      grpc::internal::RpcMethod::NORMAL_RPC);
  grpc::ClientContext context;
  if (deadline < absl::InfiniteDuration()) {
    context.set_deadline(std::chrono::system_clock::now() +
                         absl::ToChronoMicroseconds(deadline));
  }
  // A lost connection is dialled again; a lost call is not sent again.
  context.set_wait_for_ready(true);
  for (const auto& [key, value] : metadata) context.AddMetadata(key, value);
  const grpc::Slice slice(request.data(), request.size());
  const grpc::ByteBuffer sent(&slice, 1);
  grpc::ByteBuffer received;
  const grpc::Status status =
      grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
          channel.get(), rpc, &context, sent, &received);
  RawReply reply;
  reply.status = FromGrpc(status);
  reply.details = status.error_details();
  if (status.ok()) {
    std::vector<grpc::Slice> slices;
    received.Dump(&slices).ok();
    for (const grpc::Slice& part : slices) {
      reply.bytes.append(reinterpret_cast<const char*>(part.begin()),
                         part.size());
    }
  }
  return reply;
}

std::shared_ptr<grpc::Channel> FreshChannel(absl::string_view mission,
                                            int port) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 10);
  // Also the time that one attempt to connect may take.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 20);
  arguments.SetInt(GRPC_ARG_ENABLE_RETRIES, 0);
  // By address: what a resolver does after each lost connection is not tested.
  return grpc::CreateCustomChannel(absl::StrCat("127.0.0.1:", port),
                                   TestPki::Shared().Client(mission, "batch"),
                                   arguments);
}

}  // namespace passerelle::testing
