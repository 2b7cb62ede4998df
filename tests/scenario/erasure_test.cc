// A file that is erased: who may do it, what stays, who is told, and that
// nobody reads the rest.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "server/storage/sqlite/connection.h"
#include "server/storage/sqlite/statement.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"
#include "tests/support/vault_beside.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

class Erasure : public ::testing::Test {
 protected:
  Reply Erase(absl::string_view who, const std::string& name) {
    return Send(server_, who, "EraseCase",
                absl::StrCat(Named(name), " reason: PERSON_ASKED"));
  }
  Reply Confirm(absl::string_view who, const std::string& name) {
    return Send(server_, who, "ConfirmErasure", Named(name));
  }

  // Lines of evidence that say so.
  int KeysDestroyed() {
    int lines = 0;
    for (const auto& leaf : server_.Journal()) {
      lines += leaf.method() == "DestroyKeys" ? 1 : 0;
    }
    return lines;
  }
  static storage::RecordKey KeyOf(const std::string& name) {
    const std::string rest = name.substr(sizeof("cases/") - 1);
    return {rest.substr(0, rest.find('/')), rest.substr(rest.rfind('/') + 1)};
  }

  TestServer server_;
};

TEST_F(Erasure, IsTheOwnersDataProtectionOfficersAlone) {
  const std::string file = Bring(server_, "case:ACCEPTED").name;
  const Reply before = Look(server_, "iom-tn/cm", file);
  for (const char* officer : {"cm", "fp", "po", "me"}) {
    EXPECT_THAT(Erase(absl::StrCat("iom-tn/", officer), file),
                HasReason("OFFICER_NOT_AUTHORIZED"));
  }
  for (const char* mission : {"iom-ma", "iom-es", "iom-de"}) {
    EXPECT_THAT(Erase(absl::StrCat(mission, "/dp"), file),
                HasReason("NOT_VISIBLE"));
  }
  EXPECT_THAT(Confirm("iom-ma/fp", file), HasReason("STATE_FORBIDS"));
  EXPECT_EQ(Look(server_, "iom-tn/cm", file).bytes, before.bytes);
}

TEST_F(Erasure, LeavesNothingButThatThereWasAFile) {
  const Target study = Bring(server_, "study:FIELD_CHECK");
  const Target neighbour = Bring(server_, "study:FIELD_CHECK");
  const Reply whole = Look(server_, "iom-ma/ro", neighbour.name);
  const Reply erased = Erase("iom-tn/dp", study.file.name);
  ASSERT_THAT(erased, IsOk());
  const auto& rest = erased.as<pb::Case>();
  EXPECT_EQ(rest.stage(), pb::Case::ERASED);
  EXPECT_EQ(rest.erasure().reason(), pb::Case::PERSON_ASKED);
  EXPECT_EQ(rest.owner_mission(), "missions/iom-tn");
  EXPECT_FALSE(rest.has_principal());
  EXPECT_EQ(rest.external_reference(), "");
  for (int start = 0; start < 2; ++start) {
    for (const char* who : {"iom-tn/cm", "iom-ma/ro", "iom-es/cm"}) {
      const Reply seen = Look(server_, who, study.file.name);
      ASSERT_THAT(seen, IsOk());
      EXPECT_FALSE(seen.as<pb::Case>().has_principal());
      EXPECT_EQ(seen.as<pb::Case>().stage(), pb::Case::ERASED);
    }
    for (const std::string& name :
         {study.name, study.file.plan, study.file.consent}) {
      EXPECT_THAT(Look(server_, "iom-tn/cm", name),
                  HasReason("RESOURCE_ERASED"));
      EXPECT_THAT(Look(server_, "iom-de/cm", name), HasReason("NOT_VISIBLE"));
    }
    EXPECT_THAT(Look(server_, "iom-de/cm", study.file.name),
                HasReason("NOT_VISIBLE"));
    // Lists show what is left, and what was erased is no damage.
    const auto plans = Must<pb::ListPlansResponse>(
        server_, "iom-tn/cm", "ListPlans",
        absl::StrCat("parent: '", study.file.name, "'"));
    EXPECT_EQ(plans.plans_size(), 0);
    EXPECT_EQ(plans.unreadable_count(), 0);
    const auto studies = Must<pb::ListFeasibilityStudiesResponse>(
        server_, "iom-ma/ro", "ListFeasibilityStudies", "parent: 'cases/-'");
    EXPECT_EQ(studies.feasibility_studies_size(), 1);
    EXPECT_EQ(studies.unreadable_count(), 0);
    EXPECT_EQ(Look(server_, "iom-ma/ro", neighbour.name).bytes, whole.bytes);
    server_.Restart();
  }
}

