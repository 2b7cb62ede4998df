// The command line against a real server with mutual TLS.

#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "clients/cli/app.h"
#include "clients/cli/errors.h"
#include "clients/testing/fake_platform.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace passerelle::cli {
namespace {

using ::passerelle::testing::FakePlatform;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

class CliTest : public ::testing::Test {
 protected:
  CliTest() {
    const client::Profile profile = platform_.GoodProfile();
    config_ = platform_.folder().Write(
        "profiles.toml",
        "[profiles.test]\naddress = \"" + profile.address +
            "\"\ncertificate = \"client.pem\"\nkey = \"client.key\"\n"
            "ca = \"ca.pem\"\nserver_name = \"platform.test\"\n"
            "officer = \"" +
            profile.officer + "\"\n");
  }

  int Run(std::vector<std::string> words, const std::string& input = "") {
    std::istringstream in(input);
    std::ostringstream out;
    std::ostringstream err;
    words.insert(words.end(), {"--config", config_});
    CliEnvironment environment = {
        in, {out, err, progress_}, [](const client::Profile& profile) {
          client::ClientOptions options;
          // Short pauses, but real ones: without any, all attempts are over
          // before gRPC dials again when a busy machine loses a connection.
          options.retry = {.initial = absl::Milliseconds(5),
                           .maximum = absl::Milliseconds(100),
                           .max_attempts = 12};
          return client::Client::Open(profile, std::move(options));
        }};
    const int code = RunCli(words, environment);
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  FakePlatform platform_;
  std::string config_;
  std::string out_;
  std::string err_;
  bool progress_ = false;
};

TEST_F(CliTest, GetPrintsTheResource) {
  EXPECT_EQ(Run({"case", "get", "cases/c1"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("name                  cases/c1\n"),
                          HasSubstr("principal.birth_date  1990-02-03\n"),
                          HasSubstr("MA\\x1b[31m/7")));
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(CliTest, GetPrintsJson) {
  EXPECT_EQ(Run({"case", "get", "cases/c1", "--output", "json"}), kOk);
  EXPECT_THAT(out_, HasSubstr("\"stage\": \"PROPOSED\""));
}

TEST_F(CliTest, ListTellsThatThereIsMore) {
  EXPECT_EQ(Run({"case", "list"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("NAME"), HasSubstr("cases/c1"),
                          Not(HasSubstr("cases/c2"))));
  EXPECT_THAT(err_, HasSubstr("--page-token two"));
}

TEST_F(CliTest, ListAllFetchesEveryPage) {
  EXPECT_EQ(Run({"case", "list", "--all"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("cases/c1"), HasSubstr("cases/c2")));
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(CliTest, UpdateSendsMaskAndRequestId) {
  EXPECT_EQ(Run({"case", "update", "cases/c1", "--etag", "\"3\"",
                 "--external-reference", "MA-9", "--officer", "o"}),
            kUsage);  // the officer is not of the form
  EXPECT_EQ(Run({"case", "update", "cases/c1", "--etag", "\"3\"",
                 "--external-reference", "MA-9"}),
            kOk)
      << err_;
  const auto update = platform_.cases().last_update();
  EXPECT_THAT(update.update_mask().paths(), ElementsAre("external_reference"));
  EXPECT_THAT(update.request_id(), SizeIs(36));
}

TEST_F(CliTest, ARequestCanComeFromStandardInput) {
  EXPECT_EQ(Run({"case", "update", "--file", "-", "--request-id", "mine"},
                R"({"case": {"name": "cases/c7", "externalReference": "x"}})"),
            kOk)
      << err_;
  EXPECT_EQ(platform_.cases().last_update().case_().name(), "cases/c7");
  EXPECT_EQ(platform_.cases().last_update().request_id(), "mine");
}

TEST_F(CliTest, ErrorsAreDecodedAndGiveTheirExitCode) {
  platform_.log().FailNext(
      MakeError(absl::StatusCode::kAborted, "ETAG_MISMATCH", "it changed"));
  EXPECT_EQ(Run({"case", "update", "cases/c1", "--external-reference", "x",
                 "--request-id", "4f9c"}),
            kConflict);
  EXPECT_THAT(out_, IsEmpty());
  EXPECT_THAT(err_,
              AllOf(HasSubstr("ABORTED ETAG_MISMATCH"),
                    HasSubstr("Read it again"), HasSubstr("request id: 4f9c")));
  platform_.log().FailNext(
      MakeError(absl::StatusCode::kPermissionDenied, "NOT_VISIBLE", "no"));
  EXPECT_EQ(Run({"case", "get", "cases/c1"}), kNotFound);
  platform_.log().FailNext(MakeError(absl::StatusCode::kPermissionDenied,
                                     "OFFICER_NOT_AUTHORIZED", "no"));
  EXPECT_EQ(Run({"case", "get", "cases/c1"}), kDenied);
}

TEST_F(CliTest, UnavailableIsRepeated) {
  for (int i = 0; i < 3; ++i) {
    platform_.log().FailNext(
        MakeError(absl::StatusCode::kUnavailable, "DRAINING", "stopping"));
  }
  EXPECT_EQ(Run({"case", "get", "cases/c1"}), kOk) << err_;
  EXPECT_THAT(platform_.log().calls(), SizeIs(4));
}

TEST_F(CliTest, WaitReadsAgainUntilDecided) {
  EXPECT_EQ(Run({"feasibility-study", "get", "cases/c1/feasibilityStudies/f1",
                 "--wait"}),
            kOk)
      << err_;
  EXPECT_THAT(out_, HasSubstr("OPINION"));
  EXPECT_THAT(err_, IsEmpty());
}

TEST_F(CliTest, WaitAfterARequestShowsProgressOnATerminal) {
  progress_ = true;
  EXPECT_EQ(Run({"feasibility-study", "request",
                 "cases/c1/feasibilityStudies/f1", "--consent", "c", "--wait"}),
            kOk)
      << err_;
  EXPECT_THAT(out_, HasSubstr("OPINION"));
  EXPECT_THAT(err_, HasSubstr("REQUESTED, waited 0"));
}

TEST_F(CliTest, WaitEndsWhenTimeIsUp) {
  EXPECT_EQ(Run({"feasibility-study", "get", "cases/c1/feasibilityStudies/f1",
                 "--wait", "--wait-timeout", "1ns"}),
            kUnavailable);
  EXPECT_THAT(out_, HasSubstr("REQUESTED"));
  EXPECT_THAT(err_, HasSubstr("WAIT_TIMEOUT"));
}

TEST_F(CliTest, MailIsFetchedWatchedAndAcknowledged) {
  EXPECT_EQ(Run({"mailbox", "fetch", "--after-sequence", "3"}), kOk);
  EXPECT_THAT(out_, AllOf(HasSubstr("SEQUENCE"), HasSubstr("\n4 "),
                          HasSubstr("\n5 "), Not(HasSubstr("\n3 "))));
  EXPECT_EQ(Run({"mailbox", "watch", "--output", "json"}), kOk);
  EXPECT_EQ(std::count(out_.begin(), out_.end(), '\n'), 4);
  EXPECT_EQ(Run({"mailbox", "acknowledge", "--up-to-sequence", "5"}), kOk);
  EXPECT_THAT(out_, HasSubstr("sequence  5"));
}

TEST_F(CliTest, HealthAndProfileAreChecked) {
  EXPECT_EQ(Run({"health"}), kOk);
  EXPECT_EQ(out_, "SERVING\n");
  EXPECT_EQ(Run({"health", "no.Such"}), kNotFound);
  EXPECT_EQ(Run({"profile", "check"}), kOk) << err_;
  EXPECT_THAT(
      out_, AllOf(HasSubstr("missions/iom-ma"), HasSubstr("connection   ok")));
  EXPECT_EQ(Run({"profile", "check", "--key", "/nowhere"}), kUsage);
  EXPECT_THAT(err_, HasSubstr("/nowhere cannot be read"));
  EXPECT_EQ(Run({"profile", "check", "--address", "127.0.0.1:1"}),
            kUnavailable);
}

TEST_F(CliTest, UsageErrorsSendNothing) {
  EXPECT_EQ(Run({"case", "get"}), kUsage);
  EXPECT_EQ(Run({"case", "get", "cases/c1", "--colour", "red"}), kUsage);
  EXPECT_EQ(Run({"case", "fly"}), kUsage);
  EXPECT_EQ(Run({"case", "get", "cases/c1", "--output", "xml"}), kUsage);
  EXPECT_EQ(Run({"case", "get", "cases/c1", "--deadline", "soon"}), kUsage);
  EXPECT_EQ(Run({}), kUsage);
  EXPECT_THAT(platform_.log().calls(), IsEmpty());
  EXPECT_THAT(out_, IsEmpty());
}

TEST_F(CliTest, HelpAndVersionAreData) {
  EXPECT_EQ(Run({"case", "get", "--help"}), kOk);
  EXPECT_THAT(out_, HasSubstr("Returns a file"));
  EXPECT_EQ(Run({"version"}), kOk);
  EXPECT_THAT(out_, HasSubstr("passerelle "));
}

}  // namespace
}  // namespace passerelle::cli
