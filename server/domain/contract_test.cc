#include "server/domain/contract.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "common/resource_name.h"
#include "gmock/gmock.h"
#include "google/api/resource.pb.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "server/domain/redaction.h"
#include "server/domain/testing/test_contract.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::Contains;
using ::testing::ElementsAre;
using Shape = MethodSpec::Shape;

const MethodSpec* Method(const std::string& name) {
  for (const MethodSpec* method : TestContract().AllMethods()) {
    if (method->descriptor->name() == name) return method;
  }
  ADD_FAILURE() << "no method " << name;
  return nullptr;
}

uint64_t States(std::initializer_list<int> states) {
  uint64_t bits = 0;
  for (const int state : states) bits |= uint64_t{1} << state;
  return bits;
}

TEST(ContractTest, EveryMethodIsResolved) {
  const auto methods = TestContract().AllMethods();
  EXPECT_GT(methods.size(), 50u);
  for (const MethodSpec* method : methods) {
    SCOPED_TRACE(method->full_name);
    EXPECT_NE(method->effect, options::EFFECT_UNSPECIFIED);
    EXPECT_NE(method->purpose, options::PURPOSE_UNSPECIFIED);
    EXPECT_EQ(method->request_id != nullptr, method->effect == options::CHANGE);
    const bool guarded =
        method->shape != Shape::kMail && method->shape != Shape::kEvidence;
    EXPECT_EQ(method->kind != nullptr,
              guarded && method->shape != Shape::kExchangeVerb);
    EXPECT_EQ(method->verbs != nullptr, guarded);
    switch (method->shape) {
      case Shape::kGet:
      case Shape::kGetPart:
      case Shape::kVerb:
      case Shape::kExchangeVerb:
        EXPECT_NE(method->name, nullptr);
        EXPECT_EQ(method->resource, nullptr);
        break;
      case Shape::kList:
        EXPECT_NE(method->page_size, nullptr);
        EXPECT_NE(method->page_token, nullptr);
        EXPECT_EQ(method->parent != nullptr, !method->kind->is_root());
        break;
      case Shape::kCreate:
        EXPECT_NE(method->resource, nullptr);
        EXPECT_EQ(method->parent != nullptr, !method->kind->is_root());
        // Either the server or the caller chooses the id.
        EXPECT_EQ(method->resource_id != nullptr, method->kind->letter.empty());
        break;
      case Shape::kUpdate:
        EXPECT_NE(method->resource, nullptr);
        EXPECT_NE(method->update_mask, nullptr);
        EXPECT_NE(method->etag, nullptr);
        break;
      case Shape::kMail:
      case Shape::kEvidence:
        break;
    }
    if (method->shape == Shape::kVerb) {
      EXPECT_NE(method->etag, nullptr);
    }
    if (method->transition != nullptr) {
      EXPECT_EQ(method->from_states == 0, method->shape == Shape::kCreate);
      // What does not create may need a state and stay in it.
      EXPECT_TRUE(!method->to_states.empty() ||
                  method->shape != Shape::kCreate);
    }
  }
}

// A caller who reads nothing but the contract must get what it promises.
TEST(ContractTest, NoFieldOfAnAnswerIsClearedForWantOfAClass) {
  for (const MethodSpec* method : TestContract().AllMethods()) {
    if (method->kind == nullptr) continue;
    const auto* prototype =
        google::protobuf::MessageFactory::generated_factory()->GetPrototype(
            method->kind->message);
    const std::unique_ptr<google::protobuf::Message> message(prototype->New());
    const auto* reflection = message->GetReflection();
    // Every field of the resource, and of messages right below it, populated.
    for (int i = 0; i < method->kind->message->field_count(); ++i) {
      const auto* field = method->kind->message->field(i);
      if (field->is_repeated() || field->message_type() == nullptr) continue;
      auto* child = reflection->MutableMessage(message.get(), field);
      for (int j = 0; j < field->message_type()->field_count(); ++j) {
        const auto* below = field->message_type()->field(j);
        if (below->type() == google::protobuf::FieldDescriptor::TYPE_STRING &&
            !below->is_repeated()) {
          child->GetReflection()->SetString(child, below, "x");
        }
      }
    }
    const std::string before = message->SerializeAsString();
    Redactor(method->kind->message)
        .Redact({.classes = ~EnumSet{0}, .roles = ~EnumSet{0}}, message.get());
    EXPECT_EQ(message->SerializeAsString(), before) << method->full_name;
  }
}

