// R24 and the canaries: what stands on disk and in the log, before and after
// an erasure, and after backups are put back; and kill -9 in the middle of it.
#include <signal.h>

#include <atomic>
#include <filesystem>
#include <iostream>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "google/protobuf/message.h"
#include "gtest/gtest.h"
#include "passerelle/options/v1/options.pb.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "server/storage/sqlite/sqlite_key_store.h"
#include "tests/support/arrange.h"
#include "tests/support/seed.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"
#include "tests/support/vault_beside.h"
#include "tests/support/writers.h"

namespace passerelle::testing {
namespace {

namespace fs = std::filesystem;
namespace pb = ::passerelle::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using ::testing::Contains;
using ::testing::IsEmpty;
using ::testing::Not;

constexpr absl::string_view kCanary = "Kanari-";

// Puts a canary of its own into every text of a message that is neither a name
// nor bound to a form.
class Canaries {
 public:
  void Fill(Message* message) {
    const auto* reflection = message->GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(*message, &fields);
    for (const FieldDescriptor* field : fields) {
      if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        if (!field->is_repeated()) {
          Fill(reflection->MutableMessage(message, field));
          continue;
        }
        for (int i = 0; i < reflection->FieldSize(*message, field); ++i) {
          Fill(reflection->MutableRepeatedMessage(message, field, i));
        }
      } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_STRING &&
                 IsFree(field)) {
        const std::string canary = absl::StrCat(kCanary, ++count_, "-end");
        if (!field->is_repeated()) {
          reflection->SetString(message, field, canary);
        } else {
          reflection->SetRepeatedString(message, field, 0, canary);
        }
      }
    }
  }
  int count() const { return count_; }

 private:
  static bool IsFree(const FieldDescriptor* field) {
    const auto& rules =
        field->options().GetExtension(::passerelle::options::v1::rules);
    return rules.max_length() >= 20;
  }

  int count_ = 0;
};

// Where `bytes` stands in the server's folder, key files aside, or its log.
std::vector<std::string> Places(const ServerProcess& server,
                                absl::string_view bytes) {
  std::vector<std::string> places;
  for (const auto& entry : fs::recursive_directory_iterator(server.dir())) {
    const std::string path = entry.path();
    if (!entry.is_regular_file() || absl::EndsWith(path, ".key")) continue;
    if (absl::StrContains(ReadFileOrDie(path), bytes)) places.push_back(path);
  }
  if (absl::StrContains(server.log(), bytes)) places.emplace_back("the log");
  return places;
}

void StopInOrder(ServerProcess* server) {
  server->Signal(SIGTERM);
  server->Signal(SIGINT);
  ASSERT_EQ(server->Wait(absl::Seconds(20)), 0);
}

template <typename T>
T MustCall(client::Client& client, absl::string_view method,
           const Message& request) {
  auto answer = client.Call<T>(absl::StrCat("passerelle.v1.", method), request);
  EXPECT_THAT(answer, IsOk());
  return answer.ok() ? *std::move(answer) : T();
}

// A file with plan, consent and study, full of canaries.
struct FullFile {
  std::string name;
  std::string plan;
  std::string study;
};

