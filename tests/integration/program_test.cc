// passerelled as a program: what it says, what it refuses, what it exits with.
#include <signal.h>
#include <sys/stat.h>

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "passerelle/v1/exchange.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/integration/echo_server.h"
#include "tests/support/arrange.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::Not;

const std::vector<std::string>& Services() {
  static const auto* const services =
      new std::vector<std::string>{"passerelle.v1.CaseService",
                                   "passerelle.v1.ConsentService",
                                   "passerelle.v1.DirectoryService",
                                   "passerelle.v1.ExchangeService",
                                   "passerelle.v1.FeasibilityStudyService",
                                   "passerelle.v1.MailboxService",
                                   "passerelle.v1.MonitoringVisitService",
                                   "passerelle.v1.PlanService"};
  return *services;
}

bool Exists(const std::string& path) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0;
}

// Runs to its end. Returns: the exit status.
int RunToEnd(ServerProcess& server, const std::vector<std::string>& arguments) {
  server.Spawn(arguments);
  return server.Wait(absl::Seconds(20));
}

TEST(ProgramTest, HealthIsToldForEachService) {
  ServerProcess server;
  ASSERT_TRUE(server.Start());
  client::Client& client = server.As("platform", "operator");
  EXPECT_THAT(client.CheckHealth(""), IsOk());
  for (const std::string& service : Services()) {
    const auto serving = client.CheckHealth(service);
    ASSERT_THAT(serving, IsOk()) << service;
    EXPECT_TRUE(*serving) << service;
  }
  EXPECT_THAT(client.CheckHealth("passerelle.v1.NoService"),
              StatusIs(absl::StatusCode::kNotFound));
}

TEST(ProgramTest, ReflectionAnswersOnlyWhenConfigured) {
  constexpr char kMethod[] =
      "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo";
  const std::string list_services("\x3a\x00", 2);  // list_services: ""
  const auto ask = [&](const ServerProcess& server) {
    return Call(
        Connect(server.port(), TestPki::Shared().Client("platform", "batch")),
        kMethod, list_services);
  };
  ServerProcess silent;
  ASSERT_TRUE(silent.Start());
  EXPECT_EQ(ask(silent).status.error_code(), grpc::StatusCode::UNIMPLEMENTED);
  ServerProcess open(ServerProcess::Settings{{"server.reflection", "true"}});
  ASSERT_TRUE(open.Start());
  const CallResult answer = ask(open);
  EXPECT_TRUE(answer.status.ok()) << answer.status.error_message();
  for (const std::string& service : Services()) {
    EXPECT_THAT(answer.reply, HasSubstr(service));
  }
}

TEST(ProgramTest, EveryConfigurationErrorIsToldAtOnce) {
  ServerProcess server(
      ServerProcess::Settings{{"listen.port", "\"high\""},
                              {"limits.burst", "0"},
                              {"limits.typo", "1"},
                              {"tls.poll_interval", "\"1ms\""}});
  for (const auto& arguments :
       {std::vector<std::string>{"--check_config"}, {"--migrate_only"}, {}}) {
    const size_t from = server.log().size();
    EXPECT_EQ(RunToEnd(server, arguments), 1);
    const std::string told = server.log().substr(from);
    EXPECT_THAT(told, AllOf(HasSubstr("[listen] port: must be a whole number"),
                            HasSubstr("[limits] burst: must be between"),
                            HasSubstr("[limits] typo: unknown key"),
                            HasSubstr("[tls] poll_interval: must be between")));
  }
  EXPECT_FALSE(Exists(server.store_path()));
}

TEST(ProgramTest, SoundConfigurationIsCheckedWithoutEffect) {
  ServerProcess server;
  EXPECT_EQ(RunToEnd(server, {"--check_config"}), 0);
  EXPECT_THAT(server.log(), HasSubstr("sound"));
  EXPECT_FALSE(Exists(server.store_path()));
  EXPECT_EQ(RunToEnd(server, {"--version"}), 0);
}

TEST(ProgramTest, WrongArgumentsAreUsageErrors) {
  ServerProcess server;
  EXPECT_EQ(RunToEnd(server, {"--no_such_option"}), 2);
  EXPECT_EQ(RunToEnd(server, {"stray"}), 2);
}

TEST(ProgramTest, MissingConfigurationIsToldByName) {
  ServerProcess server;
  ASSERT_EQ(std::remove(server.config_path().c_str()), 0);
  EXPECT_EQ(RunToEnd(server, {}), 1);
  EXPECT_THAT(server.log(), HasSubstr(server.config_path()));
}

