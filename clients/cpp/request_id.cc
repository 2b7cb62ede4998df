#include "clients/cpp/request_id.h"

#include <array>
#include <cstdint>

#include <openssl/rand.h>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace passerelle::client {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

std::string NewRequestId() {
  std::array<unsigned char, 16> bytes = {};
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  const auto millis = static_cast<uint64_t>(absl::ToUnixMillis(absl::Now()));
  for (size_t i = 0; i < 6; ++i) {
    bytes[i] = static_cast<unsigned char>(millis >> (40 - 8 * i));
  }
  bytes[6] = static_cast<unsigned char>((bytes[6] & 0x0f) | 0x70);
  bytes[8] = static_cast<unsigned char>((bytes[8] & 0x3f) | 0x80);
  const std::string hex = absl::BytesToHexString(absl::string_view(
      reinterpret_cast<const char*>(bytes.data()), bytes.size()));
  return absl::StrCat(hex.substr(0, 8), "-", hex.substr(8, 4), "-",
                      hex.substr(12, 4), "-", hex.substr(16, 4), "-",
                      hex.substr(20));
}

const FieldDescriptor* RequestIdField(const Descriptor* request) {
  const FieldDescriptor* field = request->FindFieldByName("request_id");
  if (field == nullptr || field->is_repeated() ||
      field->type() != FieldDescriptor::TYPE_STRING) {
    return nullptr;
  }
  return field;
}

std::string FillRequestId(Message& request, absl::string_view request_id) {
  const FieldDescriptor* field = RequestIdField(request.GetDescriptor());
  if (field == nullptr) return {};
  const google::protobuf::Reflection* reflection = request.GetReflection();
  std::string id = reflection->GetString(request, field);
  if (!id.empty()) return id;
  id = request_id.empty() ? NewRequestId()
                          : std::string(request_id.data(), request_id.size());
  reflection->SetString(&request, field, id);
  return id;
}

}  // namespace passerelle::client
