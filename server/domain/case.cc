// Guards and effects of the returnee file.

#include <memory>
#include <set>
#include <string>

#include "generated/case.verbs.h"
#include "google/protobuf/util/message_differencer.h"
#include "passerelle/v1/consent.pb.h"
#include "passerelle/v1/grant.pb.h"
#include "server/domain/consents.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::domain {
namespace {

class Cases final : public CaseVerbs {
 public:
  absl::Status CreateCase(const pb::CreateCaseRequest&,
                          Change<pb::Case> change) override {
    pb::Case& file = change.resource();
    file.set_host_mission(change->actor().mission);
    file.set_owner_mission(change->actor().mission);
    std::set<std::string> parties = {file.host_mission()};
    if (!parties.insert(file.origin_mission()).second) {
      return PartiesInvalid(file.origin_mission());
    }
    for (const std::string& mission : file.transit_missions()) {
      if (!parties.insert(mission).second) return PartiesInvalid(mission);
    }
    for (const std::string& mission : parties) {
      if (auto s = RequireAccredited(change.any(), mission); !s.ok()) return s;
    }
    return absl::OkStatus();
  }

  absl::Status UpdateCase(const pb::UpdateCaseRequest&,
                          Change<pb::Case> change) override {
    if (change->file_facts->principal_in_person() &&
        !google::protobuf::util::MessageDifferencer::Equals(
            change.resource().principal(), change->file->principal())) {
      return Failure(pb::PRINCIPAL_IN_PERSON,
                     "The principal is kept in a person of the file.");
    }
    return absl::OkStatus();
  }

  absl::Status ProposeCase(const pb::ProposeCaseRequest& request,
                           Change<pb::Case> change) override {
    if (auto s =
            RequireAccredited(change.any(), change.resource().origin_mission());
        !s.ok()) {
      return s;
    }
    if (auto s =
            RequireNotBarred(change.any(), change.resource().origin_mission());
        !s.ok()) {
      return s;
    }
    change.resource().clear_decline_reason();
    return RequireShareConsent(change.any(), request.consent());
  }

  absl::Status AcceptCase(const pb::AcceptCaseRequest&,
                          Change<pb::Case>) override {
    return absl::OkStatus();
  }

  absl::Status DeclineCase(const pb::DeclineCaseRequest& request,
                           Change<pb::Case> change) override {
    change.resource().set_decline_reason(request.reason());
    return absl::OkStatus();
  }

  absl::Status ConfirmArrival(const pb::ConfirmArrivalRequest& request,
                              Change<pb::Case> change) override {
    *change.resource().mutable_arrival_date() = request.arrival_date();
    return absl::OkStatus();
  }

  absl::Status WithdrawCase(const pb::WithdrawCaseRequest&,
                            Change<pb::Case> change) override {
    change->end_exchanges = pb::PERSON_STOPPED;
    return absl::OkStatus();
  }

  absl::Status CloseCase(const pb::CloseCaseRequest& request,
                         Change<pb::Case> change) override {
    change.resource().set_outcome(request.outcome());
    return change->around().RequireNoOpenExchange();
  }

  absl::Status EraseCase(const pb::EraseCaseRequest& request,
                         Change<pb::Case> change) override {
    const pb::Case& file = change.resource();
    pb::Case rest;
    rest.set_name(file.name());
    rest.set_direction(file.direction());
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
      erasure.add_receipts()->set_mission(file.origin_mission());
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

  absl::Status ConfirmErasure(const pb::ConfirmErasureRequest&,
                              Change<pb::Case> change) override {
    for (auto& receipt :
         *change.resource().mutable_erasure()->mutable_receipts()) {
      if (receipt.mission() == change->actor().mission &&
          !receipt.has_confirm_time()) {
        *receipt.mutable_confirm_time() = ToTimestamp(change->now());
      }
    }
    return absl::OkStatus();
  }

 private:
  // Partners that accepted a share of the file at any time.
  static absl::Status AddRecipients(Change<pb::Case> change,
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

  // Whether others than the owner ever saw the file: it was proposed under a
  // consent, be it withdrawn since.
  static absl::Status WasShared(const Change<pb::Case>& change, bool* shared) {
    const pb::Case& file = change.resource();
    *shared = false;
    if (file.stage() == pb::Case::REGISTERED) return absl::OkStatus();
    return change->around().ForEach(
        pb::Consent::default_instance(), [&](const auto& message) {
          const auto& consent = static_cast<const pb::Consent&>(message);
          *shared = consent.scope() == pb::Consent::SHARE_WITH_ORIGIN_MISSION &&
                    consent.recipient() == file.origin_mission();
          return !*shared;
        });
  }

  static absl::Status PartiesInvalid(const std::string& mission) {
    return Failure(pb::PARTIES_INVALID,
                   "A mission stands in two places of the same file.",
                   {{"mission", mission}});
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeCaseVerbs() { return std::make_unique<Cases>(); }

}  // namespace passerelle::domain