TEST(ContractTest, Shapes) {
  EXPECT_EQ(Method("GetCase")->shape, Shape::kGet);
  EXPECT_EQ(Method("ListCases")->shape, Shape::kList);
  EXPECT_EQ(Method("CreateCase")->shape, Shape::kCreate);
  EXPECT_EQ(Method("UpdateCase")->shape, Shape::kUpdate);
  EXPECT_EQ(Method("ProposeCase")->shape, Shape::kVerb);
  EXPECT_EQ(Method("WithdrawConsent")->shape, Shape::kVerb);
  EXPECT_EQ(Method("RemindExchange")->shape, Shape::kExchangeVerb);
  EXPECT_EQ(Method("RemindExchange")->administrative, options::REMIND);
}

TEST(ContractTest, StatesOfTransitions) {
  const MethodSpec* propose = Method("ProposeCase");
  EXPECT_EQ(propose->from_states,
            States({pb::Case::REGISTERED, pb::Case::DECLINED,
                    pb::Case::SELF_PRESENTED}));
  EXPECT_EQ(propose->variants, Bit(pb::Case::INBOUND));
  EXPECT_THAT(propose->to_states, ElementsAre(pb::Case::PROPOSED));
  const MethodSpec* attempt = Method("RecordVisitAttempt");
  EXPECT_THAT(attempt->to_states,
              ElementsAre(pb::MonitoringVisit::ATTEMPTED,
                          pb::MonitoringVisit::UNREACHABLE));
  // A star is every stage that has not ended.
  const MethodSpec* update = Method("UpdateCase");
  const uint64_t ended =
      States({pb::Case::CLOSED, pb::Case::WITHDRAWN, pb::Case::PERSON_DECEASED,
              pb::Case::ADMIN_CLOSED, pb::Case::ERASED});
  uint64_t all = 0;
  for (int i = 1; i < pb::Case::Stage_descriptor()->value_count(); ++i) {
    all |= States({pb::Case::Stage_descriptor()->value(i)->number()});
  }
  EXPECT_EQ(update->from_states, all & ~ended);
  EXPECT_EQ(update->variants, 0u);
  EXPECT_TRUE(update->to_states.empty());
  EXPECT_EQ(Method("GetCase")->transition, nullptr);
}

TEST(ContractTest, AccessBecomesSets) {
  const MethodSpec* accept = Method("AcceptCase");
  EXPECT_EQ(accept->case_roles, Bit(options::HOST) | Bit(options::ORIGIN));
  EXPECT_EQ(accept->except_case_roles, Bit(options::OWNER));
  EXPECT_EQ(accept->officer_roles, Bit(options::FOCAL_POINT));
  EXPECT_EQ(accept->mission_kinds, 0u);
  EXPECT_EQ(Method("CreateCase")->mission_kinds, Bit(options::IOM_MISSION));
}

TEST(ContractTest, EveryKindIsFoundByCollectionNameAndType) {
  const Contract& contract = TestContract();
  EXPECT_EQ(contract.kinds().size(), 9u);
  std::vector<std::string> letters;
  for (const auto& kind : contract.kinds()) {
    SCOPED_TRACE(kind->type);
    EXPECT_EQ(contract.KindOf(kind->root_collection, kind->collection),
              kind.get());
    EXPECT_EQ(contract.KindOfType(kind->type), kind.get());
    const std::string root = RootName(kind->root_collection, "x1");
    EXPECT_EQ(
        contract.KindOfName(
            kind->is_root() ? root : ChildName(root, kind->collection, "y1")),
        kind.get());
    EXPECT_NE(kind->name, nullptr);
    EXPECT_NE(kind->etag, nullptr);
    if (!kind->letter.empty()) {
      EXPECT_THAT(letters, ::testing::Not(Contains(kind->letter)));
      letters.push_back(kind->letter);
    }
  }
  EXPECT_EQ(contract.KindOfName("cases"), nullptr);
  EXPECT_EQ(contract.KindOfName("cases/c1/nothings/n1"), nullptr);
  EXPECT_EQ(contract.KindOfName("nothings/n1"), nullptr);
  EXPECT_EQ(contract.KindOfType("passerelle/Nothing"), nullptr);
  EXPECT_EQ(contract.Methods("passerelle.v1.NothingService"), nullptr);
}

