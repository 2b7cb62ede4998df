// The returnee file from opening to its end, and who may see it on the way.

#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "server/storage/store.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class CaseLife : public ::testing::Test {
 protected:
  pb::Case Do(absl::string_view who, absl::string_view method,
              absl::string_view rest = "") {
    return Must<pb::Case>(server_, who, method,
                          absl::StrCat(Named(file_.name), rest));
  }
  Reply See(absl::string_view who) {
    return Send(server_, who, "GetCase", Named(file_.name));
  }
  std::string Consent() {
    return absl::StrCat("consent: '", file_.file.consent, "'");
  }

  TestServer server_;
  Target file_ = Bring(server_, "case:REGISTERED");
};

TEST_F(CaseLife, DeclinedProposedAgainAcceptedArrivedClosed) {
  EXPECT_THAT(See("iom-ma/fp"), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(See("iom-es/cm"), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Events(server_, "iom-ma"), IsEmpty());
  Do("iom-tn/cm", "ProposeCase", Consent());
  EXPECT_EQ(
      Do("iom-ma/fp", "DeclineCase", "reason: INCOMPLETE").decline_reason(),
      pb::Case::INCOMPLETE);
  const pb::Case again = Do("iom-tn/cm", "ProposeCase", Consent());
  EXPECT_EQ(again.stage(), pb::Case::PROPOSED);
  EXPECT_EQ(again.decline_reason(), pb::Case::DECLINE_REASON_UNSPECIFIED);
  const pb::Case accepted = Do("iom-ma/fp", "AcceptCase");
  EXPECT_THAT(accepted.allowed_actions(), Contains("ConfirmArrival"));
  EXPECT_THAT(accepted.allowed_actions(), Not(Contains("ProposeCase")));
  EXPECT_EQ(Do("iom-ma/ro", "ConfirmArrival",
               "arrival_date { year: 2026 month: 3 day: 2 }")
                .arrival_date()
                .day(),
            2);
  EXPECT_THAT(Send(server_, "iom-tn/cm", "WithdrawCase", Named(file_.name)),
              HasReason("STATE_FORBIDS"));
  EXPECT_EQ(Do("iom-ma/fp", "CloseCase", "outcome: COMPLETED").outcome(),
            pb::Case::COMPLETED);
  EXPECT_THAT(Events(server_, "iom-ma", file_.name),
              ElementsAre("ProposeCase", "ProposeCase"));
  EXPECT_THAT(
      Events(server_, "iom-tn", file_.name),
      ElementsAre("DeclineCase", "AcceptCase", "ConfirmArrival", "CloseCase"));
}

TEST_F(CaseLife, WithdrawingEndsEveryOpenExchange) {
  Do("iom-tn/cm", "ProposeCase", Consent());
  const std::string make =
      absl::StrCat("parent: '", file_.name, "' feasibility_study { plan: '",
                   file_.file.plan, "' }");
  const auto draft = Must<pb::FeasibilityStudy>(server_, "iom-tn/cm",
                                                "CreateFeasibilityStudy", make);
  const auto open = Must<pb::FeasibilityStudy>(server_, "iom-tn/cm",
                                               "CreateFeasibilityStudy", make);
  MustSend(server_, "iom-tn/cm", "RequestFeasibilityStudy",
           Named(open.name()) + Consent());
  EXPECT_THAT(Send(server_, "iom-ma/fp", "CloseCase",
                   Named(file_.name) + "outcome: COMPLETED"),
              HasReason("STATE_FORBIDS"));
  // Either side may end it; nobody has to approve.
  Do("iom-ma/ro", "WithdrawCase");
  for (const std::string& name : {draft.name(), open.name()}) {
    const auto ended = Must<pb::FeasibilityStudy>(
        server_, "iom-tn/cm", "GetFeasibilityStudy", Named(name));
    EXPECT_EQ(ended.state(), pb::FeasibilityStudy::WITHDRAWN);
    EXPECT_EQ(ended.exchange().end_reason(), pb::PERSON_STOPPED);
    EXPECT_FALSE(ended.exchange().has_due_time());
  }
  EXPECT_THAT(Events(server_, "iom-tn", open.name()),
              ElementsAre("WithdrawExchange"));
  // A draft that was given up stays its author's.
  EXPECT_THAT(Events(server_, "iom-tn", draft.name()), IsEmpty());
  EXPECT_THAT(
      Send(server_, "iom-ma/ro", "GetFeasibilityStudy", Named(draft.name())),
      HasReason("NOT_VISIBLE"));
  EXPECT_EQ(Must<pb::ListFeasibilityStudiesResponse>(
                server_, "iom-ma/ro", "ListFeasibilityStudies",
                absl::StrCat("parent: '", file_.name, "'"))
                .feasibility_studies_size(),
            1);
  // Nothing begins in a file that ended.
  EXPECT_THAT(Send(server_, "iom-tn/cm", "CreateFeasibilityStudy", make),
              HasReason("STATE_FORBIDS"));
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", file_.name,
                        "' consent { scope: SHARE_WITH_ORIGIN_MISSION "
                        "recipient: 'missions/iom-ma' language: 'ar' form: "
                        "WRITTEN }")),
      HasReason("STATE_FORBIDS"));
  EXPECT_THAT(Send(server_, "iom-ma/ro", "CreatePlan",
                   absl::StrCat("parent: '", file_.name,
                                "' plan { outline: 'x' ceiling { currency: "
                                "'MAD' } lines { category: CASH amount { "
                                "currency: 'MAD' } } }")),
              HasReason("STATE_FORBIDS"));
}

