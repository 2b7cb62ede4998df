// Guards and effects of the returnee file.

#include <memory>
#include <set>
#include <string>

#include "generated/case.verbs.h"
#include "google/protobuf/util/message_differencer.h"
#include "server/domain/consents.h"
#include "server/domain/errors.h"

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

 private:
  static absl::Status PartiesInvalid(const std::string& mission) {
    return Failure(pb::PARTIES_INVALID,
                   "A mission stands in two places of the same file.",
                   {{"mission", mission}});
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeCaseVerbs() { return std::make_unique<Cases>(); }

}  // namespace passerelle::domain
