#ifndef PASSERELLE_SERVER_ENGINE_FIELDS_H_
#define PASSERELLE_SERVER_ENGINE_FIELDS_H_

#include <string>

#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "server/engine/core.h"

namespace passerelle::engine {

// Access to fields that the contract names; a null field is one that the
// message does not have: it reads as empty and is not written.
std::string StringField(const google::protobuf::Message& message,
                        const google::protobuf::FieldDescriptor* field);

// The request_id of a call. UUIDs that differ in capitals are one (RFC 9562).
std::string RequestIdOf(const Call& call);

void SetTimestamp(google::protobuf::Message* message,
                  const google::protobuf::FieldDescriptor* field,
                  absl::Time time);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_FIELDS_H_
