// Who is told of a change.

#include "server/engine/execution.h"

#include <set>
#include <string>

#include "server/domain/lifecycle.h"
#include "server/engine/audience.h"
#include "server/engine/mail_entry.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using google::protobuf::Message;

bool IsRecalled(const File* file, const std::string& consent,
                const std::string& mission) {
  if (file == nullptr) return false;
  for (const auto& recall : file->facts.recalls()) {
    if (recall.consent() == consent && recall.mission() == mission) return true;
  }
  return false;
}

}  // namespace

void ChangeExecution::MailTo(const std::string& mission,
                             const domain::KindSpec& kind,
                             const Message& resource,
                             const std::string& event) {
  if (mission.empty() || (mission == actor_.mission && !tell_actor_)) return;
  // Whoever sees the resource before or after the change is told of it.
  const auto told_in = [&](const File* file) {
    return file != nullptr &&
           IsTold(context_, *file, kind, resource, mission, changed_);
  };
  // And whoever has to confirm from now on that it keeps nothing, once.
  const bool recalled_now = kind.message == kind_->message &&
                            IsRecalled(file_now_.get(), key_.id, mission) &&
                            !IsRecalled(file_.get(), key_.id, mission);
  if (!recalled_now && !told_in(file_.get()) && !told_in(file_now_.get())) {
    return;
  }
  effects_->mail.emplace_back(
      mission,
      MailEntryOf(kind, resource, event, actor_.mission, context_.now));
}

void ChangeExecution::SendMail() {
  if (!kind_->in_case()) return;
  if (for_owner_only_) {
    return MailTo(file_now().message.owner_mission(), *kind_, *target_.message,
                  method_.descriptor->name());
  }
  MailAll(*kind_, *target_.message, method_.descriptor->name());
}

void ChangeExecution::MailAll(const domain::KindSpec& kind,
                              const Message& resource,
                              const std::string& event) {
  std::set<std::string> missions;
  if (const pb::Exchange* header = domain::HeaderOf(kind, resource)) {
    if (!header->has_send_time()) return;
    missions = {header->initiator(), header->counterpart()};
  } else {
    for (const File* file :
         {file_.get(), static_cast<const File*>(file_now_.get())}) {
      if (file != nullptr) AddInvolved(*file, &missions);
    }
  }
  for (const std::string& mission : missions) {
    MailTo(mission, kind, resource, event);
  }
}

}  // namespace passerelle::engine
