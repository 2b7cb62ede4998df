// Every move of every machine in every state that does not admit it. The
// expectation is read from the contract, not from the server. Files have a
// table of their own: case_stages_test.cc.

#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/document.pb.h"
#include "passerelle/v1/emergency_access.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/legal_hold.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "tests/rpc/evidence.h"
#include "tests/rpc/rows.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
namespace pb = ::passerelle::v1;
using google::protobuf::Descriptor;
using google::protobuf::EnumDescriptor;

bool Ended(const EnumDescriptor& states, const std::string& state) {
  return states.FindValueByName(state)->options().GetExtension(
             options::phase) == options::ENDED;
}

template <typename List>
bool Lists(const List& from, const EnumDescriptor& states,
           const std::string& state) {
  for (const std::string& name : from) {
    if (name == state || (name == "*" && !Ended(states, state))) return true;
  }
  return false;
}

struct Move {
  std::string method;
  std::string who;
  bool admitted = false;
};

// The moves of a kind, and whether the contract admits them in `state`.
std::vector<Move> MovesOf(const Descriptor* kind, const EnumDescriptor& states,
                          const std::string& state,
                          const std::map<std::string, std::string>& callers) {
  std::vector<Move> moves;
  for (const Row& row : Rows()) {
    const auto* method = FindMethod(row.method);
    const auto& transition =
        method->options().GetExtension(options::transition);
    if (method->output_type() != kind || transition.from().empty()) continue;
    moves.push_back(
        {row.method, row.who, Lists(transition.from(), states, state)});
  }
  const auto& process = kind->options().GetExtension(options::exchange_kind);
  const std::map<std::string, options::AdministrativeVerb> verbs = {
      {"RemindExchange", options::REMIND},
      {"AskClarification", options::ASK_CLARIFICATION},
      {"AnswerClarification", options::ANSWER_CLARIFICATION},
      {"InvalidateExchange", options::INVALIDATE},
      {"WithdrawExchange", options::WITHDRAW},
      {"RequestCloseExchange", options::REQUEST_CLOSE},
      {"CloseExchange", options::CLOSE},
      {"ReopenExchange", options::REOPEN}};
  if (process.version() == 0) return moves;
  for (const auto& [method, verb] : verbs) {
    bool admitted = false;
    for (const auto& move : process.administrative()) {
      if (move.verb() == verb) admitted = Lists(move.from(), states, state);
    }
    const auto caller = callers.find(method);
    moves.push_back(
        {method, caller == callers.end() ? RowOf(method).who : caller->second,
         admitted});
  }
  return moves;
}

class WrongState : public ::testing::Test {
 protected:
  // Tries every move in `state`; returns how many were refused.
  int TryAll(const std::string& wanted, const std::string& state,
             const Descriptor* kind, const EnumDescriptor& states,
             const std::map<std::string, std::string>& callers = {}) {
    const Target target = Bring(server_, absl::StrCat(wanted, ":", state));
    int refused = 0;
    const std::string watcher = wanted == "visit" ? "iom-ma/ro"
                                : wanted == "emergency" || wanted == "hold"
                                    ? "iom-tn/dp"
                                    : "iom-tn/cm";
    const Reply before = Look(server_, watcher, target.name);
    EXPECT_THAT(before, IsOk());
    // What was never sent exists for its initiator alone.
    const bool hidden = state == "DRAFT";
    for (const Move& move : MovesOf(kind, states, state, callers)) {
      if (move.admitted) continue;
      SCOPED_TRACE(absl::StrCat(wanted, ":", state, " ", move.method));
      const Reply reply = Send(
          server_, move.who, move.method,
          *MakeRequest(move.method, RowOf(move.method).text, target.words()));
      // Who was never shown the file under it has nothing to confirm.
      const bool foreign = (move.who.substr(0, 6) == "iom-ma" && hidden) ||
                           move.method == "ConfirmRecall";
      evidence_.Refused(move.method, reply,
                        foreign ? "NOT_VISIBLE" : "STATE_FORBIDS");
      if (!foreign) {
        EXPECT_EQ(DetailsOf(reply.status).metadata["state"], state);
      }
      EXPECT_EQ(Look(server_, watcher, target.name).bytes, before.bytes);
      ++refused;
    }
    return refused;
  }

  TestServer server_;
  Evidence evidence_{server_};
};

TEST_F(WrongState, OfAConsent) {
  EXPECT_GT(TryAll("consent", "WITHDRAWN", pb::Consent::descriptor(),
                   *pb::Consent::State_descriptor()),
            0);
  evidence_.Compare();
}

TEST_F(WrongState, OfAnEmergencyAccess) {
  const EnumDescriptor& states = *pb::EmergencyAccess::State_descriptor();
  const auto* kind = pb::EmergencyAccess::descriptor();
  EXPECT_EQ(TryAll("emergency", "REVIEWED", kind, states), 1);
  EXPECT_EQ(TryAll("emergency", "REVIEW_OVERDUE", kind, states), 0);
  evidence_.Compare();
}

TEST_F(WrongState, OfALegalHold) {
  const EnumDescriptor& states = *pb::LegalHold::State_descriptor();
  int refused = 0;
  for (int i = 1; i < states.value_count(); ++i) {
    refused += TryAll("hold", states.value(i)->name(),
                      pb::LegalHold::descriptor(), states);
  }
  EXPECT_EQ(refused, 15);  // of 5 states × 4 moves, 5 admitted
  evidence_.Compare();
}

TEST_F(WrongState, OfADocument) {
  int refused = 0;
  const EnumDescriptor& states = *pb::Document::State_descriptor();
  for (int i = 1; i < states.value_count(); ++i) {
    refused += TryAll("document", states.value(i)->name(),
                      pb::Document::descriptor(), states);
  }
  EXPECT_EQ(refused, 5);  // of 4 states × 2 moves
  evidence_.Compare();
}

TEST_F(WrongState, OfAStudy) {
  int refused = 0;
  const EnumDescriptor& states = *pb::FeasibilityStudy::State_descriptor();
  for (int i = 1; i < states.value_count(); ++i) {
    refused += TryAll("study", states.value(i)->name(),
                      pb::FeasibilityStudy::descriptor(), states);
  }
  EXPECT_GT(refused, 180);  // of 15 states × 17 moves
  evidence_.Compare();
}

TEST_F(WrongState, OfAVisit) {
  int refused = 0;
  const EnumDescriptor& states = *pb::MonitoringVisit::State_descriptor();
  // Who stands where in a visit: the origin mission asked for it.
  const std::map<std::string, std::string> callers = {
      {"RemindExchange", "iom-ma/ro"},
      {"AskClarification", "iom-tn/fp"},
      {"AnswerClarification", "iom-ma/fp"},
      {"InvalidateExchange", "iom-ma/me"},
      {"WithdrawExchange", "iom-ma/ro"},
      {"RequestCloseExchange", "iom-tn/cm"},
      {"CloseExchange", "iom-ma/me"},
      {"ReopenExchange", "iom-ma/me"}};
  for (int i = 1; i < states.value_count(); ++i) {
    refused += TryAll("visit", states.value(i)->name(),
                      pb::MonitoringVisit::descriptor(), states, callers);
  }
  EXPECT_GT(refused, 70);  // of 9 states × 12 moves
  evidence_.Compare();
}

}  // namespace
}  // namespace passerelle::testing