TEST_F(CaseLife, NothingOpensAgainInAFileThatEnded) {
  for (const char* state : {"CLOSED", "OPINION"}) {
    const Target study = Bring(server_, absl::StrCat("study:", state));
    MustSend(
        server_, "iom-ma/fp", "ConfirmArrival",
        Named(study.file.name) + "arrival_date { year: 2026 month: 3 day: 2 }");
    MustSend(server_, "iom-ma/fp", "CloseCase",
             Named(study.file.name) + "outcome: COMPLETED");
    EXPECT_THAT(
        Send(server_, "iom-tn/fp",
             std::string(state) == "CLOSED" ? "ReopenExchange"
                                            : "ContestFeasibilityOpinion",
             Named(study.name) + "reason: 'x'"),
        HasReason("STATE_FORBIDS"))
        << state;
  }
}

TEST_F(CaseLife, CannotCloseWhileAnExchangeIsOpen) {
  const Target study = Bring(server_, "study:ASSIGNED");
  file_ = study;
  file_.name = study.file.name;
  Do("iom-ma/fp", "ConfirmArrival",
     "arrival_date { year: 2026 month: 3 day: 2 }");
  EXPECT_THAT(Send(server_, "iom-ma/fp", "CloseCase",
                   Named(file_.name) + "outcome: COMPLETED"),
              HasReason("EXCHANGE_OPEN"));
  MustSend(server_, "iom-ma/fp", "DeclineFeasibilityStudy",
           Named(study.name) + "reason: NO_CAPACITY");
  EXPECT_EQ(Do("iom-ma/fp", "CloseCase", "outcome: COMPLETED").stage(),
            pb::Case::CLOSED);
}

// That the host mission keeps a draft is not for the origin mission to learn.
TEST_F(CaseLife, ADraftDoesNotShowByKeepingTheFileOpen) {
  const Target study = Bring(server_, "study:DRAFT");
  file_ = study;
  file_.name = study.file.name;
  Do("iom-ma/fp", "ConfirmArrival",
     "arrival_date { year: 2026 month: 3 day: 2 }");
  EXPECT_EQ(Do("iom-ma/fp", "CloseCase", "outcome: COMPLETED").stage(),
            pb::Case::CLOSED);
  EXPECT_THAT(Send(server_, "iom-tn/cm", "RequestFeasibilityStudy",
                   Named(study.name) +
                       absl::StrCat("consent: '", study.file.consent, "'")),
              HasReason("STATE_FORBIDS"));
}

TEST_F(CaseLife, TransitSeesRoutineFieldsOnly) {
  Do("iom-tn/cm", "ProposeCase", Consent());
  Do("iom-ma/fp", "AcceptCase");
  Do("iom-ma/fp", "ConfirmArrival",
     "arrival_date { year: 2026 month: 3 day: 1 }");
  const pb::Case full = See("iom-tn/cm").as<pb::Case>();
  pb::Case expected = full;
  expected.clear_principal();
  expected.clear_arrival_date();
  expected.clear_allowed_actions();
  while (expected.class_updates_size() > 1) {  // ROUTINE comes first
    expected.mutable_class_updates()->RemoveLast();
  }
  pb::Case seen = See("iom-es/cm").as<pb::Case>();
  EXPECT_NE(seen.etag(), full.etag());
  expected.set_etag(seen.etag());
  EXPECT_EQ(seen.SerializeAsString(), expected.SerializeAsString());
  for (const auto& [method, text] :
       std::vector<std::pair<std::string, std::string>>{
           {"GetPlan", Named(file_.file.plan)},
           {"GetConsent", Named(file_.file.consent)},
           {"ListPlans", absl::StrCat("parent: '", file_.name, "'")},
           {"ListConsents", absl::StrCat("parent: '", file_.name, "'")},
           {"ListFeasibilityStudies",
            absl::StrCat("parent: '", file_.name, "'")},
           {"ListMonitoringVisits", absl::StrCat("parent: '", file_.name, "'")},
           {"AcceptCase", Named(file_.name)}}) {
    EXPECT_THAT(
        Send(server_, method == "AcceptCase" ? "iom-es/fp" : "iom-es/cm",
             method, text),
        HasReason("NOT_VISIBLE"))
        << method;
  }
  EXPECT_EQ(Must<pb::ListPlansResponse>(server_, "iom-es/cm", "ListPlans",
                                        "parent: 'cases/-'")
                .plans_size(),
            0);
}

