#ifndef PASSERELLE_CLIENTS_CLI_CALLS_H_
#define PASSERELLE_CLIENTS_CLI_CALLS_H_

#include <memory>
#include <optional>
#include <ostream>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "clients/cli/contract.h"
#include "clients/cli/naming.h"
#include "clients/cli/output.h"
#include "clients/cpp/client.h"

namespace passerelle::cli {

// One command ready to be sent.
struct Invocation {
  Command command = {};
  std::unique_ptr<google::protobuf::Message> request = nullptr;
  absl::Duration deadline = absl::Seconds(30);
  OutputFormat format = OutputFormat::kTable;
  // Follow next_page_token to the end and print one list.
  bool all_pages = false;
  // Wait until the exchange is settled, at most so long, reading it with `get`.
  std::optional<absl::Duration> wait = std::nullopt;
  const google::protobuf::MethodDescriptor* get = nullptr;
};

// Where results and news go.
struct Streams {
  std::ostream& out;
  std::ostream& err;
  // Whether to show progress on `err`: it is a terminal.
  bool progress = false;
};

// Sends the call and prints the answer. A wait that fails prints the last state
// read, then returns the error.
absl::Status Invoke(client::Client& client, const Contract& contract,
                    Invocation& invocation, Streams& streams);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_CALLS_H_
