// The end of all that a file holds.

#include <set>
#include <string>

#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "server/domain/case_verbs.h"
#include "server/domain/consents.h"
#include "server/domain/lifecycle.h"
#include "server/domain/stages.h"

namespace passerelle::domain {
namespace {

// Partners that accepted a share of the file at any time.
absl::Status AddRecipients(const Change<pb::Case>& change,
                           pb::Case::Erasure* erasure) {
  std::set<std::string> recipients;
  const absl::Status listed = change->around().ForEach(
      pb::Grant::default_instance(),
      [&](const google::protobuf::Message& message) {
        const auto& grant = static_cast<const pb::Grant&>(message);
        if (grant.accepted()) recipients.insert(grant.recipient());
        return true;
      });
  for (const auto& receipt : erasure->receipts()) {
    recipients.erase(receipt.mission());
  }
  recipients.erase(change.resource().owner_mission());
  recipients.erase(change.resource().host_mission());
  for (const std::string& mission : recipients) {
    erasure->add_receipts()->set_mission(mission);
  }
  return listed;
}

// Whether others than the owner ever saw the file: it was sent under a consent,
// be it withdrawn since.
absl::Status WasShared(const Change<pb::Case>& change, bool* shared) {
  const pb::Case& file = change.resource();
  *shared = false;
  // A withdrawn file of a server that kept no time of sending may have been.
  if (!IsSent(file) && file.stage() != pb::Case::WITHDRAWN) {
    return absl::OkStatus();
  }
  return change->around().ForEach(
      pb::Consent::default_instance(), [&](const auto& message) {
        const auto& consent = static_cast<const pb::Consent&>(message);
        *shared = consent.scope() == ShareScope(file) &&
                  consent.recipient() == ShareRecipient(file);
        return !*shared;
      });
}

}  // namespace

absl::Status Cases::EraseCase(const pb::EraseCaseRequest& request,
                              Change<pb::Case> change) {
  const pb::Case& file = change.resource();
  pb::Case rest;
  rest.set_name(file.name());
  rest.set_direction(file.direction());
  rest.set_retroactive(file.retroactive());
  rest.set_host_mission(file.host_mission());
  *rest.mutable_transit_missions() = file.transit_missions();
  rest.set_origin_mission(file.origin_mission());
  rest.set_owner_mission(file.owner_mission());
  rest.set_stage(file.stage());
  *rest.mutable_create_time() = file.create_time();
  pb::Case::Erasure& erasure = *rest.mutable_erasure();
  erasure.set_reason(request.reason());
  *erasure.mutable_order_time() = ToTimestamp(change->now());
  bool shared = false;
  if (auto s = WasShared(change, &shared); !s.ok()) return s;
  if (shared) {
    erasure.add_receipts()->set_mission(ShareRecipient(file));
    for (const std::string& mission : file.transit_missions()) {
      erasure.add_receipts()->set_mission(mission);
    }
  }
  if (auto s = AddRecipients(change, &erasure); !s.ok()) return s;
  change.resource() = rest;
  internal::CaseFacts* facts = change->file_facts_now;
  facts->clear_consents();
  facts->clear_grants();
  facts->clear_recalls();
  facts->clear_barred_countries();
  RaiseEpoch(facts);
  change->erase = true;
  return absl::OkStatus();
}

absl::Status Cases::ConfirmErasure(const pb::ConfirmErasureRequest&,
                                   Change<pb::Case> change) {
  for (auto& receipt :
       *change.resource().mutable_erasure()->mutable_receipts()) {
    if (receipt.mission() == change->actor().mission &&
        !receipt.has_confirm_time()) {
      *receipt.mutable_confirm_time() = ToTimestamp(change->now());
    }
  }
  return absl::OkStatus();
}

}  // namespace passerelle::domain
