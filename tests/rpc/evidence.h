#ifndef PASSERELLE_TESTS_RPC_EVIDENCE_H_
#define PASSERELLE_TESTS_RPC_EVIDENCE_H_

#include <algorithm>
#include <map>
#include <string>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "common/status_details.h"
#include "gtest/gtest.h"
#include "passerelle/v1/error_reason.pb.h"
#include "tests/support/calls.h"

namespace passerelle::testing {

// Counts refusals as a test sees them and compares them with the lines of
// evidence: one for each, none besides.
class Evidence {
 public:
  explicit Evidence(TestServer& server) : server_(server) {}

  // Notes a refusal after checking code and reason.
  void Refused(absl::string_view method, const Reply& reply,
               const std::string& reason) {
    EXPECT_EQ(ReasonOf(reply.status), reason)
        << method << ": " << reply.status.ToString();
    ::passerelle::v1::ErrorReason number =
        ::passerelle::v1::ERROR_REASON_UNSPECIFIED;
    ASSERT_TRUE(::passerelle::v1::ErrorReason_Parse(reason, &number));
    EXPECT_EQ(static_cast<int>(reply.status.code()),
              ::passerelle::v1::ErrorReason_descriptor()
                  ->FindValueByNumber(number)
                  ->options()
                  .GetExtension(::passerelle::options::v1::status_code))
        << method;
    ++expected_[Line(FullName(method), number)];
  }

  // Call last: restarts the server. Returns how often each method was done.
  std::map<std::string, int64_t> Compare() {
    std::map<std::string, int64_t> found;
    std::map<std::string, int64_t> done;
    for (const auto& leaf : server_.Journal()) {
      if (leaf.code() == 0) {
        ++done[leaf.method()];
        continue;
      }
      found[Line(leaf.method(), leaf.reason())] +=
          std::max<int64_t>(leaf.count(), 1);
    }
    for (const auto& [line, count] : expected_) {
      EXPECT_EQ(found[line], count) << line;
    }
    for (const auto& [line, count] : found) {
      EXPECT_EQ(expected_[line], count) << line;
    }
    return done;
  }

 private:
  static std::string Line(const std::string& method, int reason) {
    return absl::StrCat(
        method, " ",
        ::passerelle::v1::ErrorReason_Name(
            static_cast<::passerelle::v1::ErrorReason>(reason)));
  }

  TestServer& server_;
  std::map<std::string, int64_t> expected_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_RPC_EVIDENCE_H_