TEST(ProgramTest, MigrateOnlyMakesTheStoreAndStops) {
  ServerProcess server;
  EXPECT_EQ(RunToEnd(server, {"--migrate_only"}), 0) << server.log();
  struct stat info {};
  ASSERT_EQ(stat(server.store_path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
  EXPECT_EQ(RunToEnd(server, {"--migrate_only"}), 0) << server.log();
  ASSERT_TRUE(server.Start());
}

TEST(ProgramTest, SecondServerOnTheSameStoreIsRefused) {
  ServerProcess first;
  ASSERT_TRUE(first.Start());
  ServerProcess second(ServerProcess::Settings{
      {"store.path", "\"" + first.store_path() + "\""},
      {"vault.key_file", "\"" + first.store_path() + ".key\""},
      {"vault.key_store", "\"" + first.store_path() + ".keys\""},
      {"vault.erasure_ledger", "\"" + first.store_path() + ".erasures\""}});
  EXPECT_EQ(RunToEnd(second, {}), 1);
  EXPECT_THAT(second.log(), HasSubstr(first.store_path()));
  EXPECT_EQ(RunToEnd(second, {"--migrate_only"}), 1);
  // The first is not disturbed, and its place is free once it has ended.
  EXPECT_THAT(first.As("platform", "operator").CheckHealth(""), IsOk());
  first.Kill();
  EXPECT_TRUE(second.Start());
}

TEST(ProgramTest, SecondServerOnTheSamePortIsRefused) {
  ServerProcess first;
  ASSERT_TRUE(first.Start());
  ServerProcess second(
      ServerProcess::Settings{{"listen.port", absl::StrCat(first.port())}});
  EXPECT_EQ(RunToEnd(second, {}), 1);
  EXPECT_THAT(second.log(), HasSubstr(absl::StrCat(first.port())));
}

TEST(ProgramTest, FaultyFilesPreventTheStartWithAWordWhy) {
  const struct {
    const char* key;
    const char* content;
  } faults[] = {{"tls.certificate", "rubbish"},
                {"tls.key", ""},
                {"tls.client_ca", "rubbish"},
                {"revocation.file", "nonsense here\n"},
                {"calendars.file", "[[["}};
  for (const auto& fault : faults) {
    const TempDir scratch;
    const std::string path = scratch.path() + "/faulty";
    WriteFileOrDie(path, fault.content);
    ServerProcess server(
        ServerProcess::Settings{{fault.key, "\"" + path + "\""}});
    EXPECT_EQ(RunToEnd(server, {}), 1) << fault.key;
    EXPECT_THAT(server.log(), HasSubstr("passerelled: ")) << fault.key;
    EXPECT_FALSE(Exists(server.dir() + "/tls")) << fault.key;
  }
}

TEST(ProgramTest, FailedHandshakesAreCountedByCauseWithoutAddresses) {
  TestPki& pki = TestPki::Shared();
  ServerProcess server;
  ASSERT_TRUE(server.Start());
  const auto fails =
      [&](std::shared_ptr<grpc::ChannelCredentials> credentials) {
        EXPECT_EQ(Call(Connect(server.port(), std::move(credentials)), "/a/b")
                      .status.error_code(),
                  grpc::StatusCode::UNAVAILABLE);
      };
  const size_t from = server.log().size();
  fails(grpc::SslCredentials({.pem_root_certs = pki.ca(),
                              .pem_private_key = "",
                              .pem_cert_chain = ""}));
  ASSERT_TRUE(server.WaitForLog("peer did not return a certificate", from,
                                absl::Seconds(5)));
  // Ten seconds later what came meanwhile is told, in one line for each cause.
  const KeyPair foreign =
      TestPki().Issue({.uri = "spiffe://passerelle.test/mission/iom-tn/batch"});
  for (int i = 0; i < 20; ++i) {
    fails(grpc::InsecureChannelCredentials());
    fails(grpc::SslCredentials({.pem_root_certs = pki.ca(),
                                .pem_private_key = foreign.key,
                                .pem_cert_chain = foreign.certificate}));
  }
  ASSERT_TRUE(
      server.WaitForLog("certificate verify failed", from, absl::Seconds(20)));
  ASSERT_TRUE(
      server.WaitForLog("wrong version number", from, absl::Seconds(5)));
  const std::string log = server.log().substr(from);
  int lines = 0;
  for (const absl::string_view line :
       absl::StrSplit(log, '\n', absl::SkipEmpty())) {
    lines += absl::StrContains(line, "tls_handshakes_failed") ? 1 : 0;
    EXPECT_TRUE(line.front() == '{' && line.back() == '}') << line;
  }
  EXPECT_LE(lines, 4);
  EXPECT_THAT(log, Not(HasSubstr("127.0.0.1")));
}

// R26: whatever happens, a log names no person and no file.
TEST(ProgramTest, LogsCarryNoPersonalData) {
  const std::vector<std::string> canaries = {
      "Kanarigiven",  "Kanarifamily", "Kanariregion", "Kanariquestion",
      "Kanarianswer", "Kanariplan",   "Kanarireason", "Kanarireference",
      "1994-03",      "cases/"};
  ServerProcess server(ServerProcess::Settings{{"log.level", "\"debug\""}});
  ASSERT_TRUE(server.Start());
  server.Register();
  client::Client& host = server.As("iom-tn", "cm");
  client::Client& origin = server.As("iom-ma", "ro");
  pb::CreateCaseRequest create;
  *create.mutable_case_() = SampleCase();
  create.mutable_case_()->set_external_reference("Kanarireference");
  create.mutable_case_()->mutable_principal()->set_given_name("Kanarigiven");
  create.mutable_case_()->mutable_principal()->set_family_name("Kanarifamily");
  create.mutable_case_()->mutable_principal()->set_return_region(
      "Kanariregion");
  EXPECT_THAT(
      host.Call<pb::Case>("passerelle.v1.CaseService/CreateCase", create),
      IsOk());
  // Refused for a field, for the officer, for the state, for its size.
  create.mutable_case_()->mutable_principal()->set_nationality("Kanarigiven");
  EXPECT_THAT(
      host.Call<pb::Case>("passerelle.v1.CaseService/CreateCase", create),
      HasReason("FIELD_INVALID"));
  EXPECT_THAT(
      server.As("iom-tn", "Kanarigiven")
          .Call<pb::Case>("passerelle.v1.CaseService/CreateCase", create),
      HasReason("OFFICER_NOT_AUTHORIZED"));
  create.mutable_case_()->mutable_principal()->set_given_name(
      absl::StrCat("Kanarigiven", std::string(70000, 'x')));
  EXPECT_THAT(
      host.Call<pb::Case>("passerelle.v1.CaseService/CreateCase", create),
      HasReason("REQUEST_TOO_LARGE"));
  const ArrangedFile file = ProposedFile(host);
  const pb::FeasibilityStudy study = RequestedStudy(host, file);
  pb::AskClarificationRequest ask;
  ask.set_name(study.name());
  ask.set_question("Kanariquestion");
  EXPECT_THAT(origin.Call<pb::ExchangeView>(
                  "passerelle.v1.ExchangeService/AskClarification", ask),
              HasReason("STATE_FORBIDS"));
  pb::AssignFeasibilityStudyRequest assign;
  assign.set_name(study.name());
  EXPECT_THAT(
      origin.Call<pb::FeasibilityStudy>(
          "passerelle.v1.FeasibilityStudyService/AssignFeasibilityStudy",
          assign),
      IsOk());
  EXPECT_THAT(origin.Call<pb::ExchangeView>(
                  "passerelle.v1.ExchangeService/AskClarification", ask),
              IsOk());
  pb::AnswerClarificationRequest answer;
  answer.set_name(study.name());
  answer.set_answer("Kanarianswer");
  EXPECT_THAT(host.Call<pb::ExchangeView>(
                  "passerelle.v1.ExchangeService/AnswerClarification", answer),
              IsOk());
  pb::CreatePlanRequest plan;
  plan.set_parent(file.name);
  *plan.mutable_plan() = SamplePlan();
  plan.mutable_plan()->set_outline("Kanariplan");
  EXPECT_THAT(host.Call<pb::Plan>("passerelle.v1.PlanService/CreatePlan", plan),
              IsOk());
  // Bytes that are no message, and the hostile end of a connection.
  const auto channel =
      Connect(server.port(), TestPki::Shared().Client("iom-tn", "batch"));
  EXPECT_FALSE(
      Call(channel, "/passerelle.v1.CaseService/CreateCase", "\x0aKanarifamily")
          .status.ok());
  EXPECT_FALSE(
      Call(channel, "/passerelle.v1.CaseService/Kanarifamily").status.ok());
  server.Kill();
  ASSERT_TRUE(server.Start());
  server.Signal(SIGTERM);
  server.Signal(SIGINT);
  EXPECT_EQ(server.Wait(absl::Seconds(20)), 0);
  const std::string log = server.log();
  EXPECT_THAT(log, HasSubstr("\"event\":\"serving\""));
  for (const std::string& canary : canaries) {
    EXPECT_THAT(log, Not(HasSubstr(canary)));
  }
  // Every line is one JSON object.
  for (const absl::string_view line :
       absl::StrSplit(log, '\n', absl::SkipEmpty())) {
    EXPECT_TRUE(line.front() == '{' && line.back() == '}') << line;
  }
}

}  // namespace
}  // namespace passerelle::testing
