// What the command line makes of the contract: names, options, help.

#include <map>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "clients/cli/flags.h"
#include "clients/cli/naming.h"
#include "clients/cli/text.h"
#include "gmock/gmock.h"
#include "google/protobuf/descriptor.pb.h"
#include "gtest/gtest.h"

namespace passerelle::cli {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;

std::map<std::string, Command> Commands() {
  std::map<std::string, Command> commands;
  for (const Command& command : CommandsOf(Contract::Embedded())) {
    commands[absl::StrCat(command.noun, " ", command.verb)] = command;
  }
  return commands;
}

std::vector<Flag> FlagsOfCommand(const std::string& name) {
  return FlagsOf(Commands().at(name).method->input_type());
}

std::set<std::string> NamesOf(const std::vector<Flag>& flags) {
  std::set<std::string> names;
  for (const Flag& flag : flags) {
    names.insert(flag.names.begin(), flag.names.end());
  }
  return names;
}

TEST(NamingTest, EveryMethodHasACommandOfItsOwn) {
  size_t methods = 0;
  for (const auto* service : Contract::Embedded().services()) {
    methods += static_cast<size_t>(service->method_count());
  }
  EXPECT_GT(methods, 40);
  EXPECT_EQ(Commands().size(), methods);
}

TEST(NamingTest, NamesFollowTheRule) {
  const auto commands = Commands();
  const std::map<std::string, std::string> expected = {
      {"officer get", "GetOfficer"},
      {"mission update", "UpdateMission"},
      {"case confirm-arrival", "ConfirmArrival"},
      {"consent withdraw", "WithdrawConsent"},
      {"plan list", "ListPlans"},
      {"feasibility-study list", "ListFeasibilityStudies"},
      {"feasibility-study request", "RequestFeasibilityStudy"},
      {"feasibility-study start-field-check", "StartFieldCheck"},
      {"feasibility-study submit-opinion", "SubmitFeasibilityOpinion"},
      {"monitoring-visit record-attempt", "RecordVisitAttempt"},
      {"exchange ask-clarification", "AskClarification"},
      {"exchange request-close", "RequestCloseExchange"},
      {"mailbox watch", "WatchMailbox"}};
  for (const auto& [name, method] : expected) {
    ASSERT_TRUE(commands.contains(name)) << name;
    EXPECT_EQ(commands.at(name).method->name(), method);
  }
}

TEST(NamingTest, NoResourceTakesABuiltInNoun) {
  for (const auto& [name, command] : Commands()) {
    EXPECT_THAT(BuiltInNouns(), Not(Contains(command.noun))) << name;
  }
}

TEST(NamingTest, EveryExchangeCanBeReadAgain) {
  const auto commands = Commands();
  for (const auto& [name, command] : commands) {
    if (!IsExchange(command.method->output_type())) continue;
    ASSERT_TRUE(commands.contains(command.noun + " get")) << name;
    EXPECT_EQ(commands.at(command.noun + " get").method->output_type(),
              command.method->output_type());
  }
}

TEST(NamingTest, EveryCommandHasHelp) {
  for (const auto& [name, command] : Commands()) {
    EXPECT_NE(FirstSentence(CommentOf(command.method)), "") << name;
    for (const Flag& flag : FlagsOf(command.method->input_type())) {
      EXPECT_NE(flag.help, "") << name << " " << flag.field()->full_name();
    }
  }
}

TEST(FlagsTest, NoOptionIsTakenTwice) {
  for (const auto& [command, value] : Commands()) {
    std::set<std::string> names(GlobalFlagNames().begin(),
                                GlobalFlagNames().end());
    for (const Flag& flag : FlagsOf(value.method->input_type())) {
      for (const std::string& name : flag.names) {
        EXPECT_TRUE(names.insert(name).second) << command << " --" << name;
      }
    }
  }
}

TEST(FlagsTest, EveryFieldOfARequestCanBeGiven) {
  for (const auto& [command, value] : Commands()) {
    const auto* request = value.method->input_type();
    std::set<const google::protobuf::FieldDescriptor*> covered;
    for (const Flag& flag : FlagsOf(request)) {
      covered.insert(flag.path.begin(), flag.path.end());
    }
    for (int i = 0; i < request->field_count(); ++i) {
      EXPECT_TRUE(covered.contains(request->field(i)))
          << command << " " << request->field(i)->name();
    }
  }
}

TEST(FlagsTest, NamesOfRequestAndResourceArePositional) {
  EXPECT_EQ(FlagsOfCommand("case get").front().positional, "NAME");
  EXPECT_EQ(FlagsOfCommand("plan list").front().positional, "PARENT");
  std::vector<std::string> positionals;
  for (const Flag& flag : FlagsOfCommand("case update")) {
    if (!flag.positional.empty()) positionals.push_back(flag.positional);
  }
  EXPECT_THAT(positionals, ElementsAre("NAME"));
}

TEST(FlagsTest, TheResourcesPrefixMayBeLeftOut) {
  const auto names = NamesOf(FlagsOfCommand("case create"));
  EXPECT_THAT(names, Contains("case.principal.given-name"));
  EXPECT_THAT(names, Contains("principal.given-name"));
  EXPECT_THAT(NamesOf(FlagsOfCommand("feasibility-study submit-opinion")),
              Contains("scores.market"));
}

TEST(FlagsTest, WhatTheServerSetsHasNoOption) {
  const auto names = NamesOf(FlagsOfCommand("case create"));
  EXPECT_THAT(names, Not(Contains("case.stage")));
  EXPECT_THAT(names, Not(Contains("case.name")));
  EXPECT_THAT(names, Not(Contains("case.create-time")));
  // An update's own etag is not the resource's.
  EXPECT_THAT(NamesOf(FlagsOfCommand("case update")), Contains("etag"));
  EXPECT_THAT(NamesOf(FlagsOfCommand("case update")),
              Not(Contains("case.origin-mission")));
}

TEST(ContractTest, ReasonsAreExplained) {
  const std::string help = Contract::Embedded().ReasonHelp("ETAG_MISMATCH");
  EXPECT_EQ(help,
            "The resource changed since it was read. Read it again and decide "
            "anew.");
  EXPECT_THAT(Contract::Embedded().ReasonHelp("NO_SUCH"), IsEmpty());
}

TEST(ContractTest, ASetThatDoesNotHangTogetherIsRefused) {
  google::protobuf::FileDescriptorSet set;
  set.add_file()->set_name("a.proto");
  set.mutable_file(0)->add_dependency("missing.proto");
  EXPECT_EQ(Contract::Create(set), nullptr);
}

TEST(TextTest, FirstSentenceEndsAtAStopBeforeACapital) {
  EXPECT_EQ(FirstSentence("Takes e.g. two. And more."), "Takes e.g. two");
  EXPECT_EQ(FirstSentence("One line\nand another."), "One line");
  EXPECT_EQ(FirstSentence(""), "");
}

TEST(TextTest, ControlAndInvisibleCharactersAreShown) {
  EXPECT_EQ(Harmless("a\x1b[31mb\r\n\t\x7f"), "a\\x1b[31mb\\x0d\\n\\t\\x7f");
  EXPECT_EQ(Harmless("\xe2\x80\xae"), "\\u202e");
  EXPECT_EQ(Harmless("\xc2\x9b"), "\\x9b");
  EXPECT_EQ(Harmless("\xff\xc0\x80"), "\\xff\\xc0\\x80");
  EXPECT_EQ(Harmless("Fès محمد 王"), "Fès محمد 王");
}

}  // namespace
}  // namespace passerelle::cli
