#ifndef PASSERELLE_SERVER_DOMAIN_POLICY_H_
#define PASSERELLE_SERVER_DOMAIN_POLICY_H_

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/repeated_field.h"
#include "server/domain/actor.h"

namespace passerelle::domain {

// Who may see which privacy classes, as data/policy.textproto says. Immutable
// and thread safe.
class Policy {
 public:
  // data/policy.textproto as it was when the program was built.
  static const Policy& BuiltIn();

  // Returns: INVALID_ARGUMENT with what is wrong and where.
  static absl::StatusOr<Policy> Parse(absl::string_view text);

  static constexpr int64_t kNever = std::numeric_limits<int64_t>::max();

  // Who asks, in which position.
  struct Question {
    options::MissionKind mission_kind = options::MISSION_KIND_UNSPECIFIED;
    EnumSet positions = 0;      // of CaseRole
    EnumSet officer_roles = 0;  // of OfficerRole
    // Of the grant; PURPOSE_UNSPECIFIED for positions without one.
    options::Purpose purpose = options::PURPOSE_UNSPECIFIED;
    // Days between today and the nearest day of travel; kNever when none is
    // known.
    int64_t days_from_travel = kNever;
  };

  // Privacy classes that may be shown. `consented` tells whether a consent of a
  // scope (number of Consent.Scope) is in force towards the mission.
  EnumSet Classes(const Question& question,
                  absl::FunctionRef<bool(int scope)> consented) const;

  // Classes that a partner of this kind can be shown for a purpose by any of
  // its officers, every consent given: what a grant can be about.
  EnumSet GrantableClasses(options::MissionKind mission_kind,
                           options::Purpose purpose) const;

 private:
  struct Rule {
    bool permits = false;
    EnumSet mission_kinds = 0;  // 0: any
    EnumSet positions = 0;
    EnumSet officer_roles = 0;
    EnumSet purposes = 0;
    int consent = 0;  // 0: none is asked for
    int64_t days_around_travel = kNever;
    EnumSet classes = 0;
  };
  std::vector<Rule> rules_;
};

// The names of those of `classes` that are among a set, for the metadata of a
// refusal: `MEDICAL,PROTECTION`.
std::string PrivacyNames(const google::protobuf::RepeatedField<int>& classes,
                         EnumSet among);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_POLICY_H_
