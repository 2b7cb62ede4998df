#ifndef PASSERELLE_SERVER_ENGINE_MAIL_ENTRY_H_
#define PASSERELLE_SERVER_ENGINE_MAIL_ENTRY_H_

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "server/domain/contract.h"
#include "server/engine/batch.h"

namespace passerelle::engine {

// Fills the parts of a mailbox entry. It says where the resource stands for
// everybody; what covers that is for those who fetch the resource.
internal::MailEntry MailEntryOf(const domain::KindSpec& kind,
                                const google::protobuf::Message& resource,
                                const std::string& event,
                                const std::string& actor_mission,
                                absl::Time now);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_MAIL_ENTRY_H_
