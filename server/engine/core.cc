#include "server/engine/core.h"

#include <utility>

#include "common/log.h"
#include "common/resource_name.h"
#include "server/domain/errors.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

bool NameFits(const domain::Contract& contract, absl::string_view type,
              absl::string_view name) {
  const auto parsed = ParseResourceName(name);
  if (!parsed) return false;
  const domain::KindSpec* kind =
      contract.KindOf(parsed->root_collection, parsed->collection);
  if (kind == nullptr) return false;
  return type == "*" ? kind->is_exchange() : kind->type == type;
}

}  // namespace

Core::Core(const domain::Contract& c, Secrets s, const Clock& k,
           domain::Calendars cal, Notary n)
    : contract(c),
      secrets(std::move(s)),
      clock(k),
      calendars(std::move(cal)),
      notary(std::move(n)),
      answers(contract, secrets) {
  const auto name_check = [this](absl::string_view type,
                                 absl::string_view name) {
    return NameFits(contract, type, name);
  };
  for (const domain::MethodSpec* method : contract.AllMethods()) {
    const auto* request = method->descriptor->input_type();
    validators_[request] = std::make_unique<Validator>(request, name_check);
  }
  for (const auto& kind : contract.kinds()) {
    validators_[kind->message] =
        std::make_unique<Validator>(kind->message, name_check);
  }
}

void Core::Validate(Call* call) const {
  const domain::MethodSpec& method = *call->method;
  call->violations = validators_.at(method.descriptor->input_type())
                         ->Check(*call->request, clock.Now());
  if (method.shape == domain::MethodSpec::Shape::kUpdate) {
    // An update carries a part of its resource; the whole is checked once the
    // part is merged.
    const std::string prefix = method.resource->name() + ".";
    std::vector<FieldViolation> kept;
    for (FieldViolation& violation : call->violations) {
      if (violation.field.rfind(prefix, 0) != 0) {
        kept.push_back(std::move(violation));
      }
    }
    call->violations = std::move(kept);
  }
  call->unknown_fields = HasUnknownFields(*call->request);
}

std::vector<FieldViolation> Core::ValidateResource(
    const google::protobuf::Message& resource) const {
  return validators_.at(resource.GetDescriptor())->Check(resource, clock.Now());
}

absl::Status DeadlinePassed() {
  return domain::Failure(::passerelle::v1::DEADLINE_PASSED,
                         "The deadline passed before the call's turn came; "
                         "nothing was done.");
}

bool IsStoreError(const absl::Status& status) {
  return !status.ok() && domain::ReasonNumber(status) == 0;
}

absl::Status Documented(const absl::Status& status) {
  if (!IsStoreError(status)) return status;
  switch (status.code()) {
    case absl::StatusCode::kResourceExhausted:
      return domain::RetryLater(pb::STORAGE_FULL,
                                "The server has no room; nothing was stored.",
                                absl::Seconds(5));
    case absl::StatusCode::kDataLoss:
      Log(LogLevel::kError, "storage_damaged");
      return domain::Failure(pb::STORAGE_DAMAGED, "Stored data is damaged.");
    case absl::StatusCode::kUnavailable:
      return domain::RetryLater(pb::OVERLOADED, "The store is busy.",
                                absl::Milliseconds(100));
    default:
      Log(LogLevel::kError, "internal_error", {{"status", status.ToString()}});
      return domain::Failure(pb::INTERNAL_ERROR, "A defect of the server.");
  }
}

}  // namespace passerelle::engine
