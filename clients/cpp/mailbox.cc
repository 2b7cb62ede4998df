#include "clients/cpp/mailbox.h"

#include <algorithm>
#include <utility>

#include "clients/cpp/errors.h"
#include "common/status_macros.h"

namespace passerelle::client {

namespace pb = ::passerelle::v1;

namespace {

// Longest wait that the server grants.
constexpr absl::Duration kLongestWait = absl::Seconds(60);

}  // namespace

absl::StatusOr<pb::FetchMailboxResponse> Mailbox::FetchAfterPosition(
    absl::Duration wait) {
  wait = std::clamp(wait, absl::ZeroDuration(), kLongestWait);
  pb::FetchMailboxRequest request;
  request.set_after_sequence(position_);
  if (wait > absl::ZeroDuration()) {
    const int64_t milliseconds = absl::ToInt64Milliseconds(wait);
    request.mutable_wait()->set_seconds(milliseconds / 1000);
    request.mutable_wait()->set_nanos(
        static_cast<int32_t>(milliseconds % 1000 * 1'000'000));
  }
  CallOptions options;
  options.deadline += wait;
  PASSERELLE_ASSIGN_OR_RETURN(
      pb::FetchMailboxResponse response,
      client_.Call<pb::FetchMailboxResponse>(
          "passerelle.v1.MailboxService/FetchMailbox", request, options));
  int64_t expected = position_;
  for (const pb::MailboxEntry& entry : response.entries()) {
    if (entry.sequence() != ++expected) {
      return MailboxGap(expected, entry.sequence());
    }
  }
  return response;
}

absl::StatusOr<std::vector<pb::MailboxEntry>> Mailbox::Fetch(
    absl::Duration wait) {
  PASSERELLE_ASSIGN_OR_RETURN(pb::FetchMailboxResponse response,
                              FetchAfterPosition(wait));
  position_ += response.entries_size();
  return std::vector<pb::MailboxEntry>(
      std::make_move_iterator(response.mutable_entries()->begin()),
      std::make_move_iterator(response.mutable_entries()->end()));
}

absl::StatusOr<pb::MailboxAcknowledgement> Mailbox::Acknowledge(int64_t up_to) {
  pb::AcknowledgeMailboxRequest request;
  request.set_up_to_sequence(up_to);
  return client_.Call<pb::MailboxAcknowledgement>(
      "passerelle.v1.MailboxService/AcknowledgeMailbox", request);
}

absl::Status Mailbox::Run(const Handler& handler,
                          const std::function<bool()>& stopped,
                          absl::Duration wait) {
  while (!stopped()) {
    PASSERELLE_ASSIGN_OR_RETURN(const pb::FetchMailboxResponse response,
                                FetchAfterPosition(wait));
    for (const pb::MailboxEntry& entry : response.entries()) {
      PASSERELLE_RETURN_IF_ERROR(handler(entry));
      position_ = entry.sequence();
    }
    if (response.entries_size() == 0) continue;
    PASSERELLE_RETURN_IF_ERROR(Acknowledge(position_).status());
  }
  return absl::OkStatus();
}

}  // namespace passerelle::client
