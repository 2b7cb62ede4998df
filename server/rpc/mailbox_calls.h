#ifndef PASSERELLE_SERVER_RPC_MAILBOX_CALLS_H_
#define PASSERELLE_SERVER_RPC_MAILBOX_CALLS_H_

#include <memory>

#include "grpcpp/grpcpp.h"
#include "server/engine/engine.h"

namespace passerelle::rpc {

class Pipeline;

// What is wrong with a validated request to the mailbox.
// Returns: FIELD_INVALID, UNKNOWN_FIELD.
absl::Status CheckMailRequest(const engine::Call& call);

// Serves FetchMailbox, waiting without a thread, and AcknowledgeMailbox. A
// caller who is shut out while it waits is refused. `context` is looked at
// before this returns.
void StartMailboxCall(Pipeline* pipeline, grpc::CallbackServerContext* context,
                      std::unique_ptr<engine::Call> call);

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_MAILBOX_CALLS_H_
