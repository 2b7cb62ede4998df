#include "common/status_details.h"

#include <utility>

#include "absl/strings/cord.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"

namespace passerelle {
namespace {

std::string ToString(absl::string_view view) {
  return std::string(view.data(), view.size());
}

void AddInfo(const ErrorDetails& details, google::rpc::Status& status) {
  google::rpc::ErrorInfo info;
  info.set_reason(details.reason);
  info.set_domain(details.domain);
  for (const auto& [key, value] : details.metadata) {
    (*info.mutable_metadata())[key] = value;
  }
  status.add_details()->PackFrom(info);
}

void AddBadRequest(const ErrorDetails& details, google::rpc::Status& status) {
  if (details.violations.empty()) return;
  google::rpc::BadRequest bad;
  for (const FieldViolation& violation : details.violations) {
    auto* item = bad.add_field_violations();
    item->set_field(violation.field);
    item->set_description(violation.description);
  }
  status.add_details()->PackFrom(bad);
}

void AddPreconditions(const ErrorDetails& details,
                      google::rpc::Status& status) {
  if (details.preconditions.empty()) return;
  google::rpc::PreconditionFailure failure;
  for (const PreconditionViolation& violation : details.preconditions) {
    auto* item = failure.add_violations();
    item->set_type(violation.type);
    item->set_subject(violation.subject);
    item->set_description(violation.description);
  }
  status.add_details()->PackFrom(failure);
}

void AddQuotas(const ErrorDetails& details, google::rpc::Status& status) {
  if (details.quotas.empty()) return;
  google::rpc::QuotaFailure failure;
  for (const QuotaViolation& violation : details.quotas) {
    auto* item = failure.add_violations();
    item->set_subject(violation.subject);
    item->set_description(violation.description);
  }
  status.add_details()->PackFrom(failure);
}

void AddRetry(const ErrorDetails& details, google::rpc::Status& status) {
  if (!details.retry_after.has_value()) return;
  google::rpc::RetryInfo retry;
  absl::Duration rest = *details.retry_after;
  retry.mutable_retry_delay()->set_seconds(
      absl::IDivDuration(rest, absl::Seconds(1), &rest));
  retry.mutable_retry_delay()->set_nanos(
      static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  status.add_details()->PackFrom(retry);
}

void AddResource(const ErrorDetails& details, google::rpc::Status& status) {
  if (details.resource_type.empty() && details.resource_name.empty()) return;
  google::rpc::ResourceInfo resource;
  resource.set_resource_type(details.resource_type);
  resource.set_resource_name(details.resource_name);
  status.add_details()->PackFrom(resource);
}

void AddRequest(const ErrorDetails& details, google::rpc::Status& status) {
  if (details.request_id.empty()) return;
  google::rpc::RequestInfo request;
  request.set_request_id(details.request_id);
  status.add_details()->PackFrom(request);
}

void ReadDetail(const google::protobuf::Any& any, ErrorDetails& details) {
  google::rpc::ErrorInfo info;
  google::rpc::BadRequest bad;
  google::rpc::PreconditionFailure precondition;
  google::rpc::QuotaFailure quota;
  google::rpc::RetryInfo retry;
  google::rpc::ResourceInfo resource;
  google::rpc::RequestInfo request;
  if (any.UnpackTo(&info)) {
    details.reason = info.reason();
    details.domain = info.domain();
    details.metadata = {info.metadata().begin(), info.metadata().end()};
  } else if (any.UnpackTo(&bad)) {
    for (const auto& item : bad.field_violations()) {
      details.violations.push_back({item.field(), item.description()});
    }
  } else if (any.UnpackTo(&precondition)) {
    for (const auto& item : precondition.violations()) {
      details.preconditions.push_back(
          {item.type(), item.subject(), item.description()});
    }
  } else if (any.UnpackTo(&quota)) {
    for (const auto& item : quota.violations()) {
      details.quotas.push_back({item.subject(), item.description()});
    }
  } else if (any.UnpackTo(&retry)) {
    details.retry_after = absl::Seconds(retry.retry_delay().seconds()) +
                          absl::Nanoseconds(retry.retry_delay().nanos());
  } else if (any.UnpackTo(&resource)) {
    details.resource_type = resource.resource_type();
    details.resource_name = resource.resource_name();
  } else if (any.UnpackTo(&request)) {
    details.request_id = request.request_id();
  }
}

}  // namespace

absl::Status MakeError(absl::StatusCode code, absl::string_view reason,
                       absl::string_view message, ErrorDetails details) {
  details.reason = ToString(reason);
  if (details.domain.empty()) details.domain = kErrorDomain;
  google::rpc::Status wire;
  wire.set_code(static_cast<int>(code));
  wire.set_message(ToString(message));
  AddInfo(details, wire);
  AddBadRequest(details, wire);
  AddPreconditions(details, wire);
  AddQuotas(details, wire);
  AddRetry(details, wire);
  AddResource(details, wire);
  AddRequest(details, wire);
  absl::Status status(code, message);
  status.SetPayload(kStatusPayloadUrl, absl::Cord(wire.SerializeAsString()));
  return status;
}

ErrorDetails DetailsOf(const absl::Status& status) {
  ErrorDetails details;
  const auto payload = status.GetPayload(kStatusPayloadUrl);
  if (!payload.has_value()) return details;
  google::rpc::Status wire;
  if (!wire.ParseFromString(std::string(*payload))) return details;
  for (const google::protobuf::Any& any : wire.details()) {
    ReadDetail(any, details);
  }
  return details;
}

std::string ReasonOf(const absl::Status& status) {
  return DetailsOf(status).reason;
}

}  // namespace passerelle
