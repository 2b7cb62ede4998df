// Who is told of a change.

#include "server/engine/execution.h"

#include <string>

#include "server/domain/lifecycle.h"
#include "server/domain/visibility.h"
#include "server/engine/mail_entry.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using google::protobuf::Message;

}  // namespace

void ChangeExecution::MailTo(const std::string& mission,
                             const domain::KindSpec& kind,
                             const Message& resource,
                             const std::string& event) {
  if (mission.empty() || mission == actor_.mission) return;
  // Whoever sees the file before or after the change is told of it.
  const auto seen_in = [&](const File* file) {
    return file != nullptr &&
           domain::SeesFile(file->message, file->facts, mission);
  };
  const bool sees = seen_in(file_.get()) || seen_in(file_now_.get());
  if (!sees) return;
  effects_->mail.emplace_back(
      mission,
      MailEntryOf(kind, resource, event, actor_.mission, context_.now));
}

void ChangeExecution::SendMail() {
  if (!kind_->in_case()) return;
  const std::string& event = method_.descriptor->name();
  const Message& resource = *target_.message;
  if (const pb::Exchange* header = domain::HeaderOf(*kind_, resource)) {
    if (!header->has_send_time()) return;
    MailTo(header->initiator(), *kind_, resource, event);
    MailTo(header->counterpart(), *kind_, resource, event);
    return;
  }
  const pb::Case& file = file_now().message;
  MailTo(file.host_mission(), *kind_, resource, event);
  MailTo(file.origin_mission(), *kind_, resource, event);
  if (!on_file()) return;
  for (const std::string& mission : file.transit_missions()) {
    MailTo(mission, *kind_, resource, event);
  }
}

}  // namespace passerelle::engine
