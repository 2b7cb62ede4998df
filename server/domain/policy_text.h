#ifndef PASSERELLE_SERVER_DOMAIN_POLICY_TEXT_H_
#define PASSERELLE_SERVER_DOMAIN_POLICY_TEXT_H_

#include "absl/strings/string_view.h"

namespace passerelle::domain {

// data/policy.textproto as it was when the program was built.
absl::string_view BuiltInPolicyText();

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_POLICY_TEXT_H_
