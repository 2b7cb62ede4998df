#include "common/grpc_status.h"

#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "common/status_details.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace passerelle {
namespace {

constexpr char kEllipsis[] = "...";

// Bytes that `c` takes in the grpc-message trailer.
size_t EncodedSize(char c) {
  return c >= 0x20 && c <= 0x7e && c != '%' ? 1 : 3;
}

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// Cuts at a code point so that the encoded text fits kMaxMessageBytes.
std::string CapMessage(absl::string_view message) {
  size_t encoded = 0;
  size_t keep = 0;  // longest prefix that leaves room for the ellipsis
  for (size_t i = 0; i < message.size(); ++i) {
    if (!IsContinuation(message[i]) &&
        encoded + sizeof(kEllipsis) - 1 <= kMaxMessageBytes) {
      keep = i;
    }
    encoded += EncodedSize(message[i]);
  }
  if (encoded <= kMaxMessageBytes) {
    return std::string(message.data(), message.size());
  }
  return absl::StrCat(message.substr(0, keep), kEllipsis);
}

// Rewrites the ErrorInfo to tell that `omitted` violations are not in.
void NoteOmitted(google::rpc::Status& status, int omitted) {
  for (google::protobuf::Any& any : *status.mutable_details()) {
    google::rpc::ErrorInfo info;
    if (!any.UnpackTo(&info)) continue;
    (*info.mutable_metadata())["violationsOmitted"] = std::to_string(omitted);
    any.PackFrom(info);
  }
}

// Leaves reason and domain only.
void KeepReasonOnly(google::rpc::Status& status) {
  google::rpc::ErrorInfo bare;
  for (const google::protobuf::Any& any : status.details()) {
    google::rpc::ErrorInfo info;
    if (!any.UnpackTo(&info)) continue;
    bare.set_reason(info.reason());
    bare.set_domain(info.domain());
  }
  (*bare.mutable_metadata())["detailsOmitted"] = "true";
  status.clear_details();
  status.add_details()->PackFrom(bare);
}

std::string CapDetails(google::rpc::Status status) {
  if (status.ByteSizeLong() <= kMaxDetailsBytes) {
    return status.SerializeAsString();
  }
  for (google::protobuf::Any& any : *status.mutable_details()) {
    google::rpc::BadRequest bad;
    if (!any.UnpackTo(&bad)) continue;
    int omitted = 0;
    while (status.ByteSizeLong() > kMaxDetailsBytes &&
           bad.field_violations_size() > 0) {
      bad.mutable_field_violations()->RemoveLast();
      any.PackFrom(bad);
      NoteOmitted(status, ++omitted);
    }
  }
  if (status.ByteSizeLong() > kMaxDetailsBytes) KeepReasonOnly(status);
  return status.SerializeAsString();
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  const auto code = static_cast<grpc::StatusCode>(status.code());
  const std::string message = CapMessage(status.message());
  const auto payload = status.GetPayload(kStatusPayloadUrl);
  google::rpc::Status wire;
  if (!payload.has_value() || !wire.ParseFromString(std::string(*payload))) {
    return grpc::Status(code, message);
  }
  wire.set_code(static_cast<int>(status.code()));
  wire.set_message(message);
  return grpc::Status(code, message, CapDetails(std::move(wire)));
}

absl::Status FromGrpc(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  const int code = status.error_code();
  const bool known = code > 0 && code <= 16;
  absl::Status result(
      known ? static_cast<absl::StatusCode>(code) : absl::StatusCode::kUnknown,
      status.error_message());
  google::rpc::Status wire;
  if (!status.error_details().empty() &&
      wire.ParseFromString(status.error_details()) && wire.code() == code) {
    result.SetPayload(kStatusPayloadUrl, absl::Cord(status.error_details()));
  }
  return result;
}

}  // namespace passerelle
