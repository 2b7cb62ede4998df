#ifndef PASSERELLE_CLIENTS_CLI_FLAGS_H_
#define PASSERELLE_CLIENTS_CLI_FLAGS_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "clients/cli/contract.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace passerelle::cli {

// One field of a request as an option of its command.
//
// A field's option is its path with hyphens, `--case.principal.given-name`. If
// the request has only one message to fill in, the prefix may be left out,
// `--principal.given-name`, unless that is taken. `name` and `parent` of the
// request, and `name` of the resource that an update changes, are positional.
// Fields that the server fills in, and on an update those that never change,
// have no option.
struct Flag {
  // From the request down to the field.
  std::vector<const google::protobuf::FieldDescriptor*> path;
  // Without dashes, the shortest first; empty for a positional.
  std::vector<std::string> names;
  // `NAME` or `PARENT`; empty for an option.
  std::string positional;
  // First sentence of the field's comment.
  std::string help;

  const google::protobuf::FieldDescriptor* field() const { return path.back(); }
};

// Options that mean the same on every command, without dashes; no field may
// take one.
const std::vector<std::string>& GlobalFlagNames();

// The options of a method, in the order of its request's fields.
std::vector<Flag> FlagsOf(const google::protobuf::Descriptor* request);

// A flag and the values it was given, in order.
struct GivenFlag {
  const Flag* flag = nullptr;
  std::vector<std::string> values;
};

// Makes the request: first from `json` (proto JSON; unknown fields are errors),
// then from the flags, which replace what `json` says of the same field.
//
// An `update_mask` that neither names is computed: the paths of the flags given
// and of the fields that `json` populates. A field is cleared by naming it in
// --update-mask without giving it a value.
//
// Returns: INVALID_ARGUMENT with every violation in its details, each under the
// name that the user wrote.
absl::StatusOr<std::unique_ptr<google::protobuf::Message>> BuildRequest(
    const Contract& contract, const google::protobuf::Descriptor* request,
    const std::optional<std::string>& json,
    const std::vector<GivenFlag>& given);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_FLAGS_H_
