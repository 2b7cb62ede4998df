#include "server/engine/request_identity.h"

#include <memory>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "server/engine/core.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

constexpr size_t kHashBytes = 16;

// What makes two requests the same, however their id is written.
std::string Content(const Call& call, const std::string& request_id) {
  const auto* field = call.method->request_id;
  if (StringField(*call.request, field) == request_id) {
    return call.request->SerializeAsString();
  }
  const std::unique_ptr<google::protobuf::Message> request(call.request->New());
  request->CopyFrom(*call.request);
  request->GetReflection()->SetString(request.get(), field, request_id);
  return request->SerializeAsString();
}

// The first six bytes of a UUID: its time, when it is of version 7. In front of
// a fingerprint they keep the requests of one time together, so that a commit
// writes one page of them instead of one for each.
std::string TimeOf(absl::string_view uuid) {
  return absl::HexStringToBytes(
      absl::StrCat(uuid.substr(0, 8), uuid.substr(9, 4)));
}

}  // namespace

RequestIdentity IdentifyRequest(const Secrets& secrets, const Call& call) {
  const std::string request_id = RequestIdOf(call);
  const std::string whose = absl::StrCat(
      call.caller.mission, "\n", call.method->full_name, "\n", request_id);
  return {absl::StrCat(TimeOf(request_id),
                       secrets.Hash("request", whose, kHashBytes)),
          secrets.Hash("content", Content(call, request_id), kHashBytes)};
}

}  // namespace passerelle::engine
