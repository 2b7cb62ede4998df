#ifndef PASSERELLE_SERVER_RPC_CALL_SINK_H_
#define PASSERELLE_SERVER_RPC_CALL_SINK_H_

#include "absl/strings/string_view.h"
#include "grpcpp/grpcpp.h"
#include "server/domain/contract.h"

namespace passerelle::rpc {

// Where generated services send every call.
class CallSink {
 public:
  virtual ~CallSink() = default;

  // Methods of a service, in the order of its descriptor.
  virtual const domain::MethodSpec* Methods(
      absl::string_view service) const = 0;

  // Takes one unary call; request and response live until it is finished.
  virtual grpc::ServerUnaryReactor* Unary(const domain::MethodSpec& method,
                                          grpc::CallbackServerContext* context,
                                          const grpc::ByteBuffer* request,
                                          grpc::ByteBuffer* response) = 0;
};

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_CALL_SINK_H_
