// Lists over many files: every item once, in order, none that is not for the
// caller, whatever the size of the page.

#include <algorithm>
#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAreArray;

std::vector<std::string> NamesOf(const google::protobuf::Message& page) {
  std::vector<std::string> names;
  const auto* reflection = page.GetReflection();
  const auto* items = page.GetDescriptor()->field(0);
  for (int i = 0; i < reflection->FieldSize(page, items); ++i) {
    names.push_back(
        GetString(reflection->GetRepeatedMessage(page, items, i), "name"));
  }
  return names;
}

class Lists : public ::testing::Test {
 protected:
  std::vector<std::string> All(absl::string_view who, absl::string_view method,
                               const std::string& arguments, int page_size) {
    std::vector<std::string> all;
    std::string token;
    do {
      const Reply page =
          MustSend(server_, who, method,
                   absl::StrCat(arguments, " page_size: ", page_size,
                                " page_token: '", token, "'"));
      const auto names = NamesOf(*page.answer);
      EXPECT_LE(names.size(), static_cast<size_t>(page_size));
      all.insert(all.end(), names.begin(), names.end());
      token = GetString(*page.answer, "next_page_token");
    } while (!token.empty());
    return all;
  }

  TestServer server_;
};

TEST_F(Lists, OverAllFilesAndWithinOne) {
  std::vector<std::string> host;
  std::vector<std::string> origin;
  std::vector<std::string> files;
  for (int i = 0; i < 12; ++i) {
    const char* wanted = i % 4 == 0   ? "study:DRAFT"
                         : i % 4 == 1 ? "case:REGISTERED"
                         : i % 4 == 2 ? "study:REQUESTED"
                                      : "study:OPINION";
    const Target target = Bring(server_, wanted);
    if (i % 4 != 1) {
      host.push_back(target.name);
      files.push_back(target.file.name);
    }
    if (i % 4 >= 2) origin.push_back(target.name);
    if (i == 7) {
      // Withdrawn: for the origin mission it is not there any more.
      MustSend(server_, "iom-tn/cm", "WithdrawConsent",
               Named(target.file.consent));
      origin.pop_back();
      files.pop_back();
    }
    // A second study in some files, to end pages inside a file.
    if (i % 4 == 3 && i != 7) {
      const Reply second =
          MustSend(server_, "iom-tn/cm", "CreateFeasibilityStudy",
                   absl::StrCat("parent: '", target.file.name,
                                "' feasibility_study { plan: '",
                                target.file.plan, "' }"));
      host.push_back(GetString(*second.answer, "name"));
    }
  }
  for (const int size : {1, 2, 3, 5, 7, 100}) {
    SCOPED_TRACE(size);
    EXPECT_THAT(
        All("iom-tn/cm", "ListFeasibilityStudies", "parent: 'cases/-'", size),
        ElementsAreArray(host));
    EXPECT_THAT(
        All("iom-ma/ro", "ListFeasibilityStudies", "parent: 'cases/-'", size),
        ElementsAreArray(origin));
    EXPECT_THAT(All("iom-ma/ro", "ListCases", "", size),
                ElementsAreArray(files));
    EXPECT_EQ(All("iom-de/cm", "ListCases", "", size).size(), 0u);
    EXPECT_EQ(All("iom-es/cm", "ListCases", "", size).size(), files.size());
  }
  EXPECT_EQ(All("iom-tn/cm", "ListCases", "", 4).size(), 12u);
  EXPECT_EQ(All("iom-tn/cm", "ListMissions", "", 2).size(), 8u);
}

TEST_F(Lists, ChangesBetweenPagesLoseNothing) {
  std::vector<Target> targets;
  for (int i = 0; i < 6; ++i) {
    targets.push_back(Bring(server_, "study:REQUESTED"));
  }
  const auto first = Must<pb::ListFeasibilityStudiesResponse>(
      server_, "iom-ma/ro", "ListFeasibilityStudies",
      "parent: 'cases/-' page_size: 3");
  const Target added = Bring(server_, "study:REQUESTED");
  MustSend(server_, "iom-tn/cm", "WithdrawConsent",
           Named(targets[4].file.consent));
  server_.Restart();  // a token outlives the process
  const Reply second =
      MustSend(server_, "iom-ma/ro", "ListFeasibilityStudies",
               absl::StrCat("parent: 'cases/-' page_size: 10 page_token: '",
                            first.next_page_token(), "'"));
  EXPECT_THAT(NamesOf(*second.answer),
              ElementsAreArray({targets[3].name, targets[5].name, added.name}));
}

