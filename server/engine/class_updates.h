#ifndef PASSERELLE_SERVER_ENGINE_CLASS_UPDATES_H_
#define PASSERELLE_SERVER_ENGINE_CLASS_UPDATES_H_

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "server/domain/contract.h"
#include "server/domain/redaction.h"

namespace passerelle::engine {

// A time of change would tell who does not see a change that there was one. So
// resources whose readers see different classes keep a time for each class
// (`class_updates`), and `update_time` is the newest that the reader sees.

// The classes that a change changed; every class for kinds that keep no times.
// What covers a state changes none: it shows to the owner alone.
domain::EnumSet ChangedClasses(const domain::KindSpec& kind,
                               const domain::Redactor& redactor,
                               const google::protobuf::Message& before,
                               const google::protobuf::Message& after);

// Sets the times of the classes, and the resource's own.
void SetUpdateTimes(const domain::KindSpec& kind, domain::EnumSet changed,
                    absl::Time now, google::protobuf::Message* resource);

// Makes `update_time` of a redacted resource the newest that is left.
void ShowUpdateTime(const domain::KindSpec& kind,
                    google::protobuf::Message* redacted);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_CLASS_UPDATES_H_
