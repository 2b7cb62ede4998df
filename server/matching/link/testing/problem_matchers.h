#ifndef PASSERELLE_SERVER_MATCHING_LINK_TESTING_PROBLEM_MATCHERS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_TESTING_PROBLEM_MATCHERS_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "gmock/gmock.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {

inline void PrintTo(Reason reason, std::ostream* out) {
  *out << "\"" << std::string(ReasonWord(reason)) << "\"";
}

namespace testing {

inline absl::Status StatusOf(const absl::Status& status) { return status; }
template <typename T>
absl::Status StatusOf(const absl::StatusOr<T>& status_or) {
  return status_or.status();
}

// EXPECT_THAT(x, Works()) for a Status or StatusOr.
MATCHER(Works, negation ? "does not work" : "works") {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return StatusOf(arg).ok();
}

// EXPECT_THAT(x, IsProblem(Reason::kRaggedRow)).
MATCHER_P(IsProblem, reason, "is " + std::string(ReasonWord(reason))) {
  *result_listener << "which is " << StatusOf(arg).ToString();
  return !StatusOf(arg).ok() && ReasonOf(StatusOf(arg)) == reason;
}

// EXPECT_THAT(x, IsProblemAt(Reason::kBadDate, 3, "born")).
MATCHER_P3(IsProblemAt, reason, row, column,
           "is " + std::string(ReasonWord(reason)) + " in row " +
               std::to_string(row)) {
  const absl::Status status = StatusOf(arg);
  *result_listener << "which is " << status.ToString();
  const Place place = PlaceOf(status);
  return !status.ok() && ReasonOf(status) == reason &&
         place.row == static_cast<uint64_t>(row) && place.column == column;
}

}  // namespace testing
}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_TESTING_PROBLEM_MATCHERS_H_
