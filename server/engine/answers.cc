#include "server/engine/answers.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/lifecycle.h"
#include "server/engine/class_updates.h"
#include "server/engine/file.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using domain::EnumSet;
using google::protobuf::Message;

constexpr size_t kEtagBytes = 16;

std::vector<std::string> ActionsOf(const domain::KindSpec& kind,
                                   const Message& stored,
                                   const domain::Actor& actor,
                                   const domain::Relation& relation) {
  std::vector<std::string> actions =
      domain::AllowedActions(kind, domain::StateOf(kind, stored), actor,
                             relation.roles, domain::VariantOf(kind, stored));
  const pb::Exchange* header = domain::HeaderOf(kind, stored);
  if (header != nullptr && (header->awaited_mission().empty() ||
                            header->awaited_mission() == actor.mission)) {
    // Nobody reminds itself.
    actions.erase(std::remove(actions.begin(), actions.end(), "RemindExchange"),
                  actions.end());
  }
  return actions;
}

void SetActions(const domain::KindSpec& kind, std::vector<std::string> actions,
                Message* answer) {
  if (pb::Exchange* header = domain::MutableHeader(kind, answer)) {
    for (std::string& action : actions) {
      header->add_allowed_actions(std::move(action));
    }
  } else if (kind.allowed_actions != nullptr) {
    for (std::string& action : actions) {
      answer->GetReflection()->AddString(answer, kind.allowed_actions,
                                         std::move(action));
    }
  }
}

}  // namespace

Answers::Answers(const domain::Contract& contract, const Secrets& secrets)
    : secrets_(secrets) {
  for (const auto& kind : contract.kinds()) {
    redactors_[kind->message] =
        std::make_unique<domain::Redactor>(kind->message);
    if (kind->part == nullptr) continue;
    redactors_[kind->part->message] =
        std::make_unique<domain::Redactor>(kind->part->message);
  }
  redactors_[pb::ExchangeView::descriptor()] =
      std::make_unique<domain::Redactor>(pb::ExchangeView::descriptor());
}

domain::Viewer Answers::ViewerOf(const domain::KindSpec& kind,
                                 const domain::Relation& relation) {
  if (kind.in_case()) return relation.viewer();
  return {.classes = domain::Bit(domain::options::ROUTINE),
          .roles = relation.roles};
}

const domain::Redactor& Answers::RedactorOf(
    const google::protobuf::Descriptor* message) const {
  return *redactors_.at(message);
}

std::string Answers::EtagOf(const std::string& redacted_bytes) const {
  return absl::StrCat(
      "\"", ToBase64(secrets_.Hash("etag", redacted_bytes, kEtagBytes)), "\"");
}

EnumSet Answers::Fill(const domain::KindSpec& kind, const std::string& bytes,
                      const domain::Actor& actor,
                      const domain::Relation& relation, Message* stored,
                      Message* answer) const {
  answer->GetReflection()->Swap(answer, stored);
  return Complete(
      kind, [&] { return EtagOf(bytes); }, actor, relation, answer);
}

EnumSet Answers::FillCopy(const domain::KindSpec& kind,
                          const std::string& whole_etag,
                          const domain::Actor& actor,
                          const domain::Relation& relation,
                          const Message& stored, Message* answer) const {
  answer->Clear();
  answer->MergeFrom(stored);
  return Complete(
      kind, [&] { return whole_etag; }, actor, relation, answer);
}

domain::Redactor::Outcome Answers::Redact(const domain::KindSpec& kind,
                                          const domain::Relation& relation,
                                          Message* resource) const {
  const domain::Redactor::Outcome outcome =
      RedactorOf(kind.message).Redact(ViewerOf(kind, relation), resource);
  if (outcome.cleared) ShowUpdateTime(kind, resource);
  return outcome;
}

EnumSet Answers::Complete(const domain::KindSpec& kind,
                          absl::FunctionRef<std::string()> whole_etag,
                          const domain::Actor& actor,
                          const domain::Relation& relation,
                          Message* answer) const {
  const domain::Redactor::Outcome outcome = Redact(kind, relation, answer);
  if (kind.etag != nullptr) {
    answer->GetReflection()->SetString(
        answer, kind.etag,
        outcome.cleared ? EtagOf(answer->SerializeAsString()) : whole_etag());
  }
  // Last, so that the etag of those who do not see the cover is the one that
  // the resource has without it.
  if (kind.cover != nullptr) {
    answer->GetReflection()->SetEnumValue(
        answer, kind.state, domain::StateFor(kind, *answer, relation.roles));
  }
  if (kind.is_exchange() || kind.allowed_actions != nullptr) {
    SetActions(kind, ActionsOf(kind, *answer, actor, relation), answer);
  }
  return outcome.classes;
}

EnumSet Answers::FillView(const domain::KindSpec& kind, const Message& stored,
                          const domain::Actor& actor,
                          const domain::Relation& relation,
                          Message* view) const {
  auto* exchange_view = static_cast<pb::ExchangeView*>(view);
  exchange_view->set_name(stored.GetReflection()->GetString(stored, kind.name));
  const int state = domain::StateOf(kind, stored);
  exchange_view->set_state(kind.StateName(state));
  *exchange_view->mutable_exchange() = *domain::HeaderOf(kind, stored);
  const EnumSet classes = RedactorOf(pb::ExchangeView::descriptor())
                              .Redact(relation.viewer(), exchange_view)
                              .classes;
  exchange_view->set_etag(EtagFor(kind, stored, relation));
  for (std::string& action : ActionsOf(kind, stored, actor, relation)) {
    exchange_view->mutable_exchange()->add_allowed_actions(std::move(action));
  }
  return classes;
}

std::string Answers::EtagFor(const domain::KindSpec& kind,
                             const Message& stored,
                             const domain::Relation& relation) const {
  const auto copy = NewMessage(kind.message);
  copy->CopyFrom(stored);
  Redact(kind, relation, copy.get());
  return EtagOf(copy->SerializeAsString());
}

}  // namespace passerelle::engine