FullFile MakeFile(ServerProcess& server, Canaries* canaries) {
  client::Client& host = server.As("iom-tn", "cm");
  pb::CreateCaseRequest create;
  *create.mutable_case_() = SampleCase();
  canaries->Fill(create.mutable_case_());
  create.mutable_case_()->set_external_reference(
      absl::StrCat(kCanary, canaries->count(), "-ref"));
  FullFile file;
  file.name = MustCall<pb::Case>(host, "CaseService/CreateCase", create).name();
  pb::CreateConsentRequest consent;
  consent.set_parent(file.name);
  consent.mutable_consent()->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
  consent.mutable_consent()->set_recipient("missions/iom-ma");
  consent.mutable_consent()->set_language("ar");
  consent.mutable_consent()->set_form(pb::Consent::WRITTEN);
  const std::string consent_name =
      MustCall<pb::Consent>(host, "ConsentService/CreateConsent", consent)
          .name();
  pb::CreatePlanRequest plan;
  plan.set_parent(file.name);
  *plan.mutable_plan() = SamplePlan();
  canaries->Fill(plan.mutable_plan());
  file.plan = MustCall<pb::Plan>(host, "PlanService/CreatePlan", plan).name();
  pb::ProposeCaseRequest propose;
  propose.set_name(file.name);
  propose.set_consent(consent_name);
  MustCall<pb::Case>(host, "CaseService/ProposeCase", propose);
  pb::CreateFeasibilityStudyRequest study;
  study.set_parent(file.name);
  study.mutable_feasibility_study()->set_plan(file.plan);
  const std::string prefix = "FeasibilityStudyService/";
  file.study = MustCall<pb::FeasibilityStudy>(
                   host, prefix + "CreateFeasibilityStudy", study)
                   .name();
  pb::RequestFeasibilityStudyRequest request;
  request.set_name(file.study);
  request.set_consent(consent_name);
  MustCall<pb::FeasibilityStudy>(host, prefix + "RequestFeasibilityStudy",
                                 request);
  pb::AssignFeasibilityStudyRequest assign;
  assign.set_name(file.study);
  client::Client& origin = server.As("iom-ma", "ro");
  MustCall<pb::FeasibilityStudy>(origin, prefix + "AssignFeasibilityStudy",
                                 assign);
  pb::SubmitFeasibilityOpinionRequest opinion;
  opinion.set_name(file.study);
  opinion.mutable_opinion()->set_outcome(pb::Opinion::FEASIBLE);
  opinion.mutable_opinion()->set_reasons("x");
  opinion.mutable_opinion()->add_conditions("x");
  opinion.mutable_opinion()->add_proposed_changes("x");
  canaries->Fill(opinion.mutable_opinion());
  MustCall<pb::FeasibilityStudy>(origin, prefix + "SubmitFeasibilityOpinion",
                                 opinion);
  return file;
}

absl::Status TryErase(client::Client& client, const std::string& name) {
  pb::EraseCaseRequest erase;
  erase.set_name(name);
  erase.set_reason(pb::Case::PERSON_ASKED);
  return client.Call<pb::Case>("passerelle.v1.CaseService/EraseCase", erase)
      .status();
}

absl::StatusOr<pb::Plan> GetPlan(ServerProcess& server,
                                 const std::string& name) {
  pb::GetPlanRequest get;
  get.set_name(name);
  return server.As("iom-tn", "cm")
      .Call<pb::Plan>("passerelle.v1.PlanService/GetPlan", get);
}

storage::RecordKey KeyOf(const std::string& file) {
  const std::string id(absl::StripPrefix(file, "cases/"));
  return {id, id};
}

// While no server runs: the record of a file, and its key as it is wrapped.
storage::Record RecordOf(const std::string& store,
                         const storage::RecordKey& key) {
  const auto files = OpenSealed(store);
  EXPECT_THAT(files, IsOk());
  storage::Record record;
  EXPECT_THAT((*files)->store()->Read([&](storage::ReadTransaction& tx) {
    return tx.Get(key, &record);
  }),
              IsOk());
  return record;
}
std::string WrappedKeyOf(const std::string& store, const std::string& file) {
  const int64_t number = RecordOf(store, KeyOf(file)).data_key;
  const auto keys =
      storage::sqlite::SqliteKeyStore::Open({.path = store + ".keys"});
  EXPECT_THAT(keys, IsOk());
  storage::WrappedKey wrapped;
  EXPECT_THAT((*keys)->Get(number, &wrapped), IsOk());
  return wrapped.wrapped;
}

