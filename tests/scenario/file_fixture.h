#ifndef PASSERELLE_TESTS_SCENARIO_FILE_FIXTURE_H_
#define PASSERELLE_TESTS_SCENARIO_FILE_FIXTURE_H_

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {

// Tests that call the verbs of files, each about a target of Bring.
class FileFixture : public ::testing::Test {
 protected:
  // `rest` is what the request has beside the name.
  Reply Try(absl::string_view who, absl::string_view method,
            const Target& target, const std::string& rest = "") {
    return Send(server_, who, method,
                *MakeRequest(method, absl::StrCat("name: '$name' ", rest),
                             target.words()));
  }
  // As Try; it is expected to succeed.
  passerelle::v1::Case Do(absl::string_view who, absl::string_view method,
                          const Target& target, const std::string& rest = "") {
    const Reply reply = Try(who, method, target, rest);
    EXPECT_THAT(reply, IsOk()) << method << " " << rest;
    return reply.ok() ? reply.as<passerelle::v1::Case>()
                      : passerelle::v1::Case();
  }
  passerelle::v1::Case Seen(const Target& target,
                            const std::string& who = "iom-tn/po") {
    return Must<passerelle::v1::Case>(server_, who, "GetCase",
                                      Named(target.name));
  }

  TestServer server_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SCENARIO_FILE_FIXTURE_H_
