// R25: withdrawals racing everything that discloses. What began after the
// withdrawal was answered shows nothing; what shows something has its line of
// evidence, before that of the withdrawal under whose consent it was shown.

#include <algorithm>
#include <atomic>
#include <iostream>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/mutex.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "passerelle/v1/person.pb.h"
#include "tests/support/journey.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::IsEmpty;

constexpr int kFiles = 10;
constexpr int kRoundsOfAFile = 200;
constexpr int kReaders = 4;

// One way to see something of the file.
struct Look {
  const char* who;
  const char* method;
  std::string text;
};

std::string Missions(const pb::Consent& consent) {
  std::string missions;
  for (const auto& recall : consent.recalls()) {
    absl::StrAppend(&missions, recall.mission(), " ");
  }
  return missions;
}

class ConsentRace : public ::testing::Test {
 protected:
  // Reads until told to stop, and notes what it should not have got.
  void Read(std::mt19937_64 random, const std::vector<Look>& looks) {
    while (!stop_) {
      const Look& look = looks[std::uniform_int_distribution<size_t>(
          0, looks.size() - 1)(random)];
      const int before = phase_;
      const Reply reply = Send(server_, look.who, look.method,
                               *MakeRequest(look.method, look.text));
      const bool shows = reply.ok() && Shows(*reply.answer);
      MutexLock lock(&mutex_);
      if (shows) ++shown_[FullName(look.method)];
      if (!reply.ok() && ReasonOf(reply.status) != "NOT_VISIBLE") {
        wrong_.push_back(absl::StrCat(look.method, reply.status.ToString()));
      }
      if (shows && before % 2 == 1 && phase_ == before) {
        wrong_.push_back(absl::StrCat(look.who, " ", look.method, " after"));
      }
      ++reads_;
      progress_.NotifyAll();
    }
  }

  // Whether an answer is of a resource, or lists any.
  static bool Shows(const google::protobuf::Message& answer) {
    if (!GetString(answer, "name").empty()) return true;
    std::vector<const google::protobuf::FieldDescriptor*> fields;
    answer.GetReflection()->ListFields(answer, &fields);
    for (const auto* field : fields) {
      if (field->is_repeated()) return true;
    }
    return false;
  }

  void WaitForReads(int64_t more) {
    MutexLock lock(&mutex_);
    const int64_t until = reads_ + more;
    while (reads_ < until) progress_.Wait(&mutex_);
  }

  // The lines of what was shown under a consent come before its withdrawal,
  // and are as many as the answers.
  void CompareWithJournal() {
    const auto leaves = server_.Journal();
    std::map<std::string, size_t> withdrawn;
    for (size_t i = 0; i < leaves.size(); ++i) {
      if (leaves[i].code() == 0 &&
          leaves[i].method() == FullName("WithdrawConsent")) {
        withdrawn[leaves[i].resource()] = i;
      }
    }
    EXPECT_EQ(withdrawn.size(), static_cast<size_t>(withdrawals_));
    std::map<std::string, int64_t> lines;
    int late = 0;
    for (size_t i = 0; i < leaves.size(); ++i) {
      const auto& leaf = leaves[i];
      if (leaf.code() != 0 || !racing_.contains(leaf.method()) ||
          leaf.mission() == "missions/iom-tn" || leaf.resource().empty() ||
          leaf.classes() == 0) {
        continue;
      }
      ++lines[leaf.method()];
      const auto end = withdrawn.find(leaf.consent());
      if (end == withdrawn.end() || i > end->second) ++late;
    }
    EXPECT_EQ(late, 0) << "lines after the withdrawal of their consent";
    EXPECT_EQ(lines, shown_);
    int64_t total = 0;
    for (const auto& [method, count] : lines) total += count;
    EXPECT_GT(total, withdrawals_ / 4) << "the race was no race";
    std::cout << withdrawals_ << " withdrawals, " << reads_ << " reads, "
              << total << " of them shown" << std::endl;
  }

  void StartReaders(const std::vector<Look>& looks) {
    stop_ = false;
    for (const Look& look : looks) racing_.insert({FullName(look.method), 0});
    for (int i = 0; i < kReaders; ++i) {
      readers_.emplace_back([this, looks, seed = random_()] {
        Read(std::mt19937_64(seed), looks);
      });
    }
  }
  void StopReaders() {
    stop_ = true;
    for (std::thread& reader : readers_) reader.join();
    readers_.clear();
  }

  TestServer server_;
  std::mt19937_64 random_{Seed()};
  std::atomic<bool> stop_ = false;
  // Odd from the answer to a withdrawal until the next consent is asked for.
  std::atomic<int> phase_ = 0;
  std::vector<std::thread> readers_;
  std::map<std::string, int> racing_;
  int withdrawals_ = 0;