TEST(ErasureTest, NothingPrivateIsInClearAndNothingErasedComesBack) {
  ServerProcess server;  // at the most talkative log level
  ASSERT_TRUE(server.Start());
  server.Register();
  Canaries canaries;
  const FullFile file = MakeFile(server, &canaries);
  const FullFile neighbour = MakeFile(server, &canaries);
  ASSERT_GE(canaries.count(), 12);
  const auto whole = GetPlan(server, neighbour.plan);
  ASSERT_THAT(whole, IsOk());
  ASSERT_THAT(whole->outline(), ::testing::StartsWith(std::string(kCanary)));

  // In clear they stand nowhere, while it runs and after.
  EXPECT_THAT(Places(server, kCanary), IsEmpty());
  EXPECT_THAT(Places(server, "Salma"), IsEmpty());
  StopInOrder(&server);
  EXPECT_THAT(Places(server, kCanary), IsEmpty());
  const std::string store = server.store_path();
  const std::string wrapped = WrappedKeyOf(store, file.name);
  ASSERT_THAT(Places(server, wrapped), Contains(store + ".keys"));

  const TempDir backup;
  for (const char* end : {"", ".keys"}) {
    fs::copy_file(store + end, backup.File(absl::StrCat("store", end)));
  }
  ASSERT_TRUE(server.Start());
  ASSERT_THAT(TryErase(server.As("iom-tn", "dp"), file.name), IsOk());
  EXPECT_THAT(Places(server, wrapped), IsEmpty());
  EXPECT_THAT(Places(server, kCanary), IsEmpty());
  EXPECT_THAT(GetPlan(server, file.plan), HasReason("RESOURCE_ERASED"));
  EXPECT_EQ(GetPlan(server, neighbour.plan)->SerializeAsString(),
            whole->SerializeAsString());
  server.Kill();
  EXPECT_THAT(Places(server, wrapped), IsEmpty());
  const StoreContent content = ReadStore(store);
  EXPECT_EQ(content.integrity, "ok");
  EXPECT_THAT(content.journal, IsOk());

  // Database and keys of before, the ledger of now.
  for (const char* end : {"", ".keys"}) {
    for (const char* beside : {"-wal", "-shm"}) {
      fs::remove(absl::StrCat(store, end, beside));
    }
    fs::copy_file(backup.File(absl::StrCat("store", end)), store + end,
                  fs::copy_options::overwrite_existing);
  }
  ASSERT_THAT(Places(server, wrapped), Not(IsEmpty()));
  ASSERT_TRUE(server.Start());
  EXPECT_THAT(server.log(), ::testing::HasSubstr("\"erasures_applied_again\""));
  EXPECT_THAT(GetPlan(server, file.plan), HasReason("RESOURCE_ERASED"));
  EXPECT_EQ(GetPlan(server, neighbour.plan)->SerializeAsString(),
            whole->SerializeAsString());
  EXPECT_THAT(Places(server, wrapped), IsEmpty());
  StopInOrder(&server);
  // With every key that there is, it cannot be read.
  EXPECT_EQ(RecordOf(store, KeyOf(file.name)).condition,
            storage::Record::Condition::kErased);
  EXPECT_EQ(RecordOf(store, KeyOf(neighbour.name)).condition,
            storage::Record::Condition::kWhole);
}

