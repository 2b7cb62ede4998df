#include "server/engine/evidence.h"

#include <string>
#include <utility>

#include "common/resource_name.h"
#include "server/domain/contract.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

using domain::MethodSpec;
using google::protobuf::Message;

}  // namespace

internal::Leaf LeafOf(const Call& call, absl::Time now) {
  internal::Leaf leaf;
  *leaf.mutable_time() = domain::ToTimestamp(now);
  leaf.set_mission(call.caller.mission);
  leaf.set_workload(call.caller.workload);
  leaf.set_certificate(call.caller.certificate);
  leaf.set_officer(call.caller.officer);
  leaf.set_method(call.method->full_name);
  leaf.set_purpose(call.method->purpose);
  return leaf;
}

internal::Leaf RefusalLeaf(const Call& call, const absl::Status& status,
                           absl::Time now) {
  internal::Leaf leaf = LeafOf(call, now);
  leaf.set_code(static_cast<int>(status.code()));
  leaf.set_reason(domain::ReasonNumber(status));
  const Message& request = *call.request;
  std::string name = StringField(request, call.method->name);
  if (name.empty()) name = StringField(request, call.method->parent);
  if (call.method->shape == MethodSpec::Shape::kUpdate) {
    name = StringField(
        request.GetReflection()->GetMessage(request, call.method->resource),
        call.method->kind->name);
  }
  // A hostile name is evidence of an attempt, not a place to store anything.
  if (ParseResourceName(name)) leaf.set_resource(name);
  const std::string id = RequestIdOf(call);
  if (id.size() <= 36) leaf.set_request_id(id);
  return leaf;
}

}  // namespace passerelle::engine
