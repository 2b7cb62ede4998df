#include "clients/cli/calls.h"

#include <algorithm>
#include <string>

#include "absl/time/clock.h"
#include "clients/cli/wait.h"
#include "common/status_macros.h"
#include "google/protobuf/util/json_util.h"

namespace passerelle::cli {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The server ends a stream after 10 minutes.
constexpr absl::Duration kStreamDeadline = absl::Minutes(11);

// Longest wait between two looks at an exchange.
constexpr absl::Duration kPoll = absl::Seconds(50);

void Print(const Message& message, OutputFormat format, std::ostream& out) {
  out << (format == OutputFormat::kJson ? ToJson(message) : ToTable(message));
}

const FieldDescriptor* Field(const Message& message, const char* name) {
  return message.GetDescriptor()->FindFieldByName(name);
}

// A long poll needs its wait on top of the deadline.
absl::Duration WaitOf(const Message& request) {
  const FieldDescriptor* field = Field(request, "wait");
  if (field == nullptr || field->message_type() == nullptr ||
      !request.GetReflection()->HasField(request, field)) {
    return absl::ZeroDuration();
  }
  const Message& wait = request.GetReflection()->GetMessage(request, field);
  const FieldDescriptor* seconds = Field(wait, "seconds");
  return absl::Seconds(wait.GetReflection()->GetInt64(wait, seconds));
}

// Adds the pages that follow `answer` to it.
absl::Status FetchRest(client::Client& client, const Contract& contract,
                       Invocation& invocation, Message& answer) {
  const FieldDescriptor* token = Field(answer, "next_page_token");
  const FieldDescriptor* next = Field(*invocation.request, "page_token");
  if (token == nullptr || next == nullptr) return absl::OkStatus();
  const Reflection* reflection = answer.GetReflection();
  std::string page_token = reflection->GetString(answer, token);
  std::unique_ptr<Message> page = contract.New(answer.GetDescriptor());
  while (!page_token.empty()) {
    invocation.request->GetReflection()->SetString(invocation.request.get(),
                                                   next, page_token);
    PASSERELLE_RETURN_IF_ERROR(
        client.CallDynamic(invocation.command.method, *invocation.request,
                           page.get(), {.deadline = invocation.deadline}));
    page_token = reflection->GetString(*page, token);
    answer.MergeFrom(*page);
  }
  reflection->ClearField(&answer, token);
  return absl::OkStatus();
}

// Shows progress on one line that is written over and wiped at the end.
class Progress {
 public:
  explicit Progress(Streams& streams)
      : streams_(streams), start_(absl::Now()) {}
  ~Progress() {
    if (shown_) streams_.err << "\r\x1b[K" << std::flush;
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void Show(const Message& exchange) {
    if (!streams_.progress) return;
    shown_ = true;
    streams_.err << "\r\x1b[K" << ProgressLine(exchange, absl::Now() - start_)
                 << std::flush;
  }

 private:
  Streams& streams_;
  const absl::Time start_;
  bool shown_ = false;
};

absl::Status Wait(client::Client& client, const Invocation& invocation,
                  int64_t mailbox_end, Message& answer, Streams& streams) {
  Progress progress(streams);
  return WaitUntilSettled(client, invocation.get, mailbox_end, answer,
                          *invocation.wait, kPoll,
                          [&](const Message& state) { progress.Show(state); });
}

absl::Status InvokeUnary(client::Client& client, const Contract& contract,
                         Invocation& invocation, Streams& streams) {
  const auto* method = invocation.command.method;
  std::unique_ptr<Message> answer = contract.New(method->output_type());
  int64_t mailbox_end = 0;
  if (invocation.wait.has_value()) {
    PASSERELLE_ASSIGN_OR_RETURN(mailbox_end, MailboxEnd(client));
  }
  PASSERELLE_RETURN_IF_ERROR(client.CallDynamic(
      method, *invocation.request, answer.get(),
      {.deadline = invocation.deadline + WaitOf(*invocation.request)}));
  absl::Status status;
  if (invocation.all_pages) {
    status = FetchRest(client, contract, invocation, *answer);
  } else if (invocation.wait.has_value()) {
    status = Wait(client, invocation, mailbox_end, *answer, streams);
  }
  Print(*answer, invocation.format, streams.out);
  const std::string more = ValueAt(*answer, "next_page_token");
  if (!more.empty() && invocation.format == OutputFormat::kTable) {
    streams.err << "There is more: --all, or --page-token " << more << "\n";
  }
  return status;
}

// Prints what a stream brings; table rows without a heading, JSON as one object
// a line, so that a reader can follow.
void PrintPortion(const Message& portion, OutputFormat format,
                  std::ostream& out) {
  const FieldDescriptor* entries = Field(portion, "entries");
  if (entries == nullptr || !entries->is_repeated()) {
    Print(portion, format, out);
    return;
  }
  const Reflection* reflection = portion.GetReflection();
  for (int i = 0; i < reflection->FieldSize(portion, entries); ++i) {
    const Message& entry = reflection->GetRepeatedMessage(portion, entries, i);
    if (format == OutputFormat::kJson) {
      std::string json;
      (void)google::protobuf::util::MessageToJsonString(entry, &json);
      out << json << "\n";
      continue;
    }
    std::string line;
    for (const std::string& column : ListColumns(entry.GetDescriptor())) {
      const std::string value = ValueAt(entry, column);
      if (!line.empty()) line += "  ";
      line += value.empty() ? "-" : value;
    }
    out << line << "\n";
  }
  out << std::flush;
}

// Watches from portion to portion. The server ends each stream after a while
// and when it stops: the next goes on where it ended, unless it brought
// nothing.
absl::Status InvokeStream(client::Client& client, const Contract& contract,
                          Invocation& invocation, Streams& streams) {
  const auto* method = invocation.command.method;
  std::unique_ptr<Message> portion = contract.New(method->output_type());
  Message& request = *invocation.request;
  const FieldDescriptor* after = Field(request, "after_sequence");
  const FieldDescriptor* resume = Field(*portion, "resume_after");
  for (;;) {
    bool received = false;
    const absl::Status status = client.StreamDynamic(
        method, request, portion.get(),
        [&](const Message& message) {
          received = true;
          PrintPortion(message, invocation.format, streams.out);
          if (after != nullptr && resume != nullptr) {
            request.GetReflection()->SetInt64(
                &request, after,
                message.GetReflection()->GetInt64(message, resume));
          }
          return absl::OkStatus();
        },
        {.deadline = std::max(invocation.deadline, kStreamDeadline)});
    const bool resumable = after != nullptr && resume != nullptr && received &&
                           (status.ok() || absl::IsUnavailable(status) ||
                            absl::IsDeadlineExceeded(status));
    if (!resumable) return status;
  }
}

}  // namespace

absl::Status Invoke(client::Client& client, const Contract& contract,
                    Invocation& invocation, Streams& streams) {
  return invocation.command.method->server_streaming()
             ? InvokeStream(client, contract, invocation, streams)
             : InvokeUnary(client, contract, invocation, streams);
}

}  // namespace passerelle::cli