TEST(ContractTest, AnExchangeHasItsProcess) {
  const KindSpec* study = TestContract().KindOf("cases", "feasibilityStudies");
  ASSERT_NE(study, nullptr);
  ASSERT_TRUE(study->is_exchange());
  EXPECT_EQ(study->process->version(), 1u);
  using Study = pb::FeasibilityStudy;
  EXPECT_EQ(study->PhaseOf(Study::DRAFT), options::DRAFT);
  EXPECT_EQ(study->PhaseOf(Study::OPINION), options::DECIDED);
  EXPECT_EQ(study->PhaseOf(99), options::PHASE_UNSPECIFIED);
  EXPECT_EQ(study->PhaseOf(-1), options::PHASE_UNSPECIFIED);
  EXPECT_EQ(study->StateName(Study::REQUESTED), "REQUESTED");
  EXPECT_EQ(study->StateName(0), "");
  EXPECT_EQ(study->StateName(99), "");

  const AdministrativeMove* ask = study->Find(options::ASK_CLARIFICATION);
  ASSERT_NE(ask, nullptr);
  ASSERT_NE(ask->method, nullptr);
  EXPECT_EQ(ask->method->descriptor->name(), "AskClarification");
  EXPECT_EQ(ask->from_states, States({Study::ASSIGNED, Study::FIELD_CHECK}));
  EXPECT_EQ(ask->to_state, Study::CLARIFICATION);
  const AdministrativeMove* answer = study->Find(options::ANSWER_CLARIFICATION);
  ASSERT_NE(answer, nullptr);
  EXPECT_EQ(answer->to_state, kPreviousState);
  const AdministrativeMove* remind = study->Find(options::REMIND);
  ASSERT_NE(remind, nullptr);
  EXPECT_EQ(remind->to_state, 0);

  ASSERT_EQ(study->timed.size(), 2u);
  EXPECT_EQ(study->timed[0].to_state, Study::LAPSED);
  EXPECT_EQ(study->timed[1].to_state, Study::EXPIRED);
}

TEST(ContractTest, AStarIsEveryStateThatHasNotEnded) {
  const KindSpec* visit = TestContract().KindOf("cases", "visits");
  ASSERT_NE(visit, nullptr);
  using Visit = pb::MonitoringVisit;
  const AdministrativeMove* invalidate = visit->Find(options::INVALIDATE);
  ASSERT_NE(invalidate, nullptr);
  EXPECT_EQ(invalidate->from_states,
            States({Visit::PLANNED, Visit::ATTEMPTED, Visit::VISITED,
                    Visit::SUBMITTED, Visit::VALIDATED}));
  EXPECT_EQ(visit->Find(options::REOPEN), nullptr);
}

TEST(ContractTest, AFileHasTwoLivesACoverAndTimers) {
  const KindSpec* file = TestContract().KindOf("cases", "cases");
  ASSERT_NE(file, nullptr);
  EXPECT_EQ(file->variant->name(), "direction");
  EXPECT_EQ(file->cover->name(), "protection_hold");
  EXPECT_EQ(file->covered_state, pb::Case::PROTECTION_HOLD);
  ASSERT_EQ(file->timers.size(), 2u);
  EXPECT_EQ(file->timers[0].from_states, States({pb::Case::PROPOSED}));
  EXPECT_EQ(file->timers[0].to_state, pb::Case::DECLINED);
  EXPECT_EQ(file->timers[0].calendar_days, 7u);
  EXPECT_EQ(file->timers[0].time_field, nullptr);
  // A reminder keeps the state.
  EXPECT_EQ(file->timers[1].from_states, States({pb::Case::ERASED}));
  EXPECT_EQ(file->timers[1].to_state, pb::Case::ERASED);
  EXPECT_EQ(file->timers[1].time_field->name(), "receipts_due_time");
  EXPECT_EQ(file->automatic.size(), 3u);
  EXPECT_EQ(file->create, Method("CreateCase"));
}

// Every state can be reached, and every state that has not ended can be left.
TEST(ContractTest, NoStateIsUnreachableOrADeadEnd) {
  for (const auto& kind : TestContract().kinds()) {
    if (!kind->is_exchange() && kind->variant == nullptr) continue;
    uint64_t reached = 0;
    uint64_t left = 0;
    for (const MethodSpec* method : TestContract().AllMethods()) {
      if (method->kind != kind.get() || method->transition == nullptr) continue;
      left |= method->from_states;
      for (const int state : method->to_states) reached |= States({state});
    }
    for (const AdministrativeMove& move : kind->administrative) {
      if (move.to_state > 0) reached |= States({move.to_state});
      if (move.to_state != 0) left |= move.from_states;
    }
    for (const TimedMove& move : kind->timed) {
      reached |= States({move.to_state});
      left |= move.from_states;
    }
    for (const ResourceMove& move : kind->automatic) {
      reached |= States({move.to_state});
    }
    for (int i = 0; i < kind->states->value_count(); ++i) {
      const int state = kind->states->value(i)->number();
      if (state == 0) continue;
      SCOPED_TRACE(kind->type + " " + kind->StateName(state));
      EXPECT_NE(reached & States({state}), 0u);
      if (kind->PhaseOf(state) != options::ENDED) {
        EXPECT_NE(left & States({state}), 0u);
      }
    }
  }
}

}  // namespace
}  // namespace passerelle::domain
