#ifndef PASSERELLE_CLIENTS_CLI_WAIT_H_
#define PASSERELLE_CLIENTS_CLI_WAIT_H_

#include <cstdint>
#include <functional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace passerelle::cli {

// Whether the exchange's phase is DECIDED or ENDED.
bool IsSettled(const google::protobuf::Message& exchange);

// One line for people: state, time waited, due time.
std::string ProgressLine(const google::protobuf::Message& exchange,
                         absl::Duration waited);

// Where the mailbox ends now. To be asked before the exchange is read, so that
// no event falls between.
absl::StatusOr<int64_t> MailboxEnd(client::Client& client);

// Waits until `exchange` is settled, reading it again with `get` whenever the
// mailbox tells of it, and at least every `poll`: the mission's own acts are
// not in its mailbox. Nothing sleeps: the mailbox's long poll does the waiting.
// `exchange` holds the last state read, whatever is returned.
//
// Returns: DEADLINE_EXCEEDED when `timeout` passes; errors of the calls.
absl::Status WaitUntilSettled(
    client::Client& client, const google::protobuf::MethodDescriptor* get,
    int64_t mailbox_end, google::protobuf::Message& exchange,
    absl::Duration timeout, absl::Duration poll,
    const std::function<void(const google::protobuf::Message&)>& progress);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_WAIT_H_
