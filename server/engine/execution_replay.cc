// The answer to a request that was made before.

#include "server/engine/execution.h"

#include <memory>
#include <string>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/visibility.h"
#include "server/engine/evidence.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kFingerprintBytes = 16;

// What makes two requests the same, however their id is written.
std::string Content(const Call& call, const std::string& request_id) {
  const auto* field = call.method->request_id;
  if (StringField(*call.request, field) == request_id) {
    return call.request->SerializeAsString();
  }
  const std::unique_ptr<google::protobuf::Message> request(call.request->New());
  request->CopyFrom(*call.request);
  request->GetReflection()->SetString(request.get(), field, request_id);
  return request->SerializeAsString();
}

// The first six bytes of a UUID: its time, when it is of version 7. In front of
// a fingerprint they keep the requests of one time together, so that a commit
// writes one page of them instead of one for each.
std::string TimeOf(absl::string_view uuid) {
  return absl::HexStringToBytes(
      absl::StrCat(uuid.substr(0, 8), uuid.substr(9, 4)));
}

absl::Status ResultWithheld() {
  return domain::Failure(pb::RESULT_WITHHELD,
                         "The change was made; its result may no longer be "
                         "shown to the caller.");
}

}  // namespace

absl::Status ChangeExecution::Replay(bool* replayed) {
  const Secrets& secrets = context_.core.secrets;
  const std::string request_id = RequestIdOf(call_);
  effects_->fingerprint = absl::StrCat(
      TimeOf(request_id),
      secrets.Hash("request",
                   absl::StrCat(actor_.mission, "\n", method_.full_name, "\n",
                                request_id),
                   kFingerprintBytes));
  content_hash_ =
      secrets.Hash("content", Content(call_, request_id), kFingerprintBytes);

  internal::StoredAnswer& stored = answered_;
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
  if (stored.content_hash() != content_hash_) {
    return domain::Failure(pb::REQUEST_ID_REUSED,
                           "The request_id came with other content before.");
  }
  if (!call_.response->ParseFromString(stored.answer())) {
    return absl::DataLossError("stored answer damaged");
  }
  effects_->fingerprint.clear();  // already remembered
  internal::Leaf leaf = LeafOf(call_, context_.now);
  leaf.set_resource(stored.resource());
  leaf.set_consent(relation_.consent);
  leaf.set_request_id(request_id);
  effects_->leaves.push_back(std::move(leaf));
  *replayed = true;
  return absl::OkStatus();
}

// A replay shows what the caller may see today.
absl::Status ChangeExecution::ShowAgain() {
  if (!kind_->in_case()) return absl::OkStatus();
  if (creates() && kind_->is_exchange()) {
    // The caller's side in an exchange is known from the exchange itself.
    if (!KeyOf(answered_.resource(), &key_)) {
      return absl::DataLossError("stored answer damaged");
    }
    PASSERELLE_RETURN_IF_ERROR(
        LoadResource(&context_.tx, *kind_, key_, &target_));
    relation_ = domain::RelationToExchange(
        std::move(relation_), *domain::HeaderOf(*kind_, *target_.message),
        actor_.mission);
  }
  // Content hidden since stays hidden.
  if (!target_.facts.hidden_content().empty() &&
      answered_.version() < target_.record.version) {
    call_.response->Clear();
    return ResultWithheld();
  }
  if (relation_.sees()) {
    context_.core.answers.RedactAgain(relation_, call_.response);
  }
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
