// The exchange from end to end, as missions see it.

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/exchange.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/support/status_matchers.h"
#include "tests/support/test_server.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
namespace options = ::passerelle::options::v1;
using ::testing::Contains;
using ::testing::Not;

constexpr char kService[] = "passerelle.v1.FeasibilityStudyService/";
constexpr char kExchange[] = "passerelle.v1.ExchangeService/";

template <typename Request>
absl::StatusOr<pb::FeasibilityStudy> Do(client::Client& client,
                                        const std::string& method,
                                        Request request) {
  return client.Call<pb::FeasibilityStudy>(kService + method, request);
}

template <typename Request>
Request Named(const std::string& name) {
  Request request;
  request.set_name(name);
  return request;
}

TEST(FeasibilityStudyScenario, FromRequestToAcknowledgedOpinion) {
  TestServer server;
  const TestServer::File file = server.ProposedFile();
  client::Client& host_cm = server.As("iom-tn", "cm");
  client::Client& origin_ro = server.As("iom-ma", "ro");
  client::Client& origin_fp = server.As("iom-ma", "fp");

  pb::FeasibilityStudy study = server.RequestedStudy(file);
  EXPECT_EQ(study.state(), pb::FeasibilityStudy::REQUESTED);
  EXPECT_EQ(study.exchange().awaited_mission(), "missions/iom-ma");
  // Ten working days after Monday 2 March is Monday 16 March.
  EXPECT_EQ(
      study.exchange().due_time().seconds() - study.request_time().seconds(),
      14 * 24 * 3600);
  EXPECT_THAT(study.exchange().allowed_actions(), Contains("RemindExchange"))
      << study.DebugString();

  auto assigned = Do(origin_ro, "AssignFeasibilityStudy",
                     Named<pb::AssignFeasibilityStudyRequest>(study.name()));
  ASSERT_THAT(assigned, IsOk());
  EXPECT_EQ(assigned->assignee(), "missions/iom-ma/officers/ro");

  auto ask = Named<pb::AskClarificationRequest>(study.name());
  ask.set_question("Does she hold a food licence?");
  auto asked = origin_ro.Call<pb::ExchangeView>(
      std::string(kExchange) + "AskClarification", ask);
  ASSERT_THAT(asked, IsOk());
  EXPECT_EQ(asked->state(), "CLARIFICATION");
  EXPECT_EQ(asked->exchange().awaited_mission(), "missions/iom-tn");

  server.clock().Advance(absl::Hours(24 * 3));
  auto answer = Named<pb::AnswerClarificationRequest>(study.name());
  answer.set_answer("Yes, since 2019.");
  auto answered = host_cm.Call<pb::ExchangeView>(
      std::string(kExchange) + "AnswerClarification", answer);
  ASSERT_THAT(answered, IsOk());
  EXPECT_EQ(answered->state(), "ASSIGNED");
  // Three working days passed with the host: the origin lost none of its ten.
  EXPECT_EQ(answered->exchange().due_time().seconds() -
                study.request_time().seconds(),
            (14 + 3) * 24 * 3600);

  auto submit = Named<pb::SubmitFeasibilityOpinionRequest>(study.name());
  submit.mutable_opinion()->set_outcome(pb::Opinion::FEASIBLE);
  submit.mutable_opinion()->mutable_scores()->set_market(4);
  ASSERT_THAT(Do(origin_ro, "SubmitFeasibilityOpinion", submit), IsOk());

  // The host does not see a draft opinion.
  auto seen = Do(host_cm, "GetFeasibilityStudy",
                 Named<pb::GetFeasibilityStudyRequest>(study.name()));
  ASSERT_THAT(seen, IsOk());
  EXPECT_FALSE(seen->has_draft_opinion());
  EXPECT_FALSE(seen->has_opinion());
  EXPECT_TRUE(Do(origin_fp, "GetFeasibilityStudy",
                 Named<pb::GetFeasibilityStudyRequest>(study.name()))
                  ->has_draft_opinion());

  auto validated =
      Do(origin_fp, "ValidateFeasibilityOpinion",
         Named<pb::ValidateFeasibilityOpinionRequest>(study.name()));
  ASSERT_THAT(validated, IsOk());
  EXPECT_EQ(validated->exchange().phase(), options::DECIDED);

  auto acknowledged =
      Do(host_cm, "AcknowledgeFeasibilityOpinion",
         Named<pb::AcknowledgeFeasibilityOpinionRequest>(study.name()));
  ASSERT_THAT(acknowledged, IsOk());
  EXPECT_EQ(acknowledged->state(), pb::FeasibilityStudy::ACKNOWLEDGED);
  EXPECT_EQ(acknowledged->opinion().outcome(), pb::Opinion::FEASIBLE);
  EXPECT_EQ(acknowledged->opinion().author(), "missions/iom-ma/officers/ro");
  EXPECT_FALSE(acknowledged->exchange().has_due_time());

  // Each side was told of what the other did, without gaps.
  auto mail = host_cm.Call<pb::FetchMailboxResponse>(
      "passerelle.v1.MailboxService/FetchMailbox", pb::FetchMailboxRequest());
  ASSERT_THAT(mail, IsOk());
  std::vector<std::string> events;
  for (int i = 0; i < mail->entries_size(); ++i) {
    EXPECT_EQ(mail->entries(i).sequence(), i + 1);
    events.push_back(mail->entries(i).event());
  }
  EXPECT_THAT(events, ::testing::ElementsAre("AssignFeasibilityStudy",
                                             "AskClarification",
                                             "SubmitFeasibilityOpinion",
                                             "ValidateFeasibilityOpinion"));
}

