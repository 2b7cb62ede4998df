#ifndef PASSERELLE_SERVER_RPC_MAILBOX_CALLS_H_
#define PASSERELLE_SERVER_RPC_MAILBOX_CALLS_H_

#include <memory>

#include "server/engine/engine.h"

namespace passerelle::rpc {

class Pipeline;

// Serves FetchMailbox, waiting without a thread, and AcknowledgeMailbox.
void StartMailboxCall(Pipeline* pipeline, std::unique_ptr<engine::Call> call);

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_MAILBOX_CALLS_H_
