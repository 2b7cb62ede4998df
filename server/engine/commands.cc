#include "server/engine/commands.h"

#include "absl/strings/str_cat.h"
#include "common/log.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::engine {

namespace pb = ::passerelle::v1;

absl::Status Engine::AcknowledgeCommand::Run(const WriterContext& context,
                                             Effects* effects) {
  const auto& request =
      static_cast<const pb::AcknowledgeMailboxRequest&>(*call_->request);
  const std::string mission = RootName("missions", call_->caller.mission);
  const absl::Status stored = context.tx.AcknowledgeMailbox(
      mission, request.up_to_sequence(), context.now);
  storage::MailboxState state;
  PASSERELLE_RETURN_IF_ERROR(context.tx.GetMailbox(mission, &state));
  if (absl::IsOutOfRange(stored)) {
    return domain::Failure(
        pb::CURSOR_INVALID, "The sequence was not delivered yet.",
        {{"lastSequence", absl::StrCat(state.last_sequence)}});
  }
  PASSERELLE_RETURN_IF_ERROR(stored);
  auto* answer = static_cast<pb::MailboxAcknowledgement*>(call_->response);
  answer->set_sequence(state.acknowledged_sequence);
  *answer->mutable_acknowledge_time() =
      domain::ToTimestamp(state.acknowledge_time);
  effects->leaves.push_back(LeafOf(*call_, context.now));
  return absl::OkStatus();
}

void Engine::TimerCommand::Done(const absl::Status& status) {
  if (!status.ok()) {
    Log(LogLevel::kError, "timer_failed",
        {{"code", absl::StatusCodeToString(status.code())}});
  } else if (!set_aside_.empty()) {
    Log(LogLevel::kError, "record_set_aside",
        {{"kind", set_aside_}, {"count", ++records_set_aside_}});
  }
}

absl::Status Engine::BootstrapCommand::Run(const WriterContext& context,
                                           Effects* effects) {
  storage::Record record;
  record.key = {"missions", mission_id_};
  storage::Record present;
  const absl::Status found = context.tx.Get(record.key, &present);
  if (!absl::IsNotFound(found)) return found;

  pb::Mission mission;
  mission.set_name(RootName("missions", mission_id_));
  mission.set_display_name("Operator of the platform");
  mission.set_kind(domain::options::PLATFORM);
  mission.set_country("CH");
  *mission.mutable_create_time() = domain::ToTimestamp(context.now);
  *mission.mutable_update_time() = mission.create_time();
  record.kind = "missions";
  record.version = 1;
  mission.SerializeToString(&record.message);
  PASSERELLE_RETURN_IF_ERROR(context.tx.Insert(record));

  pb::Officer officer;
  officer.set_name(ChildName(mission.name(), "officers", officer_id_));
  officer.set_display_name("Operator");
  officer.add_roles(domain::options::OPERATOR);
  *officer.mutable_create_time() = mission.create_time();
  *officer.mutable_update_time() = mission.create_time();
  record.key = {mission.name(), officer_id_};
  record.kind = "officers";
  officer.SerializeToString(&record.message);
  PASSERELLE_RETURN_IF_ERROR(context.tx.Insert(record));

  internal::Leaf leaf;
  *leaf.mutable_time() = domain::ToTimestamp(context.now);
  leaf.set_method("Bootstrap");
  leaf.set_resource(officer.name());
  effects->leaves.push_back(std::move(leaf));
  return absl::OkStatus();
}

}  // namespace passerelle::engine
