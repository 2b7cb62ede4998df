#ifndef PASSERELLE_SERVER_DOMAIN_PHONE_H_
#define PASSERELLE_SERVER_DOMAIN_PHONE_H_

#include <string>

#include "absl/strings/string_view.h"

namespace passerelle::domain {

// The telephone number in E.164, e.g. `+212537652881`; empty when the text is
// no possible number. A number without country code is read as one of
// `country`, ISO 3166-1 alpha-2, which may be empty. Thread safe.
std::string ToE164(absl::string_view text, absl::string_view country);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_PHONE_H_
