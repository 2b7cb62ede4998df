#ifndef PASSERELLE_COMMON_VALIDATE_H_
#define PASSERELLE_COMMON_VALIDATE_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "common/status_details.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace passerelle {

// Checks a request against what the contract says beside its fields:
// `google.api.field_behavior` REQUIRED, `google.api.resource_reference`, and
// `passerelle.options.v1.rules`. Output-only fields are skipped: a server
// ignores them. Strings and lists without a stated bound have one all the same
// (256 code points, 100 items); enum values must be known.
//
// The plan is made once per request type. Immutable and thread safe.
class Validator {
 public:
  // True when `name` has the form of a name of resource type `type`.
  using NameCheck =
      std::function<bool(absl::string_view type, absl::string_view name)>;

  Validator(const google::protobuf::Descriptor* request, NameCheck name_check);
  ~Validator();

  // Every violation, at most 100; empty when the request is valid. `now` is
  // what PAST_DATE is measured against.
  std::vector<FieldViolation> Check(const google::protobuf::Message& request,
                                    absl::Time now) const;

 private:
  struct Field;
  struct Plan;
  struct Run;
  std::shared_ptr<const Plan> MakePlan(
      const google::protobuf::Descriptor* message) const;
  static void CheckMessage(const Plan& plan,
                           const google::protobuf::Message& message,
                           const std::string& path, Run* run);

  NameCheck name_check_;
  std::shared_ptr<const Plan> plan_;
};

// True when the message, or one below it, carries fields it does not know.
bool HasUnknownFields(const google::protobuf::Message& message);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_VALIDATE_H_