// A page looks at no more than 2,000 records; the next one goes on with the
// very file at which the first one stopped.
TEST_F(Lists, AFileAtTheEndOfALongPageIsNotSkipped) {
  constexpr int kFiles = 1999;
  std::atomic<int> left{kFiles};
  std::vector<std::thread> threads;
  server_.As("iom-tn", "");
  for (int i = 0; i < 12; ++i) {
    threads.emplace_back([&] {
      pb::CreateCaseRequest create;
      *create.mutable_case_() = SampleCase();
      while (left-- > 0) {
        create.set_request_id(NewId());
        EXPECT_THAT(Send(server_, "iom-tn/cm", "CreateCase", create), IsOk());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::vector<std::string> wanted;
  for (int i = 0; i < 3; ++i) {
    wanted.push_back(Bring(server_, "study:DRAFT").name);
  }
  EXPECT_THAT(
      All("iom-tn/cm", "ListFeasibilityStudies", "parent: 'cases/-'", 1000),
      ElementsAreArray(wanted));
  EXPECT_EQ(All("iom-tn/cm", "ListCases", "", 1000).size(), kFiles + 3u);
}

TEST_F(Lists, WhoFoundNothingIsRecordedToo) {
  const Target file = Bring(server_, "case:ACCEPTED");
  MustSend(server_, "iom-de/cm", "ListCases", "");
  MustSend(server_, "iom-de/cm", "ListMonitoringVisits", "parent: 'cases/-'");
  MustSend(server_, "iom-ma/ro", "ListMonitoringVisits",
           absl::StrCat("parent: '", file.name, "'"));
  std::vector<std::string> lines;
  for (const auto& leaf : server_.Journal()) {
    if (leaf.method().find("/List") == std::string::npos) continue;
    lines.push_back(absl::StrCat(leaf.mission(), " ", leaf.resource()));
  }
  EXPECT_THAT(lines, ElementsAreArray({std::string("iom-de "),
                                       std::string("iom-de cases/-"),
                                       "iom-ma " + file.name}));
}

TEST_F(Lists, FieldMasks) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const auto update = [&](const std::string& fields, const std::string& mask) {
    const auto present =
        Must<pb::Case>(server_, "iom-tn/cm", "GetCase", Named(file.name));
    return Must<pb::Case>(
        server_, "iom-tn/cm", "UpdateCase",
        absl::StrCat("case { name: '", file.name, "' ", fields, " } etag: '",
                     present.etag(), "' ", mask));
  };
  // Without a mask: what is populated.
  pb::Case after = update("external_reference: 'TN-1'", "");
  EXPECT_EQ(after.external_reference(), "TN-1");
  EXPECT_EQ(after.principal().given_name(), "Salma");
  // One field below another.
  after = update("principal { given_name: 'Selma' family_name: 'Not taken' }",
                 "update_mask { paths: 'principal.given_name' }");
  EXPECT_EQ(after.principal().given_name(), "Selma");
  EXPECT_EQ(after.principal().family_name(), "Essai");
  // Named and empty: cleared.
  after = update("", "update_mask { paths: 'external_reference' }");
  EXPECT_EQ(after.external_reference(), "");
  // A required field cannot be cleared.
  EXPECT_THAT(
      Send(server_, "iom-tn/cm", "UpdateCase",
           absl::StrCat("case { name: '", file.name, "' } etag: '",
                        after.etag(), "' update_mask { paths: 'principal' }")),
      HasReason("FIELD_INVALID"));
  // Everything: what cannot change stays.
  after = update(
      "external_reference: 'TN-2' principal { given_name: 'S' family_name: 'E' "
      "sex: FEMALE nationality: 'MA' birth_date { year: 1994 month: 3 day: 9 } "
      "}",
      "update_mask { paths: '*' }");
  EXPECT_EQ(after.principal().return_region(), "");
  EXPECT_EQ(after.origin_mission(), "missions/iom-ma");
  EXPECT_EQ(after.transit_missions_size(), 1);
  EXPECT_EQ(after.stage(), pb::Case::ACCEPTED);
}

}  // namespace
}  // namespace passerelle::testing
