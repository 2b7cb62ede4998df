#include "server/engine/execution.h"

#include <string>
#include <utility>

#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/evidence.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using domain::MethodSpec;
using google::protobuf::Message;

constexpr size_t kCommitmentBytes = 16;

}  // namespace

absl::Status ChangeExecution::Run() {
  auto actor = context_.directory.Resolve(call_.caller, context_.now);
  PASSERELLE_RETURN_IF_ERROR(actor.status());
  actor_ = *std::move(actor);

  absl::Status authorized = Locate();
  if (authorized.ok()) authorized = Authorize();
  if (!authorized.ok()) return RefuseUnlessMade(std::move(authorized));
  PASSERELLE_RETURN_IF_ERROR(CheckRequest());
  bool replayed = false;
  PASSERELLE_RETURN_IF_ERROR(Replay(&replayed));
  if (replayed) return ShowAgain();
  PASSERELLE_RETURN_IF_ERROR(Prepare());
  PASSERELLE_RETURN_IF_ERROR(Apply());
  PASSERELLE_RETURN_IF_ERROR(Save());
  SendMail();
  Finish();
  return absl::OkStatus();
}

absl::Status ChangeExecution::CheckRequest() const {
  if (!call_.violations.empty()) {
    return domain::FieldsInvalid(call_.violations);
  }
  if (call_.unknown_fields) {
    return domain::Failure(pb::UNKNOWN_FIELD,
                           "The request carries fields that this server does "
                           "not know; nothing was stored.");
  }
  return absl::OkStatus();
}

// Answer, remembered request and evidence.
void ChangeExecution::Finish() {
  Message* resource = target_.message.get();
  const std::string name =
      resource->GetReflection()->GetString(*resource, kind_->name);
  // The answer is decided on what the caller was when it acted; in a new
  // exchange, document or file, or one that it took over, on what it is now.
  if (on_file()) {
    domain::Relation now = domain::RelationTo(
        file_now_->message, file_now_->facts, actor_, context_.now);
    if (now.sees()) relation_ = std::move(now);
  } else if (kind_->is_exchange() || (creates() && kind_->part != nullptr)) {
    relation_ =
        domain::RelationToResource(std::move(relation_), *resource,
                                   file_now().facts, actor_, context_.now);
  } else if (!consent_case_.empty()) {
    ShowAsSeenFromNowOn();
  }
  effects_->answer.set_content_hash(call_.identity.content_hash);
  effects_->answer.set_resource(name);
  effects_->answer.set_version(target_.record.version);
  const domain::EnumSet classes = FillAnswer();

  internal::Leaf leaf = LeafOf(call_, context_.now);
  leaf.set_resource(name);
  leaf.set_consent(relation_.consent);
  leaf.set_grant(relation_.grant);
  leaf.set_classes(classes);
  leaf.set_request_id(RequestIdOf(call_));
  leaf.set_commitment(context_.core.secrets.Hash(
      "commitment", target_.record.message, kCommitmentBytes));
  effects_->leaves.push_back(std::move(leaf));
}

// A change of consents and grants changes what its own author sees. Who loses
// sight of the resource by it is shown it once more.
void ChangeExecution::ShowAsSeenFromNowOn() {
  const File& file = *file_now_;
  domain::Relation now = domain::RelationToResource(
      domain::RelationTo(file.message, file.facts, actor_, context_.now),
      *target_.message, file.facts, actor_, context_.now);
  if (kind_->get != nullptr && now.sees() &&
      domain::PositionAdmits(*kind_->get, now.roles)) {
    relation_ = std::move(now);
  }
}

// May empty the target's message. Returns the classes shown.
domain::EnumSet ChangeExecution::FillAnswer() {
  const Answers& answers = context_.core.answers;
  Message* resource = target_.message.get();
  return method_.shape == MethodSpec::Shape::kExchangeVerb
             ? answers.FillView(*kind_, *resource, actor_, relation_,
                                call_.response)
             : answers.Fill(*kind_, target_.record.message, actor_, relation_,
                            resource, call_.response);
}

}  // namespace passerelle::engine
