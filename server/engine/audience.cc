#include "server/engine/audience.h"

#include <utility>

#include "server/domain/lifecycle.h"
#include "server/domain/visibility.h"

namespace passerelle::engine {

void AddInvolved(const File& file, std::set<std::string>* missions) {
  const ::passerelle::v1::Case& message = file.message;
  missions->insert({message.host_mission(), message.origin_mission(),
                    message.owner_mission()});
  missions->insert(message.transit_missions().begin(),
                   message.transit_missions().end());
  for (const auto& grant : file.facts.grants()) {
    missions->insert(grant.recipient());
  }
}

bool IsTold(const WriterContext& context, const File& file,
            const domain::KindSpec& kind,
            const google::protobuf::Message& resource,
            absl::string_view mission) {
  const auto* known = context.directory.FindMission(mission);
  if (known == nullptr) return false;
  const domain::Actor actor = domain::AsMission(*known);
  domain::Relation relation =
      domain::RelationTo(file.message, file.facts, actor, context.now);
  if (!kind.is_root()) {
    relation = domain::RelationToResource(std::move(relation), resource,
                                          file.facts, actor, context.now);
  }
  if (!relation.sees()) return false;
  return kind.get == nullptr ||
         domain::PositionAdmits(*kind.get, relation.roles);
}

}  // namespace passerelle::engine
