// Records that cannot be read: who learns of them, and what goes on beside
// them.

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "server/storage/store.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

class Damage : public ::testing::Test {
 protected:
  // Spoils the stored message of a resource of a file.
  void Spoil(const std::string& name) {
    const size_t file = sizeof("cases/") - 1;
    const std::string scope = name.substr(file, name.find('/', file) - file);
    server_.Tamper([&](storage::WriteTransaction& tx) {
      storage::Record record;
      absl::Status status =
          tx.Get({scope, name.substr(name.rfind('/') + 1)}, &record);
      record.message = "\xff\xff";
      status.Update(tx.Update(record));
      return status;
    });
  }
  Reply Try(absl::string_view who, absl::string_view method,
            const std::string& name) {
    return Send(server_, who, method, Named(name));
  }

  TestServer server_;
};

TEST_F(Damage, AFileExistsForItsPartiesOnly) {
  const Target study = Bring(server_, "study:REQUESTED");
  const std::string& file = study.file.name;
  Spoil(file);
  for (const char* who : {"iom-tn/cm", "iom-ma/cm"}) {
    EXPECT_THAT(Try(who, "GetCase", file), HasReason("STORAGE_DAMAGED"));
    EXPECT_THAT(Try(who, "GetFeasibilityStudy", study.name),
                HasReason("STORAGE_DAMAGED"));
    EXPECT_THAT(Send(server_, who, "ListFeasibilityStudies",
                     absl::StrCat("parent: '", file, "'")),
                HasReason("STORAGE_DAMAGED"));
  }
  EXPECT_THAT(Try("iom-tn/cm", "WithdrawCase", file),
              HasReason("STORAGE_DAMAGED"));
  EXPECT_THAT(Try("iom-ma/ro", "AssignFeasibilityStudy", study.name),
              HasReason("STORAGE_DAMAGED"));
  // A stranger hears what he hears of a file that is not there.
  for (const std::string& name : {file, std::string("cases/c0")}) {
    SCOPED_TRACE(name);
    EXPECT_THAT(Try("iom-de/cm", "GetCase", name), HasReason("NOT_VISIBLE"));
    EXPECT_THAT(
        Try("iom-de/cm", "GetFeasibilityStudy",
            absl::StrCat(name, study.name.substr(study.name.find("/feas")))),
        HasReason("NOT_VISIBLE"));
    EXPECT_THAT(Send(server_, "iom-de/cm", "ListFeasibilityStudies",
                     absl::StrCat("parent: '", name, "'")),
                HasReason("NOT_VISIBLE"));
    EXPECT_THAT(Try("iom-de/cm", "WithdrawCase", name),
                HasReason("NOT_VISIBLE"));
    EXPECT_THAT(
        Send(server_, "iom-de/cm", "CreateFeasibilityStudy",
             absl::StrCat("parent: '", name, "' feasibility_study { plan: '",
                          study.file.plan, "' }")),
        HasReason("NOT_VISIBLE"));
  }
}

TEST_F(Damage, AResourceExistsForWhoMayHoldIt) {
  const Target study = Bring(server_, "study:REQUESTED");
  const Target draft = Bring(server_, "study:DRAFT");
  Spoil(study.name);
  Spoil(draft.name);
  for (const char* who : {"iom-tn/cm", "iom-ma/cm"}) {
    EXPECT_THAT(Try(who, "GetFeasibilityStudy", study.name),
                HasReason("STORAGE_DAMAGED"));
  }
  EXPECT_THAT(Try("iom-ma/ro", "AssignFeasibilityStudy", study.name),
              HasReason("STORAGE_DAMAGED"));
  // The transit mission sees the file, not its studies.
  EXPECT_THAT(Try("iom-es/cm", "GetCase", study.file.name), IsOk());
  EXPECT_THAT(Try("iom-tn/cm", "GetFeasibilityStudy", draft.name),
              HasReason("STORAGE_DAMAGED"));
  for (const auto& [who, name] : std::vector<std::pair<const char*, Target>>{
           {"iom-de", study}, {"iom-es", study}, {"iom-ma", draft}}) {
    SCOPED_TRACE(who);
    EXPECT_THAT(Try(absl::StrCat(who, "/cm"), "GetFeasibilityStudy", name.name),
                HasReason("NOT_VISIBLE"));
    EXPECT_THAT(
        Try(absl::StrCat(who, "/ro"), "AssignFeasibilityStudy", name.name),
        HasReason("NOT_VISIBLE"));
  }
}

TEST_F(Damage, AListGoesOnAndCountsWhatItLeavesOut) {
  std::vector<Target> studies;
  for (int i = 0; i < 4; ++i) {
    studies.push_back(
        Bring(server_, i == 3 ? "study:DRAFT" : "study:ASSIGNED"));
  }
  Spoil(studies[0].file.name);
  Spoil(studies[1].name);
  Spoil(studies[3].name);
  const auto cases =
      Must<pb::ListCasesResponse>(server_, "iom-tn/cm", "ListCases", "");
  EXPECT_EQ(cases.cases_size(), 3);
  EXPECT_EQ(cases.unreadable_count(), 1);
  EXPECT_THAT(Try("iom-tn/cm", "GetCase", studies[0].file.name),
              HasReason("STORAGE_DAMAGED"));
  // Of somebody else's draft nothing is said, whole or damaged.
  for (const auto& [who, damaged] :
       {std::pair("iom-tn/cm", 3), std::pair("iom-ma/cm", 2)}) {
    SCOPED_TRACE(who);
    int found = 0;
    int unreadable = 0;
    std::string token;
    do {  // one at a time, so that pages end at what is damaged
      const auto page = Must<pb::ListFeasibilityStudiesResponse>(
          server_, who, "ListFeasibilityStudies",
          absl::StrCat("parent: 'cases/-' page_size: 1 page_token: '", token,
                       "'"));
      for (const pb::FeasibilityStudy& each : page.feasibility_studies()) {
        EXPECT_EQ(each.name(), studies[2].name);
        ++found;
      }
      unreadable += page.unreadable_count();
      token = page.next_page_token();
    } while (!token.empty());
    EXPECT_EQ(found, 1);
    EXPECT_EQ(unreadable, damaged);
  }
  const auto within = Must<pb::ListFeasibilityStudiesResponse>(
      server_, "iom-ma/cm", "ListFeasibilityStudies",
      absl::StrCat("parent: '", studies[1].file.name, "'"));
  EXPECT_EQ(within.feasibility_studies_size(), 0);
  EXPECT_EQ(within.unreadable_count(), 1);
  EXPECT_EQ(Must<pb::ListCasesResponse>(server_, "iom-de/cm", "ListCases", "")
                .unreadable_count(),
            0);
}

}  // namespace
}  // namespace passerelle::testing
