#ifndef PASSERELLE_CLIENTS_CLI_VALUES_H_
#define PASSERELLE_CLIENTS_CLI_VALUES_H_

#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace passerelle::cli {

// How one value is written on the command line, e.g. `YYYY-MM-DD`; for help.
std::string ValueHint(const google::protobuf::FieldDescriptor* field);

// Whether the field's message is written as one value: date, timestamp,
// duration, field mask.
bool IsScalarLike(const google::protobuf::FieldDescriptor* field);

// Sets a singular field, or appends to a repeated one, from its text:
// - enums by the name of a value, in any case, with hyphens or underscores;
// - dates as YYYY-MM-DD, timestamps as RFC 3339, durations as `90s`, `1h30m`;
// - field masks as a comma-separated list of paths;
// - other messages as proto JSON.
//
// Returns: INVALID_ARGUMENT with a sentence that says what is expected.
absl::Status SetFromText(google::protobuf::Message& message,
                         const google::protobuf::FieldDescriptor* field,
                         absl::string_view text);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_VALUES_H_
