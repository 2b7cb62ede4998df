#ifndef PASSERELLE_SERVER_RPC_UNARY_REACTOR_H_
#define PASSERELLE_SERVER_RPC_UNARY_REACTOR_H_

#include <functional>
#include <utility>

#include "grpcpp/grpcpp.h"

namespace passerelle::rpc {

// Finishes one unary call, from any thread, and gives its place back when gRPC
// is done with it. Owns itself.
class UnaryReactor final : public grpc::ServerUnaryReactor {
 public:
  explicit UnaryReactor(std::function<void()> on_done)
      : on_done_(std::move(on_done)) {}

  void OnDone() override {
    if (on_done_) on_done_();
    delete this;
  }

 private:
  const std::function<void()> on_done_;
};

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_UNARY_REACTOR_H_
