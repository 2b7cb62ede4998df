#include "server/engine/mail_entry.h"

#include "server/domain/lifecycle.h"

namespace passerelle::engine {

internal::MailEntry MailEntryOf(const domain::KindSpec& kind,
                                const google::protobuf::Message& resource,
                                const std::string& event,
                                const std::string& actor_mission,
                                absl::Time now) {
  internal::MailEntry entry;
  *entry.mutable_event_time() = domain::ToTimestamp(now);
  entry.set_event(event);
  entry.set_resource(resource.GetReflection()->GetString(resource, kind.name));
  entry.set_state(kind.StateName(domain::StateOf(kind, resource)));
  entry.set_actor_mission(actor_mission);
  return entry;
}

}  // namespace passerelle::engine
