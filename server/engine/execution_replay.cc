// The answer to a request that was made before.

#include "server/engine/execution.h"

#include <string>
#include <utility>

#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/visibility.h"
#include "server/engine/evidence.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

absl::Status ResultWithheld() {
  return domain::Failure(pb::RESULT_WITHHELD,
                         "The change was made; its result may no longer be "
                         "shown to the caller.");
}

}  // namespace

absl::Status ChangeExecution::Replay(bool* replayed) {
  effects_->fingerprint = call_.identity.fingerprint;
  internal::RequestOutcome& stored = answered_;
  if (const auto* recent = context_.batch.FindRequest(effects_->fingerprint)) {
    stored = *recent;
  } else {
    std::string bytes;
    const absl::Status found =
        context_.tx.FindRequest(effects_->fingerprint, &bytes);
    if (absl::IsNotFound(found)) return absl::OkStatus();
    PASSERELLE_RETURN_IF_ERROR(found);
    if (!stored.ParseFromString(bytes)) {
      return absl::DataLossError("stored answer damaged");
    }
  }
  if (stored.content_hash() != call_.identity.content_hash) {
    return domain::Failure(pb::REQUEST_ID_REUSED,
                           "The request_id came with other content before.");
  }
  effects_->fingerprint.clear();  // already remembered
  internal::Leaf leaf = LeafOf(call_, context_.now);
  leaf.set_resource(stored.resource());
  leaf.set_consent(relation_.consent);
  leaf.set_request_id(RequestIdOf(call_));
  effects_->leaves.push_back(std::move(leaf));
  *replayed = true;
  return absl::OkStatus();
}

// Shows the resource as it is today, and as much of it as the caller may see
// today: the same answer as long as neither has changed.
absl::Status ChangeExecution::ShowAgain() {
  if (creates()) PASSERELLE_RETURN_IF_ERROR(FindMade());
  if (kind_->in_case()) {
    if (on_file()) {
      relation_ = domain::RelationTo(file_->message, file_->facts, actor_,
                                     context_.now);
    } else {
      relation_ =
          domain::RelationToResource(std::move(relation_), *target_.message,
                                     file_->facts, actor_, context_.now);
    }
    // What came later is shown to those only who could get it as well; content
    // hidden since, to nobody.
    const bool later = answered_.version() < target_.record.version;
    if (!relation_.sees() ||
        (later && (!target_.facts.hidden_content().empty() || !MayGet()))) {
      return ResultWithheld();
    }
  }
  internal::Leaf& leaf = effects_->leaves.back();
  leaf.set_consent(relation_.consent);
  leaf.set_classes(FillAnswer());
  return absl::OkStatus();
}

bool ChangeExecution::MayGet() const {
  return kind_->get != nullptr &&
         domain::CheckCaller(*kind_->get, actor_).ok() &&
         domain::PositionAdmits(*kind_->get, relation_.roles);
}

// Loads what the call made when it was sent first.
absl::Status ChangeExecution::FindMade() {
  if (!KeyOf(answered_.resource(), &key_)) {
    return absl::DataLossError("stored answer damaged");
  }
  if (!on_file()) {
    return LoadResource(&context_.tx, *kind_, key_, &target_);
  }
  PASSERELLE_RETURN_IF_ERROR(context_.FindFile(key_.scope, &file_));
  TakeFileAsTarget();
  return absl::OkStatus();
}

// The change may have been made before the caller lost sight of it.
absl::Status ChangeExecution::RefuseUnlessMade(absl::Status refusal) {
  if (IsStoreError(refusal)) return refusal;
  bool replayed = false;
  if (CheckRequest().ok() && Replay(&replayed).ok() && replayed) {
    call_.response->Clear();
    return ResultWithheld();
  }
  return refusal;
}

}  // namespace passerelle::engine