  Mutex mutex_;
  CondVar progress_;
  int64_t reads_ ABSL_GUARDED_BY(mutex_) = 0;
  std::map<std::string, int64_t> shown_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> wrong_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(ConsentRace, NothingIsShownAfterTheWithdrawal) {
  for (int i = 0; i < kFiles; ++i) {
    const Target study = Bring(server_, "study:REQUESTED");
    const std::string file = absl::StrCat("parent: '", study.file.name, "' ");
    const std::string person =
        MustSend(server_, "iom-tn/po", "CreatePerson",
                 absl::StrCat(file,
                              "person { relation: PRINCIPAL sex: FEMALE names "
                              "{ kind: USUAL given: 'Salma' } vulnerabilities "
                              "{ code: TRAFFICKING } }"))
            .as<pb::Person>()
            .name();
    const std::string parent = absl::StrCat("parent: '", study.file.name, "'");
    // Routine reads, restricted ones, which wait for the flush, and lists.
    StartReaders({{"iom-ma/ro", "GetCase", Named(study.file.name)},
                  {"iom-es/cm", "GetCase", Named(study.file.name)},
                  {"iom-ma/ro", "GetPlan", Named(study.file.plan)},
                  {"iom-ma/ro", "GetFeasibilityStudy", Named(study.name)},
                  {"iom-ma/po", "GetPerson", Named(person)},
                  {"iom-ma/po", "ListPersons", parent},
                  {"iom-ma/ro", "ListPlans", parent},
                  {"iom-ma/ro", "ListFeasibilityStudies", "parent: 'cases/-'"},
                  {"iom-ma/ro", "ListCases", "page_size: 9"}});
    std::string consent = study.file.consent;
    for (int round = 0; round < kRoundsOfAFile; ++round) {
      WaitForReads(std::uniform_int_distribution<int>(0, 12)(random_));
      const auto withdrawn = Must<pb::Consent>(
          server_, "iom-tn/cm", "WithdrawConsent", Named(consent));
      ++withdrawals_;
      ++phase_;
      WaitForReads(kReaders);
      EXPECT_EQ(Missions(withdrawn), "missions/iom-es missions/iom-ma ");
      if (round + 1 == kRoundsOfAFile) break;
      ++phase_;
      consent = Must<pb::Consent>(
                    server_, "iom-tn/cm", "CreateConsent",
                    absl::StrCat(file,
                                 "consent { scope: SHARE_WITH_ORIGIN_MISSION "
                                 "recipient: 'missions/iom-ma' language: 'ar' "
                                 "form: WRITTEN }"))
                    .name();
    }
    StopReaders();
    ++phase_;
  }
  EXPECT_THAT(wrong_, IsEmpty());
  // Each was told of each, in mail that names and shows nothing else.
  const std::vector<std::string> told = Events(server_, "iom-es");
  EXPECT_EQ(std::count(told.begin(), told.end(), "WithdrawConsent"),
            withdrawals_);
  CompareWithJournal();
}

TEST_F(ConsentRace, NorToAPartnerWhoseGrantEndsWithIt) {
  constexpr int kRounds = 150;
  const Target target = Bring(server_, "case:ACCEPTED");
  const std::string file = absl::StrCat("parent: '", target.file.name, "' ");
  StartReaders({{"ngo-tn/fp", "GetCase", Named(target.file.name)},
                {"ngo-tn/fp", "ListCases", "page_size: 9"},
                {"ngo-tn/fp", "ListGrants", file}});
  for (int round = 0; round < kRounds; ++round) {
    if (round > 0) ++phase_;
    const auto consent =
        Must<pb::Consent>(server_, "iom-tn/cm", "CreateConsent",
                          absl::StrCat(file,
                                       "consent { scope: SHARE_WITH_PARTNER "
                                       "recipient: 'missions/ngo-tn' language: "
                                       "'ar' form: WRITTEN }"));
    const std::string grant = GetString(
        *MustSend(server_, "iom-tn/fp", "CreateGrant",
                  absl::StrCat(file,
                               "grant { recipient: 'missions/ngo-tn' mode: "
                               "READ purpose: SERVICE_PROVISION basis: CONSENT "
                               "consent: '",
                               consent.name(), "' }"))
             .answer,
        "name");
    MustSend(server_, "ngo-tn/fp", "AcceptGrant", Named(grant));
    WaitForReads(std::uniform_int_distribution<int>(0, 12)(random_));
    const auto withdrawn = Must<pb::Consent>(
        server_, "iom-tn/cm", "WithdrawConsent", Named(consent.name()));
    ++withdrawals_;
    ++phase_;
    EXPECT_EQ(Missions(withdrawn), "missions/ngo-tn ");
    WaitForReads(kReaders);
  }
  StopReaders();
  EXPECT_THAT(wrong_, IsEmpty());
  const std::vector<std::string> told = Events(server_, "ngo-tn");
  EXPECT_EQ(std::count(told.begin(), told.end(), "WithdrawConsent"),
            withdrawals_);
  CompareWithJournal();
}

}  // namespace
}  // namespace passerelle::testing
