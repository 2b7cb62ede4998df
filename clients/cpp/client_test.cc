#include "clients/cpp/client.h"

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "clients/cpp/mailbox.h"
#include "clients/cpp/paging.h"
#include "clients/cpp/request_id.h"
#include "clients/testing/fake_platform.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace passerelle::client {
namespace {

namespace pb = ::passerelle::v1;

using ::passerelle::testing::FakePlatform;
using ::passerelle::testing::KeyPair;
using ::passerelle::testing::TestPki;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr char kGetCase[] = "passerelle.v1.CaseService/GetCase";
constexpr char kRequestStudy[] =
    "passerelle.v1.FeasibilityStudyService/RequestFeasibilityStudy";

class ClientTest : public ::testing::Test {
 protected:
  std::unique_ptr<Client> Open(const Profile& profile) {
    ClientOptions options;
    // Pauses are noted, not taken.
    options.environment.sleep = [this](absl::Duration delay) {
      slept_.push_back(delay);
    };
    absl::StatusOr<std::unique_ptr<Client>> client =
        Client::Open(profile, std::move(options));
    EXPECT_TRUE(client.ok()) << client.status();
    return client.ok() ? *std::move(client) : nullptr;
  }
  std::unique_ptr<Client> Open() { return Open(platform_.GoodProfile()); }

  absl::StatusOr<pb::Case> GetCase(Client& client) {
    pb::GetCaseRequest request;
    request.set_name("cases/c1");
    return client.Call<pb::Case>(kGetCase, request);
  }

  FakePlatform platform_;
  std::vector<absl::Duration> slept_;
};

TEST_F(ClientTest, ACallReachesTheServerForTheProfilesOfficer) {
  const auto client = Open();
  const absl::StatusOr<pb::Case> answer = GetCase(*client);
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->name(), "cases/c1");
  ASSERT_THAT(platform_.log().calls(), SizeIs(1));
  EXPECT_EQ(platform_.log().calls()[0].officer,
            "missions/iom-ma/officers/amina");
}

TEST_F(ClientTest, ACallMayNameAnotherOfficer) {
  const auto client = Open();
  pb::GetCaseRequest request;
  ASSERT_TRUE(
      client->Call<pb::Case>(kGetCase, request, {.officer = "other"}).ok());
  EXPECT_EQ(platform_.log().calls()[0].officer, "other");
}

TEST_F(ClientTest, ErrorsArriveWithTheirDetails) {
  const auto client = Open();
  platform_.log().FailNext(MakeError(absl::StatusCode::kInvalidArgument,
                                     "FIELD_INVALID", "bad",
                                     {.violations = {{"name", "is empty"}}}));
  const absl::Status status = GetCase(*client).status();
  EXPECT_EQ(ReasonOf(status), "FIELD_INVALID");
  EXPECT_THAT(DetailsOf(status).violations,
              ElementsAre(FieldViolation{"name", "is empty"}));
}

TEST_F(ClientTest, AChangeIsRepeatedUnderOneRequestId) {
  const auto client = Open();
  platform_.log().FailNext(
      MakeError(absl::StatusCode::kUnavailable, "DRAINING", "stopping"));
  platform_.log().FailNext(
      MakeError(absl::StatusCode::kUnavailable, "OVERLOADED", "busy"));
  pb::RequestFeasibilityStudyRequest request;
  ASSERT_TRUE(client->Call<pb::FeasibilityStudy>(kRequestStudy, request).ok());
  const auto calls = platform_.log().calls();
  ASSERT_THAT(calls, SizeIs(3));
  EXPECT_THAT(calls[0].request_id, SizeIs(36));
  EXPECT_EQ(calls[0].request_id, calls[1].request_id);
  EXPECT_EQ(calls[0].request_id, calls[2].request_id);
  EXPECT_THAT(slept_, SizeIs(2));
}

TEST_F(ClientTest, AGivenRequestIdIsUsed) {
  const auto client = Open();
  pb::RequestFeasibilityStudyRequest request;
  ASSERT_TRUE(client
                  ->Call<pb::FeasibilityStudy>(kRequestStudy, request,
                                               {.request_id = "mine"})
                  .ok());
  EXPECT_EQ(platform_.log().calls()[0].request_id, "mine");
}

TEST_F(ClientTest, AbortedIsNotRepeated) {
  const auto client = Open();
  platform_.log().FailNext(
      MakeError(absl::StatusCode::kAborted, "ETAG_MISMATCH", "changed"));
  EXPECT_EQ(ReasonOf(GetCase(*client).status()), "ETAG_MISMATCH");
  EXPECT_THAT(platform_.log().calls(), SizeIs(1));
}

TEST_F(ClientTest, MethodAndMessagesMustBelongTogether) {
  const auto client = Open();
  pb::GetCaseRequest request;
  EXPECT_EQ(
      ReasonOf(client->Call<pb::Case>("passerelle.v1.X/Y", request).status()),
      "METHOD_UNKNOWN");
  EXPECT_EQ(ReasonOf(client->Call<pb::Case>(kRequestStudy, request).status()),
            "METHOD_UNKNOWN");
  EXPECT_EQ(
      ReasonOf(client->Call<pb::MailboxEntry>(kGetCase, request).status()),
      "METHOD_UNKNOWN");
}

TEST_F(ClientTest, HealthIsAsked) {
  const auto client = Open();
  EXPECT_TRUE(*client->CheckHealth(""));
  EXPECT_TRUE(absl::IsNotFound(client->CheckHealth("no.Such").status()));
}

