#ifndef PASSERELLE_CLIENTS_CPP_MAILBOX_H_
#define PASSERELLE_CLIENTS_CPP_MAILBOX_H_

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "passerelle/v1/mailbox.pb.h"

namespace passerelle::client {

// Reads the mission's mailbox in order from a position on. Keep `position()`
// with your own data and give it back at the next start; nothing is lost in
// between, however long it takes.
//
// Not thread safe; the client must outlive it.
class Mailbox {
 public:
  using Handler =
      std::function<absl::Status(const passerelle::v1::MailboxEntry&)>;

  // Starts after `after`: the last sequence already taken; 0 for all.
  Mailbox(Client& client, int64_t after) : client_(client), position_(after) {}

  // Last sequence returned by Fetch or handled by Run.
  int64_t position() const { return position_; }

  // Returns the next entries and moves on. When there are none yet, waits up to
  // `wait` (at most 60 s) for the first. An empty answer means: none came.
  //
  // Returns: OUT_OF_RANGE CURSOR_EXPIRED, MAILBOX_GAP, and what
  // MailboxService.FetchMailbox returns. An error leaves the position.
  absl::StatusOr<std::vector<passerelle::v1::MailboxEntry>> Fetch(
      absl::Duration wait = absl::ZeroDuration());

  // Tells the server that everything up to `up_to` is in your own keeping.
  absl::StatusOr<passerelle::v1::MailboxAcknowledgement> Acknowledge(
      int64_t up_to);

  // Hands each entry to `handler` and acknowledges each portion once all of it
  // is handled, until `stopped` says so (asked between portions, at least every
  // `wait`) or something fails. An entry whose handler fails is neither
  // acknowledged nor passed: the next Run begins with it.
  absl::Status Run(const Handler& handler, const std::function<bool()>& stopped,
                   absl::Duration wait = absl::Seconds(50));

 private:
  absl::StatusOr<passerelle::v1::FetchMailboxResponse> FetchAfterPosition(
      absl::Duration wait);

  Client& client_;
  int64_t position_;
};

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_MAILBOX_H_