TEST_F(Erasure, EndsEveryVerbOnTheFile) {
  const Target study = Bring(server_, "study:ASSIGNED");
  ASSERT_THAT(Erase("iom-tn/dp", study.file.name), IsOk());
  EXPECT_THAT(Erase("iom-tn/dp", study.file.name), HasReason("STATE_FORBIDS"));
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "WithdrawCase", Named(study.file.name)),
      HasReason("STATE_FORBIDS"));
  EXPECT_THAT(Send(server_, "iom-tn/cm", "CreatePlan",
                   absl::StrCat("parent: '", study.file.name,
                                "' plan { outline: 'x' ceiling { currency: "
                                "'MAD' hundredths: 1 } lines { category: "
                                "INCOME_GENERATING_ACTIVITY amount { currency: "
                                "'MAD' hundredths: 1 } } }")),
              HasReason("STATE_FORBIDS"));
  EXPECT_THAT(Send(server_, "iom-ma/ro", "StartFieldCheck", Named(study.name)),
              Not(IsOk()));
  // Nor does time act on what was in it.
  const auto told = [&] {
    return Events(server_, "iom-ma").size() -
           Events(server_, "iom-ma", study.file.name).size();
  };
  const size_t before = told();
  server_.clock().Advance(absl::Hours(24 * 400));
  server_.SettleTimers();
  EXPECT_EQ(told(), before);
  // On the file itself it does: a receipt is missing.
  EXPECT_EQ(Events(server_, "iom-ma", study.file.name).back(), "Overdue");
}

TEST_F(Erasure, TellsEveryMissionThatSawTheFileAndCollectsReceipts) {
  const std::string file = Bring(server_, "case:ARRIVED").name;
  ASSERT_THAT(Erase("iom-tn/dp", file), IsOk());
  for (const char* mission : {"iom-ma", "iom-es"}) {
    EXPECT_EQ(Events(server_, mission, file).back(), "EraseCase") << mission;
  }
  EXPECT_THAT(Events(server_, "iom-de", file), IsEmpty());
  EXPECT_THAT(Confirm("iom-de/dp", file), HasReason("NOT_VISIBLE"));
  EXPECT_THAT(Confirm("iom-tn/dp", file), HasReason("NOT_VISIBLE"));
  ASSERT_THAT(Confirm("iom-ma/fp", file), IsOk());
  server_.clock().Advance(absl::Hours(1));
  ASSERT_THAT(Confirm("iom-ma/dp", file), IsOk());
  const Reply seen = Look(server_, "iom-tn/cm", file);
  const auto& receipts = seen.as<pb::Case>().erasure().receipts();
  ASSERT_EQ(receipts.size(), 2);
  EXPECT_EQ(receipts[0].mission(), "missions/iom-ma");
  EXPECT_LT(receipts[0].confirm_time().seconds(),
            absl::ToUnixSeconds(server_.clock().Now()) - 3000);
  EXPECT_EQ(receipts[1].mission(), "missions/iom-es");
  EXPECT_FALSE(receipts[1].has_confirm_time());
  EXPECT_EQ(Events(server_, "iom-tn", file).back(), "ConfirmErasure");
}

TEST_F(Erasure, OwesReceiptsAlsoForWhatWasWithdrawn) {
  const Target target = Bring(server_, "case:ACCEPTED");
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(target.file.consent));
  EXPECT_THAT(Look(server_, "iom-ma/fp", target.name),
              HasReason("NOT_VISIBLE"));
  const Reply erased = Erase("iom-tn/dp", target.name);
  ASSERT_THAT(erased, IsOk());
  EXPECT_EQ(erased.as<pb::Case>().erasure().receipts_size(), 2);
  EXPECT_EQ(Events(server_, "iom-ma", target.name).back(), "EraseCase");
  ASSERT_THAT(Confirm("iom-ma/fp", target.name), IsOk());
}

TEST_F(Erasure, OfAFileNobodySawIsNobodysBusiness) {
  const std::string file = Bring(server_, "case:REGISTERED").name;
  ASSERT_THAT(Erase("iom-tn/dp", file), IsOk());
  for (const char* mission : {"iom-ma", "iom-es"}) {
    EXPECT_THAT(Events(server_, mission, file), IsEmpty());
    EXPECT_THAT(Look(server_, absl::StrCat(mission, "/fp"), file),
                HasReason("NOT_VISIBLE"));
  }
}

