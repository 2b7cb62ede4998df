#include "server/engine/class_updates.h"

#include <algorithm>
#include <memory>

#include "passerelle/v1/case.pb.h"
#include "server/domain/lifecycle.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using domain::EnumSet;
using google::protobuf::Message;

// The time of a class; added when there is none.
pb::ClassUpdate* TimeOf(const domain::KindSpec& kind, int privacy,
                        Message* resource) {
  const auto* reflection = resource->GetReflection();
  const int size = reflection->FieldSize(*resource, kind.class_updates);
  for (int i = 0; i < size; ++i) {
    auto* time = static_cast<pb::ClassUpdate*>(
        reflection->MutableRepeatedMessage(resource, kind.class_updates, i));
    if (time->privacy_class() == privacy) return time;
  }
  return static_cast<pb::ClassUpdate*>(
      reflection->AddMessage(resource, kind.class_updates));
}

std::unique_ptr<Message> Uncovered(const domain::KindSpec& kind,
                                   const Message& resource) {
  std::unique_ptr<Message> copy(resource.New());
  copy->CopyFrom(resource);
  copy->GetReflection()->ClearField(copy.get(), kind.cover);
  return copy;
}

}  // namespace

EnumSet ChangedClasses(const domain::KindSpec& kind,
                       const domain::Redactor& redactor, const Message& before,
                       const Message& after) {
  if (kind.class_updates == nullptr) return ~EnumSet{0};
  if (kind.cover == nullptr) return redactor.Differing(before, after);
  return redactor.Differing(*Uncovered(kind, before), *Uncovered(kind, after));
}

void SetUpdateTimes(const domain::KindSpec& kind, EnumSet changed,
                    absl::Time now, Message* resource) {
  if (changed == 0) return;
  SetTimestamp(resource, kind.update_time, now);
  if (kind.class_updates == nullptr) return;
  for (int privacy = 1; privacy <= domain::options::Privacy_MAX; ++privacy) {
    if ((changed & domain::Bit(privacy)) == 0) continue;
    pb::ClassUpdate* time = TimeOf(kind, privacy, resource);
    time->set_privacy_class(static_cast<domain::options::Privacy>(privacy));
    *time->mutable_update_time() = domain::ToTimestamp(now);
  }
}

void ShowUpdateTime(const domain::KindSpec& kind, Message* redacted) {
  if (kind.class_updates == nullptr) return;
  absl::Time newest = absl::InfinitePast();
  const auto* reflection = redacted->GetReflection();
  const int size = reflection->FieldSize(*redacted, kind.class_updates);
  for (int i = 0; i < size; ++i) {
    const auto& time = static_cast<const pb::ClassUpdate&>(
        reflection->GetRepeatedMessage(*redacted, kind.class_updates, i));
    newest = std::max(newest, domain::FromTimestamp(time.update_time()));
  }
  // Of a server that kept no times for classes.
  if (newest == absl::InfinitePast()) return;
  SetTimestamp(redacted, kind.update_time, newest);
}

}  // namespace passerelle::engine
