// What a call is about, and whether the caller may do it there.

#include "server/engine/execution.h"

#include <utility>
#include <vector>

#include "common/resource_name.h"
#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/damage.h"
#include "server/engine/fields.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using domain::MethodSpec;
using google::protobuf::Message;

absl::Status NotFoundOutsideFiles() {
  return domain::Failure(pb::RESOURCE_NOT_FOUND,
                         "There is no such entry in the directory.");
}

}  // namespace

// Finds out which resource the call is about from names alone.
absl::Status ChangeExecution::Locate() {
  PASSERELLE_RETURN_IF_ERROR(domain::CheckCaller(method_, actor_));
  const Message& request = *call_.request;
  kind_ = method_.kind;
  std::string name;
  if (creates()) {
    if (kind_->is_root()) {
      key_.scope = kind_->in_case() ? "" : kind_->root_collection;
      return absl::OkStatus();
    }
    parent_name_ = StringField(request, method_.parent);
    const auto parent = ParseResourceName(parent_name_);
    if (!parent || !parent->is_root() ||
        parent->root_collection != kind_->root_collection) {
      return domain::FieldsInvalid(call_.violations);
    }
    key_.scope = kind_->in_case() ? parent->root : parent_name_;
    return absl::OkStatus();
  }
  if (method_.shape == MethodSpec::Shape::kUpdate) {
    const Message& resource =
        request.GetReflection()->GetMessage(request, method_.resource);
    name = StringField(resource, kind_->name);
  } else {
    name = StringField(request, method_.name);
  }
  const domain::KindSpec* named = context_.core.contract.KindOfName(name);
  const bool fits = method_.kind != nullptr
                        ? named == method_.kind
                        : named != nullptr && named->is_exchange();
  if (!fits || !KeyOf(name, &key_)) {
    std::vector<FieldViolation> violations = call_.violations;
    if (violations.empty()) {
      violations.push_back({"name", "must be a resource name of this kind"});
    }
    return domain::FieldsInvalid(std::move(violations));
  }
  kind_ = named;
  return absl::OkStatus();
}

absl::Status ChangeExecution::Authorize() {
  if (!kind_->in_case()) {
    // The directory: SELF is the mission itself, or the platform's operator.
    const std::string mission =
        kind_->is_root() ? RootName("missions", key_.id) : key_.scope;
    if (mission == actor_.mission ||
        actor_.mission_kind == domain::options::PLATFORM) {
      relation_.roles = domain::Bit(domain::options::SELF);
    }
    if (!domain::PositionAdmits(method_, relation_.roles)) {
      return domain::NotVisible();
    }
    return creates() ? absl::OkStatus() : AuthorizeExisting();
  }
  if (creates() && kind_->is_root()) return absl::OkStatus();  // a new file
  const absl::Status found = context_.FindFile(key_.scope, &file_);
  if (!found.ok()) {
    return FileNotLoaded(&context_.tx, actor_, key_.scope, found);
  }
  relation_ =
      domain::RelationTo(file_->message, file_->facts, actor_, context_.now);
  if (!relation_.sees()) return domain::NotVisible();
  if (file_->message.stage() == pb::Case::ERASED && !on_file()) {
    return domain::StateForbids(pb::Case::Stage_Name(pb::Case::ERASED));
  }
  if (creates()) {
    return domain::PositionAdmits(method_, relation_.roles)
               ? absl::OkStatus()
               : domain::NotVisible();
  }
  return AuthorizeExisting();
}

void ChangeExecution::TakeFileAsTarget() {
  target_.record = file_->record;
  target_.message = NewMessage(kind_->message);
  target_.message->MergeFrom(file_->message);
}

absl::Status ChangeExecution::AuthorizeExisting() {
  if (on_file()) {
    TakeFileAsTarget();
  } else {
    const absl::Status found =
        LoadResource(&context_.tx, *kind_, key_, &target_);
    if (!found.ok() && kind_->in_case()) {
      return ResourceNotLoaded(*kind_, *file_, target_, actor_, context_.now,
                               found);
    }
    if (absl::IsNotFound(found)) return NotFoundOutsideFiles();
    PASSERELLE_RETURN_IF_ERROR(found);
  }
  if (kind_->in_case()) {
    relation_ =
        domain::RelationToResource(std::move(relation_), *target_.message,
                                   file_->facts, actor_, context_.now);
    if (!relation_.sees()) return domain::NotVisible();
  }
  if (!domain::PositionAdmits(method_, relation_.roles)) {
    return domain::NotVisible();
  }
  state_before_ = domain::StateFor(*kind_, *target_.message, relation_.roles);
  if (method_.shape != MethodSpec::Shape::kExchangeVerb) {
    return absl::OkStatus();
  }
  move_ = kind_->Find(method_.administrative);
  if (move_ == nullptr) {
    return domain::StateForbids(kind_->StateName(state_before_));
  }
  return domain::CheckAdministrative(*move_, actor_, relation_.roles);
}

}  // namespace passerelle::engine
