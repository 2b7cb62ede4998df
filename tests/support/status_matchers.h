#ifndef PASSERELLE_TESTS_SUPPORT_STATUS_MATCHERS_H_
#define PASSERELLE_TESTS_SUPPORT_STATUS_MATCHERS_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace passerelle::testing {

inline const absl::Status& StatusOf(const absl::Status& status) {
  return status;
}
template <typename T>
const absl::Status& StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

// EXPECT_THAT(x, IsOk()) for a Status or StatusOr.
MATCHER(IsOk, negation ? "is not OK" : "is OK") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// EXPECT_THAT(x, StatusIs(absl::StatusCode::kNotFound)) for either. Texts are
// for people and are not asserted.
MATCHER_P(StatusIs, code,
          (negation ? "is not " : "is ") + absl::StatusCodeToString(code)) {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).code() == code;
}

// EXPECT_THAT(x, HasReason("NOT_VISIBLE")) for either.
MATCHER_P(HasReason, reason,
          std::string(negation ? "has not" : "has") + " reason " + reason) {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return ReasonOf(StatusOf(arg)) == reason;
}

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_STATUS_MATCHERS_H_
