#ifndef PASSERELLE_TESTS_SUPPORT_RAW_CALL_H_
#define PASSERELLE_TESTS_SUPPORT_RAW_CALL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace passerelle::testing {

// What a call sent and got, byte by byte: no checks, no repetition.
struct RawReply {
  absl::Status status;
  std::string bytes;    // the answer; empty when refused
  std::string details;  // the trailer grpc-status-details-bin
};

using Metadata = std::vector<std::pair<std::string, std::string>>;

// Sends `request` as it is to `method`, e.g. passerelle.v1.CaseService/GetCase.
RawReply RawCall(const std::shared_ptr<grpc::Channel>& channel,
                 absl::string_view method, absl::string_view request,
                 const Metadata& metadata = {},
                 absl::Duration deadline = absl::Seconds(30));

// A channel with the mission's certificate to a port of this machine, not
// shared with any other.
std::shared_ptr<grpc::Channel> FreshChannel(absl::string_view mission,
                                            int port);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_RAW_CALL_H_
