#ifndef PASSERELLE_COMMON_GRPC_STATUS_H_
#define PASSERELLE_COMMON_GRPC_STATUS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "grpcpp/support/status.h"

// The one place where absl::Status and grpc::Status meet.

namespace passerelle {

// Trailers of one call must fit the 8,192 bytes of metadata that gRPC peers
// accept by default, or the caller sees a broken call instead of the error. The
// message counts as it is sent, percent-encoded; the details as they are before
// base64 makes four bytes of three.
inline constexpr size_t kMaxMessageBytes = 1024;
inline constexpr size_t kMaxDetailsBytes = 5000;

// Converts for sending. An error's payload becomes the error details, with the
// message cut at kMaxMessageBytes. Details past kMaxDetailsBytes are left out,
// field violations first, from the last on; `violationsOmitted` in the
// metadata then tells how many.
grpc::Status ToGrpc(const absl::Status& status);

// Converts what was received. Details that are damaged, or that contradict the
// code, are dropped; codes that are no gRPC codes become kUnknown.
absl::Status FromGrpc(const grpc::Status& status);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_GRPC_STATUS_H_