TEST_F(Erasure, LeavesEvidenceWhole) {
  const Target study = Bring(server_, "study:ASSIGNED");
  ASSERT_THAT(Erase("iom-tn/dp", study.file.name), IsOk());
  std::vector<std::string> methods;
  for (const auto& leaf : server_.Journal()) {
    if (leaf.resource() == study.file.name) methods.push_back(leaf.method());
  }
  EXPECT_EQ(methods.front(), "passerelle.v1.CaseService/CreateCase");
  ASSERT_GE(methods.size(), 2);
  EXPECT_THAT(
      std::vector<std::string>(methods.end() - 2, methods.end()),
      ElementsAre("passerelle.v1.CaseService/EraseCase", "DestroyKeys"));
}

TEST_F(Erasure, IsFinishedAtTheNextStartBeforeAnyCall) {
  const Target study = Bring(server_, "study:ASSIGNED");
  const Target neighbour = Bring(server_, "study:ASSIGNED");
  // As a crash right after the decision leaves it.
  server_.Tamper([&](storage::WriteTransaction& tx) {
    storage::Record file;
    absl::Status status = tx.Get(KeyOf(study.file.name), &file);
    ::passerelle::internal::v1::ErasureOrder order;
    order.set_subject(study.file.name);
    order.add_keys(file.data_key);
    storage::Record record;
    record.key = {"erasures", "e01"};
    record.kind = "pendingErasures";
    record.state = 1;
    record.version = 1;
    record.wake_time = server_.clock().Now();
    record.message = order.SerializeAsString();
    status.Update(tx.Insert(record));
    return status;
  });
  EXPECT_THAT(Look(server_, "iom-ma/ro", study.name),
              HasReason("RESOURCE_ERASED"));
  EXPECT_THAT(Look(server_, "iom-ma/ro", neighbour.name), IsOk());
  server_.SettleTimers();
  EXPECT_EQ(KeysDestroyed(), 1);
  EXPECT_EQ(KeysDestroyed(), 1);  // said once
}

TEST_F(Erasure, DoesNotStopAtADamagedOrder) {
  const Target study = Bring(server_, "study:ASSIGNED");
  server_.TamperRows([](storage::WriteTransaction& tx) {
    storage::Record record;
    record.key = {"erasures", "e01"};
    record.kind = "pendingErasures";
    record.version = 1;
    record.wake_time = absl::UnixEpoch();
    record.message = "nobody sealed this";
    return tx.Insert(record);
  });
  server_.SettleTimers();
  EXPECT_THAT(Look(server_, "iom-ma/ro", study.name), IsOk());
}

TEST_F(Erasure, IsTriedAgainUntilTheKeyIsGone) {
  const Target study = Bring(server_, "study:ASSIGNED");
  {
    // A backup program that reads the key store keeps its log.
    auto reader = storage::sqlite::Connection::Open(
        {.path = server_.store_path() + ".keys"});
    ASSERT_THAT(reader, IsOk());
    ASSERT_THAT((*reader)->Begin(), IsOk());
    static constexpr char kSql[] = "SELECT COUNT(*) FROM data_key";
    storage::sqlite::Statement count(reader->get(), kSql);
    ASSERT_TRUE(count.Step());
    ASSERT_THAT(Erase("iom-tn/dp", study.file.name), IsOk());
    EXPECT_THAT(Look(server_, "iom-tn/cm", study.name),
                HasReason("RESOURCE_ERASED"));
    server_.clock().Advance(absl::Minutes(2));
    server_.SettleTimers();
  }
  server_.clock().Advance(absl::Minutes(2));
  server_.SettleTimers();
  EXPECT_EQ(KeysDestroyed(), 1);
  EXPECT_THAT(Look(server_, "iom-tn/cm", study.name),
              HasReason("RESOURCE_ERASED"));
}

TEST_F(Erasure, SparesTheKeyThatADamagedRowNames) {
  const Target study = Bring(server_, "study:ASSIGNED");
  const Target neighbour = Bring(server_, "study:ASSIGNED");
  server_.TamperRows([&](storage::WriteTransaction& tx) {
    storage::Record theirs;
    storage::Record ours;
    absl::Status status = tx.Get(KeyOf(neighbour.name), &theirs);
    status.Update(tx.Get(KeyOf(study.name), &ours));
    ours.message = theirs.message;
    status.Update(tx.Update(ours));
    return status;
  });
  EXPECT_THAT(Look(server_, "iom-ma/ro", study.name),
              HasReason("STORAGE_DAMAGED"));
  ASSERT_THAT(Erase("iom-tn/dp", study.file.name), IsOk());
  EXPECT_THAT(Look(server_, "iom-ma/ro", neighbour.name), IsOk());
  EXPECT_THAT(Look(server_, "iom-ma/ro", neighbour.file.plan), IsOk());
}

}  // namespace
}  // namespace passerelle::testing