TEST_F(CaseLife, TwoMissionsAtOnceAndOneEtagWins) {
  Do("iom-tn/cm", "ProposeCase", Consent());
  const std::string plan = file_.file.plan;
  int won = 0;
  int lost = 0;
  for (int round = 0; round < 20; ++round) {
    const std::string etag = GetString(
        *MustSend(server_, "iom-tn/cm", "GetPlan", Named(plan)).answer, "etag");
    std::vector<Reply> replies(2);
    const std::vector<std::string> who = {"iom-tn/cm", "iom-ma/ro"};
    for (const auto& each : who) server_.As(each.substr(0, 6), "");
    std::vector<std::thread> threads;
    for (size_t i = 0; i < 2; ++i) {
      threads.emplace_back([&, i] {
        replies[i] =
            Send(server_, who[i], "UpdatePlan",
                 absl::StrCat("plan { name: '", plan, "' location: '", who[i],
                              " ", round, "' } etag: '", etag, "'"));
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const Reply& reply : replies) {
      if (reply.ok()) {
        ++won;
      } else {
        ++lost;
        EXPECT_THAT(reply, HasReason("ETAG_MISMATCH"));
      }
    }
  }
  EXPECT_EQ(won, 20);
  EXPECT_EQ(lost, 20);
  EXPECT_EQ(
      Must<pb::Plan>(server_, "iom-tn/cm", "GetPlan", Named(plan)).revision(),
      21);
}

// A file takes so many exchanges of one kind that all of them can end with it.
TEST(FullFile, EveryExchangeEndsWithIt) {
  constexpr int kMost = 1000;
  TestServer server;
  const Target file = Bring(server, "case:PROPOSED");
  const auto create = [&] {
    return Send(
        server, "iom-tn/cm", "CreateFeasibilityStudy",
        absl::StrCat("parent: '", file.name, "' feasibility_study { plan: '",
                     file.file.plan, "' }"));
  };
  for (int i = 0; i < kMost; ++i) ASSERT_THAT(create(), IsOk());
  EXPECT_THAT(create(), HasReason("FILE_FULL"));
  MustSend(server, "iom-tn/cm", "WithdrawCase", Named(file.name));
  const auto page = Must<pb::ListFeasibilityStudiesResponse>(
      server, "iom-tn/cm", "ListFeasibilityStudies",
      absl::StrCat("parent: '", file.name, "' page_size: ", kMost));
  EXPECT_EQ(page.feasibility_studies_size(), kMost);
  for (const auto& study : page.feasibility_studies()) {
    EXPECT_EQ(study.state(), pb::FeasibilityStudy::WITHDRAWN);
  }
}

TEST(FullMission, TakesNoMoreOfficers) {
  constexpr int kMost = 1000;
  TestServer server;
  const std::string mission = "missions/iom-de";
  const auto present = Must<pb::ListOfficersResponse>(
      server, "iom-de/fp", "ListOfficers", "parent: 'missions/iom-de'");
  server.Tamper([&](storage::WriteTransaction& tx) {
    absl::Status status;
    for (int i = present.officers_size(); i < kMost - 1; ++i) {
      storage::Record record;
      record.key = {mission, absl::StrCat("o", i)};
      record.kind = "officers";
      record.version = 1;
      pb::Officer officer;
      officer.set_name(absl::StrCat(mission, "/officers/o", i));
      officer.SerializeToString(&record.message);
      status.Update(tx.Insert(record));
    }
    return status;
  });
  const auto create = [&](absl::string_view id) {
    return Send(server, "iom-de/fp", "CreateOfficer",
                absl::StrCat("parent: '", mission, "' officer_id: '", id,
                             "' officer { display_name: 'x' roles: "
                             "CASE_MANAGER }"));
  };
  EXPECT_THAT(create("last"), IsOk());
  EXPECT_THAT(create("beyond"), HasReason("MISSION_FULL"));
  // Who is there can be changed, and acts at once.
  EXPECT_THAT(Send(server, "iom-de/last", "ListCases", ""), IsOk());
  EXPECT_THAT(Send(server, "iom-tn/fp", "CreateOfficer",
                   "parent: 'missions/iom-tn' officer_id: 'more' officer { "
                   "display_name: 'x' roles: CASE_MANAGER }"),
              IsOk());
}

}  // namespace
}  // namespace passerelle::testing