TEST(ErasureTest, SurvivesKillAtAnyMomentOnceItIsDecided) {
  constexpr int kFiles = 60;
  constexpr int kKills = 12;
  std::mt19937_64 random(Seed());
  ServerProcess server;
  ASSERT_TRUE(server.Start());
  server.Register();
  std::vector<FullFile> files;
  Canaries canaries;
  for (int i = 0; i < kFiles; ++i) {
    files.push_back(MakeFile(server, &canaries));
  }
  std::set<std::string> acknowledged;
  std::vector<FullFile> left = files;
  int done = 0;
  for (int kill = 0; kill < kKills; ++kill) {
    client::ClientOptions impatient;
    impatient.retry.max_attempts = 1;
    const auto client = server.Open("iom-tn", "dp", std::move(impatient));
    // Connected, so that what is killed is an erasure.
    ASSERT_THAT(client->CheckHealth(""), IsOk());
    std::atomic<bool> killed{false};
    std::thread killer([&] {
      EXPECT_EQ(server.Wait(absl::Microseconds(
                    std::uniform_int_distribution<int>(500, 60'000)(random))),
                -1);
      killed = true;
      server.Kill();
    });
    while (!killed && !left.empty()) {
      if (TryErase(*client, left.back().name).ok()) {
        acknowledged.insert(left.back().name);
      }
      left.pop_back();
    }
    killer.join();
    ASSERT_TRUE(server.Start());
    // Erased whole or not at all, whatever was answered.
    for (const FullFile& file : files) {
      pb::GetCaseRequest get;
      get.set_name(file.name);
      const auto seen =
          server.As("iom-tn", "cm")
              .Call<pb::Case>("passerelle.v1.CaseService/GetCase", get);
      ASSERT_THAT(seen, IsOk());
      const bool erased = seen->stage() == pb::Case::ERASED;
      done += erased ? 1 : 0;
      EXPECT_EQ(seen->has_principal(), !erased);
      if (erased) {
        EXPECT_THAT(GetPlan(server, file.plan), HasReason("RESOURCE_ERASED"));
      } else {
        EXPECT_FALSE(acknowledged.contains(file.name)) << "came back";
        EXPECT_THAT(GetPlan(server, file.plan), IsOk());
      }
    }
  }
  StopInOrder(&server);
  for (const FullFile& file : files) {
    const auto record = RecordOf(server.store_path(), KeyOf(file.name));
    EXPECT_EQ(record.condition, storage::Record::Condition::kWhole);
  }
  EXPECT_GT(done, 0);
  std::cout << kKills << " kills, " << acknowledged.size()
            << " erasures acknowledged, " << kFiles - left.size()
            << " attempted" << std::endl;
}

TEST(RotationTest, KeysAreRotatedUnderLoadAndKill) {
  constexpr int kWriters = 4;
  constexpr int kTurns = 3;
  ServerProcess server(ServerProcess::Settings{{"log.level", "\"info\""}});
  ASSERT_TRUE(server.Start());
  server.Register();
  StopInOrder(&server);
  FillStore(server.store_path(), 20'000);
  ASSERT_TRUE(server.Start());
  const std::string key_file = server.store_path() + ".key";
  Writers writers(server, kWriters, Writers::Patience::kRepeat);
  for (int turn = 0; turn < kTurns; ++turn) {
    size_t from = server.log().size();
    fs::rename(key_file, key_file + ".old");
    MakeKeyFile(key_file);
    ASSERT_TRUE(
        server.WaitForLog("\"key_file_changed\"", from, absl::Seconds(20)));
    // Somewhere on the way through the keys.
    ASSERT_EQ(server.Wait(absl::Milliseconds(30 * turn)), -1);
    server.Kill();
    from = server.log().size();
    ASSERT_TRUE(server.Start());
    const int64_t before = writers.acknowledged();
    ASSERT_TRUE(
        server.WaitForLog("\"keys_rewrapped\"", from, absl::Seconds(30)));
    fs::remove(key_file + ".old");
    ASSERT_TRUE(
        writers.WaitForAcknowledged(before + kWriters, absl::Seconds(20)));
  }
  writers.Stop();
  EXPECT_THAT(writers.failures(), IsEmpty());
  StopInOrder(&server);
  ASSERT_TRUE(server.Start());  // with the last key alone
  StopInOrder(&server);
  const StoreContent content = ReadStore(server.store_path());
  const Comparison comparison = Compare(writers.journal(), content);
  EXPECT_EQ(comparison.lost, 0);
  EXPECT_EQ(comparison.duplicated, 0);
  EXPECT_THAT(content.journal, IsOk());
  std::cout << writers.acknowledged() << " changes acknowledged" << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