TEST(FeasibilityStudyScenario, WhoeverAddsNothingSeesNothing) {
  TestServer server;
  const TestServer::File file = server.ProposedFile();
  const pb::FeasibilityStudy study = server.RequestedStudy(file);
  const auto get = Named<pb::GetFeasibilityStudyRequest>(study.name());

  // A mission named in transit reads the pseudonymous file and nothing else.
  auto transit_file = server.As("iom-es", "stranger")
                          .Call<pb::Case>("passerelle.v1.CaseService/GetCase",
                                          Named<pb::GetCaseRequest>(file.name));
  EXPECT_THAT(transit_file, HasReason("OFFICER_NOT_AUTHORIZED"));
  transit_file = server.As("iom-es", "cm")
                     .Call<pb::Case>("passerelle.v1.CaseService/GetCase",
                                     Named<pb::GetCaseRequest>(file.name));
  ASSERT_THAT(transit_file, IsOk());
  EXPECT_EQ(transit_file->stage(), pb::Case::PROPOSED);
  EXPECT_FALSE(transit_file->has_principal());
  EXPECT_THAT(Do(server.As("iom-es", "cm"), "GetFeasibilityStudy", get),
              HasReason("NOT_VISIBLE"));
  // A mission not named in the file learns nothing, not even that it exists.
  EXPECT_THAT(Do(server.As("iom-de", "cm"), "GetFeasibilityStudy", get),
              HasReason("NOT_VISIBLE"));
}

TEST(FeasibilityStudyScenario, NobodyTakesItAndItLapses) {
  TestServer server;
  const TestServer::File file = server.ProposedFile();
  const pb::FeasibilityStudy study = server.RequestedStudy(file);
  server.clock().Advance(absl::Hours(24 * 40));
  pb::FetchMailboxRequest fetch;
  fetch.mutable_wait()->set_seconds(20);
  auto mail = server.As("iom-tn", "cm")
                  .Call<pb::FetchMailboxResponse>(
                      "passerelle.v1.MailboxService/FetchMailbox", fetch);
  ASSERT_THAT(mail, IsOk());
  ASSERT_FALSE(mail->entries().empty());
  EXPECT_EQ(mail->entries(0).event(), "Lapse");
  auto lapsed = Do(server.As("iom-tn", "cm"), "GetFeasibilityStudy",
                   Named<pb::GetFeasibilityStudyRequest>(study.name()));
  EXPECT_EQ(lapsed->state(), pb::FeasibilityStudy::LAPSED);
  EXPECT_EQ(lapsed->exchange().end_reason(), pb::TIME_PASSED);
}

}  // namespace
}  // namespace passerelle::testing
