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

google::protobuf::RepeatedPtrField<pb::ClassUpdate>* TimesOf(
    const domain::KindSpec& kind, Message* resource) {
  return resource->GetReflection()->MutableRepeatedPtrField<pb::ClassUpdate>(
      resource, kind.class_updates);
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
  auto* times = TimesOf(kind, resource);
  for (int privacy = 1; privacy <= domain::options::Privacy_MAX; ++privacy) {
    if ((changed & domain::Bit(privacy)) == 0) continue;
    auto found = std::find_if(
        times->begin(), times->end(),
        [&](const auto& one) { return one.privacy_class() == privacy; });
    pb::ClassUpdate* time = found == times->end() ? times->Add() : &*found;
    time->set_privacy_class(static_cast<domain::options::Privacy>(privacy));
    *time->mutable_update_time() = domain::ToTimestamp(now);
  }
}

void ShowUpdateTime(const domain::KindSpec& kind, Message* redacted) {
  if (kind.class_updates == nullptr) return;
  absl::Time newest = absl::InfinitePast();
  for (const pb::ClassUpdate& time : *TimesOf(kind, redacted)) {
    newest = std::max(newest, domain::FromTimestamp(time.update_time()));
  }
  // Of a server that kept no times for classes.
  if (newest == absl::InfinitePast()) return;
  SetTimestamp(redacted, kind.update_time, newest);
}

}  // namespace passerelle::engine
