#include "clients/cli/wait.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/output.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/mailbox.h"
#include "common/status_details.h"
#include "common/status_macros.h"
#include "google/protobuf/dynamic_message.h"
#include "passerelle/v1/mailbox.pb.h"

namespace passerelle::cli {
namespace {

namespace pb = ::passerelle::v1;
using google::protobuf::Message;

absl::StatusOr<int64_t> MailboxEndAfter(client::Client& client, int64_t after) {
  pb::FetchMailboxRequest request;
  request.set_after_sequence(after);
  request.set_max_entries(1);
  PASSERELLE_ASSIGN_OR_RETURN(
      const pb::FetchMailboxResponse response,
      client.Call<pb::FetchMailboxResponse>(
          "passerelle.v1.MailboxService/FetchMailbox", request));
  return response.last_sequence();
}

// Makes the request of a Get method: its only field is the name.
void SetName(Message& request, const std::string& name) {
  request.GetReflection()->SetString(
      &request, request.GetDescriptor()->FindFieldByName("name"), name);
}

absl::Status Timeout(absl::Duration timeout) {
  return MakeError(
      absl::StatusCode::kDeadlineExceeded, "WAIT_TIMEOUT",
      absl::StrCat("not settled after ", absl::FormatDuration(timeout)),
      {.domain = client::kClientErrorDomain});
}

}  // namespace

bool IsSettled(const Message& exchange) {
  const std::string phase = ValueAt(exchange, "exchange.phase");
  return phase == "DECIDED" || phase == "ENDED";
}

std::string ProgressLine(const Message& exchange, absl::Duration waited) {
  std::string line =
      absl::StrCat(ValueAt(exchange, "state"), ", waited ",
                   absl::FormatDuration(absl::Trunc(waited, absl::Seconds(1))));
  const std::string due = ValueAt(exchange, "exchange.due_time");
  if (!due.empty()) absl::StrAppend(&line, ", due ", due);
  return line;
}

absl::StatusOr<int64_t> MailboxEnd(client::Client& client) {
  absl::StatusOr<int64_t> end = MailboxEndAfter(client, 0);
  if (end.ok()) return end;
  // The oldest entries are gone: ask from where mail still begins.
  const ErrorDetails details = DetailsOf(end.status());
  const auto oldest = details.metadata.find("oldestSequence");
  int64_t sequence = 0;
  if (details.reason != "CURSOR_EXPIRED" || oldest == details.metadata.end() ||
      !absl::SimpleAtoi(oldest->second, &sequence)) {
    return end;
  }
  return MailboxEndAfter(client, std::max<int64_t>(sequence - 1, 0));
}

absl::Status WaitUntilSettled(
    client::Client& client, const google::protobuf::MethodDescriptor* get,
    int64_t mailbox_end, Message& exchange, absl::Duration timeout,
    absl::Duration poll, const std::function<void(const Message&)>& progress) {
  const absl::Time until = absl::Now() + timeout;
  const std::string name = ValueAt(exchange, "name");
  client::Mailbox mailbox(client, mailbox_end);
  const auto* pool = get->file()->pool();
  google::protobuf::DynamicMessageFactory factory(pool);
  std::unique_ptr<Message> request(
      factory.GetPrototype(get->input_type())->New());
  SetName(*request, name);
  progress(exchange);
  while (!IsSettled(exchange)) {
    const absl::Duration left = until - absl::Now();
    if (left <= absl::ZeroDuration()) return Timeout(timeout);
    PASSERELLE_ASSIGN_OR_RETURN(const std::vector<pb::MailboxEntry> entries,
                                mailbox.Fetch(std::min(left, poll)));
    const bool concerned =
        entries.empty() ||
        std::any_of(entries.begin(), entries.end(), [&](const auto& entry) {
          return entry.resource() == name;
        });
    if (concerned) {
      PASSERELLE_RETURN_IF_ERROR(client.CallDynamic(get, *request, &exchange));
    }
    progress(exchange);
  }
  return absl::OkStatus();
}

}  // namespace passerelle::cli
