#include "server/engine/course.h"

#include <string>

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

}  // namespace

domain::Course MakeCourse(const WriterContext& context,
                          const domain::KindSpec& kind, Loaded* loaded) {
  pb::Exchange* header = domain::MutableHeader(kind, loaded->message.get());
  const auto calendar =
      [&](const std::string& mission) -> const domain::Calendar& {
    const pb::Mission* found = context.directory.FindMission(mission);
    return context.core.calendars.Of(found == nullptr ? "" : found->country());
  };
  return {kind,
          loaded->message.get(),
          header,
          &loaded->facts,
          calendar(header == nullptr ? "" : header->initiator()),
          calendar(header == nullptr ? "" : header->counterpart()),
          context.now};
}

}  // namespace passerelle::engine