TEST_F(ClientTest, EveryPageIsVisited) {
  const auto client = Open();
  std::vector<std::string> names;
  const absl::Status status = ForEachPage<pb::ListCasesResponse>(
      *client, "passerelle.v1.CaseService/ListCases", pb::ListCasesRequest(),
      [&](const pb::ListCasesResponse& page) {
        for (const pb::Case& item : page.cases()) names.push_back(item.name());
        return absl::OkStatus();
      });
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(names, ElementsAre("cases/c1", "cases/c2"));
}

TEST_F(ClientTest, MailComesInOrderAndIsAcknowledgedOnceHandled) {
  const auto client = Open();
  Mailbox mailbox(*client, 0);
  std::vector<int64_t> seen;
  const absl::Status status = mailbox.Run(
      [&](const pb::MailboxEntry& entry) {
        seen.push_back(entry.sequence());
        return absl::OkStatus();
      },
      [&] { return seen.size() >= 6; }, absl::ZeroDuration());
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_THAT(seen, ElementsAre(1, 2, 3, 4, 5, 6));
  EXPECT_EQ(mailbox.position(), 6);
  std::vector<std::string> acknowledged;
  for (const auto& call : platform_.log().calls()) {
    if (call.method != "FetchMailbox") acknowledged.push_back(call.method);
  }
  EXPECT_THAT(acknowledged,
              ElementsAre("AcknowledgeMailbox 5", "AcknowledgeMailbox 6"));
}

TEST_F(ClientTest, AnEntryThatCannotBeHandledIsNotPassed) {
  const auto client = Open();
  Mailbox mailbox(*client, 0);
  const absl::Status status = mailbox.Run(
      [&](const pb::MailboxEntry& entry) {
        return entry.sequence() == 3 ? absl::InternalError("disk full")
                                     : absl::OkStatus();
      },
      [] { return false; });
  EXPECT_EQ(status, absl::InternalError("disk full"));
  EXPECT_EQ(mailbox.position(), 2);
}

TEST_F(ClientTest, AGapInTheMailIsAnError) {
  const auto client = Open();
  Mailbox mailbox(*client, 0);
  platform_.mailbox().LoseOne();
  EXPECT_EQ(ReasonOf(mailbox.Fetch().status()), "MAILBOX_GAP");
  EXPECT_EQ(mailbox.position(), 0);
}

TEST_F(ClientTest, ABadProfileIsRefusedBeforeDialling) {
  Profile profile = platform_.GoodProfile();
  profile.key = "/nowhere";
  EXPECT_EQ(ReasonOf(Client::Open(profile).status()), "PROFILE_INVALID");
}

TEST_F(ClientTest, AServerOfAnotherCaIsExplained) {
  // The profile is sound in itself, but of another platform.
  const TestPki other;
  Profile profile = platform_.GoodProfile();
  const KeyPair pair =
      other.Issue({.uri = "spiffe://example.org/mission/iom-ma/x"});
  profile.certificate = platform_.folder().Write("o.pem", pair.certificate);
  profile.key = platform_.folder().Write("o.key", pair.key);
  profile.ca = platform_.folder().Write("o-ca.pem", other.ca());
  const absl::Status status = GetCase(*Open(profile)).status();
  EXPECT_EQ(ReasonOf(status), "SERVER_NOT_TRUSTED") << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("not issued by the CA"));
}

TEST_F(ClientTest, ACertificateThatTheServerRefusesIsExplained) {
  const TestPki other;
  Profile profile = platform_.GoodProfile();
  const KeyPair pair =
      other.Issue({.uri = "spiffe://example.org/mission/iom-ma/x"});
  profile.certificate = platform_.folder().Write("o.pem", pair.certificate);
  profile.key = platform_.folder().Write("o.key", pair.key);
  // Both CAs, as while one replaces the other.
  profile.ca =
      platform_.folder().Write("both.pem", other.ca() + platform_.pki().ca());
  const absl::Status status = GetCase(*Open(profile)).status();
  EXPECT_EQ(ReasonOf(status), "CERTIFICATE_REFUSED") << status;
  EXPECT_THAT(slept_, ::testing::IsEmpty());
}

TEST_F(ClientTest, AWrongServerNameIsExplained) {
  Profile profile = platform_.GoodProfile();
  profile.server_name = "elsewhere.test";
  const absl::Status status = GetCase(*Open(profile)).status();
  EXPECT_EQ(ReasonOf(status), "SERVER_NOT_TRUSTED") << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("not made out to elsewhere.test"));
}

TEST_F(ClientTest, AnAbsentServerIsExplainedAndTriedAgain) {
  Profile profile = platform_.GoodProfile();
  profile.address = "127.0.0.1:1";
  const absl::Status status = GetCase(*Open(profile)).status();
  EXPECT_EQ(ReasonOf(status), "SERVER_NOT_REACHABLE") << status;
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("no server answers at 127.0.0.1:1"));
  EXPECT_THAT(slept_, SizeIs(5));
}

TEST(RequestIdTest, IdsAreRandomUuids) {
  std::set<std::string> ids;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = NewRequestId();
    ASSERT_EQ(id.size(), 36);
    EXPECT_EQ(id[14], '7');
    EXPECT_NE(std::string("89ab").find(id[19]), std::string::npos);
    ids.insert(id);
  }
  EXPECT_EQ(ids.size(), 1000);
}

TEST(RequestIdTest, AnIdThatIsThereStays) {
  pb::RequestFeasibilityStudyRequest request;
  request.set_request_id("mine");
  EXPECT_EQ(FillRequestId(request, "other"), "mine");
  pb::GetCaseRequest none;
  EXPECT_EQ(FillRequestId(none, "other"), "");
}

}  // namespace
}  // namespace passerelle::client
