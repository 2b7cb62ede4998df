// Guards and effects of grants: the facts beside the file are what every
// disclosure is decided on, and each change raises their epoch.

#include <algorithm>
#include <memory>
#include <string>

#include "common/resource_name.h"
#include "generated/grant.verbs.h"
#include "passerelle/v1/exchange.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "passerelle/v1/person.pb.h"
#include "passerelle/v1/plan.pb.h"
#include "server/domain/consents.h"
#include "server/domain/enum_set.h"
#include "server/domain/errors.h"
#include "server/domain/hand_over.h"
#include "server/domain/lifecycle.h"
#include "server/domain/policy.h"
#include "server/domain/visibility.h"

namespace passerelle::domain {
namespace {

constexpr int kMaxRevisions = 50;
// By then somebody has to say again why the person's consent is overridden.
constexpr absl::Duration kReview = absl::Hours(24 * 30);

std::string IdOf(const pb::Grant& grant) {
  return ParseResourceName(grant.name())->id;
}

class Grants final : public GrantVerbs {
 public:
  absl::Status CreateGrant(const pb::CreateGrantRequest&,
                           Change<pb::Grant> change) override {
    pb::Grant& grant = change.resource();
    if (auto s = RequireOfferable(change); !s.ok()) return s;
    if (OpenGrant(*change->file_facts, grant.recipient(), change->now()) !=
        nullptr) {
      return GrantExists();
    }
    grant.set_author(change->actor().officer);
    if (auto s = FillPreview(change); !s.ok()) return s;
    if (grant.basis() != pb::Grant::CONSENT) {
      change->chosen_state = pb::Grant::AWAITING_APPROVAL;
      return absl::OkStatus();
    }
    PutFact(change, false);
    return absl::OkStatus();
  }

  absl::Status ApproveGrant(const pb::ApproveGrantRequest&,
                            Change<pb::Grant> change) override {
    if (auto s = RequireSecondOfficer(change); !s.ok()) return s;
    if (auto s = RequireOfferable(change); !s.ok()) return s;
    if (OpenGrant(*change->file_facts, change.resource().recipient(),
                  change->now()) != nullptr) {
      return GrantExists();
    }
    change.resource().set_approver(change->actor().officer);
    PutFact(change, false);
    return absl::OkStatus();
  }

  absl::Status AcceptGrant(const pb::AcceptGrantRequest&,
                           Change<pb::Grant> change) override {
    if (auto s = RequireOfferable(change); !s.ok()) return s;
    change.resource().set_accepted(true);
    if (change.resource().mode() != pb::Grant::OWN) {
      PutFact(change, true);
      return absl::OkStatus();
    }
    change->chosen_state = pb::Grant::HANDED_OVER;
    DropFact(change);
    HandOver(change);
    return absl::OkStatus();
  }

  absl::Status DeclineGrant(const pb::DeclineGrantRequest& request,
                            Change<pb::Grant> change) override {
    change.resource().set_decline_reason(request.reason());
    DropFact(change);
    return absl::OkStatus();
  }

  absl::Status ForwardGrant(const pb::ForwardGrantRequest& request,
                            Change<pb::Grant> change) override {
    pb::Grant& grant = change.resource();
    if (grant.basis() != pb::Grant::CONSENT) {
      // Two officers approved it for one partner, not for whom that names.
      return Failure(pb::CONSENT_MISSING,
                     "An override of consent is not passed on.");
    }
    if (OpenGrant(*change->file_facts, request.recipient(), change->now()) !=
        nullptr) {
      return GrantExists();
    }
    Remember(change);
    DropFact(change);
    grant.set_recipient(request.recipient());
    const pb::Mission* recipient =
        change->around().FindMission(request.recipient());
    if (recipient != nullptr) {
      grant.set_consent(
          FindGrantConsent(change.any(), *recipient, grant.purpose()));
    }
    if (auto s = RequireOfferable(change); !s.ok()) return s;
    PutFact(change, false);
    return absl::OkStatus();
  }

  absl::Status AmendGrant(const pb::AmendGrantRequest& request,
                          Change<pb::Grant> change) override {
    pb::Grant& grant = change.resource();
    const bool owns = grant.mode() == pb::Grant::OWN;
    if (owns != (request.mode() == pb::Grant::OWN)) {
      return FieldsInvalid(
          {{"mode", "a share does not become a hand-over, nor the reverse"}});
    }
    Remember(change);
    grant.set_mode(request.mode());
    *grant.mutable_classes() = request.classes();
    grant.clear_expire_time();
    if (request.has_expire_time()) {
      *grant.mutable_expire_time() = request.expire_time();
    }
    if (auto s = RequireOfferable(change); !s.ok()) return s;
    if (grant.basis() != pb::Grant::CONSENT) {
      // What the second officer approved was another thing.
      grant.clear_approver();
      grant.set_author(change->actor().officer);
      DropFact(change);
      change->chosen_state = pb::Grant::AWAITING_APPROVAL;
      return absl::OkStatus();
    }
    PutFact(change, grant.state() == pb::Grant::IN_FORCE);
    return absl::OkStatus();
  }

  absl::Status RecallGrant(const pb::RecallGrantRequest&,
                           Change<pb::Grant> change) override {
    DropFact(change);
    return absl::OkStatus();
  }

  absl::Status ReturnGrant(const pb::ReturnGrantRequest&,
                           Change<pb::Grant> change) override {
    DropFact(change);
    return absl::OkStatus();
  }

 private:
  static absl::Status GrantExists() {
    return Failure(pb::GRANT_EXISTS, "The recipient has an open grant.");
  }

  static absl::Status RecipientInvalid() {
    return Failure(pb::GRANT_RECIPIENT_INVALID,
                   "The recipient cannot be given this grant.");
  }

  static absl::Status RequireSecondOfficer(Change<pb::Grant> change) {
    if (change->actor().officer != change.resource().author()) {
      return absl::OkStatus();
    }
    return Failure(pb::SECOND_OFFICER_REQUIRED,
                   "Whoever asked for the override cannot approve it.");
  }

  // Everything that must hold when a grant is offered, and still when it is
  // accepted or changed.
  static absl::Status RequireOfferable(Change<pb::Grant> change) {
    const pb::Grant& grant = change.resource();
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    if (auto s = RequirePartner(change.any(), grant.recipient()); !s.ok()) {
      return s;
    }
    if (auto s = RequireNotBarred(change.any(), grant.recipient()); !s.ok()) {
      return s;
    }
    if (auto s = RequireFittingClasses(change); !s.ok()) return s;
    if (auto s = RequireFittingTime(change); !s.ok()) return s;
    if (grant.basis() != pb::Grant::CONSENT) {
      return grant.consent().empty() && !grant.justification().empty()
                 ? absl::OkStatus()
                 : FieldsInvalid({{"grant.justification",
                                   "is required, and no consent is cited, for "
                                   "a basis other than consent"}});
    }
    return RequireGrantConsent(change.any(),
                               *change->around().FindMission(grant.recipient()),
                               grant.purpose(), grant.consent());
  }

  static absl::Status RequireFittingClasses(Change<pb::Grant> change) {
    const pb::Grant& grant = change.resource();
    const pb::Case& file = *change->file;
    const pb::Mission& recipient =
        *change->around().FindMission(grant.recipient());
    if (grant.mode() == pb::Grant::OWN) {
      // A file that is handed over in parts could be read by nobody in full.
      if (!grant.classes().empty() ||
          grant.purpose() != options::CASE_MANAGEMENT) {
        return Failure(pb::GRANT_CLASSES_INVALID,
                       "A hand-over moves the whole file.");
      }
      return recipient.kind() == options::IOM_MISSION &&
                     recipient.name() != file.owner_mission()
                 ? absl::OkStatus()
                 : RecipientInvalid();
    }
    const auto& transit = file.transit_missions();
    if (recipient.name() == file.host_mission() ||
        recipient.name() == file.owner_mission() ||
        recipient.name() == file.origin_mission() ||
        std::find(transit.begin(), transit.end(), recipient.name()) !=
            transit.end()) {
      return RecipientInvalid();
    }
    const EnumSet grantable =
        Policy::BuiltIn().GrantableClasses(recipient.kind(), grant.purpose());
    if (grantable == 0) return RecipientInvalid();
    const EnumSet beyond = ToSet(grant.classes()) & ~grantable;
    if (beyond == 0) return absl::OkStatus();
    std::string names;
    for (const int privacy : grant.classes()) {
      if ((beyond & Bit(privacy)) == 0) continue;
      if (!names.empty()) names += ",";
      names += options::Privacy_Name(static_cast<options::Privacy>(privacy));
    }
    return Failure(pb::GRANT_CLASSES_INVALID,
                   "The policy does not allow the recipient these classes.",
                   {{"classes", names}});
  }

  static absl::Status RequireFittingTime(Change<pb::Grant> change) {
    const pb::Grant& grant = change.resource();
    const bool review = grant.basis() != pb::Grant::CONSENT;
    if (!grant.has_expire_time()) {
      return review ? FieldsInvalid({{"grant.expire_time",
                                      "is required: somebody must review it"}})
                    : absl::OkStatus();
    }
    const absl::Time expire = FromTimestamp(grant.expire_time());
    if (expire <= change->now() ||
        (review && expire > change->now() + kReview)) {
      return FieldsInvalid(
          {{"grant.expire_time",
            "must be in the future, and within 30 days for a basis other than "
            "consent"}});
    }
    return absl::OkStatus();
  }

  static absl::Status FillPreview(Change<pb::Grant> change) {
    pb::GrantPreview* preview = change.resource().mutable_preview();
    preview->set_direction(change->file->direction());
    preview->set_stage(change->file->stage());
    preview->set_owner_mission(change->file->owner_mission());
    int persons = 0;
    const absl::Status counted = change->around().ForEach(
        pb::Person::default_instance(),
        [&](const google::protobuf::Message& message) {
          const auto& person = static_cast<const pb::Person&>(message);
          if (person.state() == pb::Person::PRESENT) ++persons;
          return true;
        });
    preview->set_person_count(std::max(persons, 1));
    if (!counted.ok()) return counted;
    if (auto s = AddContent(change, pb::Plan::default_instance(), "plans");
        !s.ok()) {
      return s;
    }
    if (auto s = AddContent(change, pb::FeasibilityStudy::default_instance(),
                            "feasibilityStudies");
        !s.ok()) {
      return s;
    }
    return AddContent(change, pb::MonitoringVisit::default_instance(),
                      "visits");
  }

  // Names a kind of content that the file has; what was never sent is nobody's
  // business but its initiator's.
  static absl::Status AddContent(Change<pb::Grant> change,
                                 const google::protobuf::Message& prototype,
                                 const char* collection) {
    bool any = false;
    const absl::Status looked = change->around().ForEach(
        prototype, [&](const google::protobuf::Message& message) {
          const auto* header =
              message.GetDescriptor()->FindFieldByName("exchange");
          any = header == nullptr ||
                static_cast<const pb::Exchange&>(
                    message.GetReflection()->GetMessage(message, header))
                    .has_send_time();
          return !any;
        });
    if (any) change.resource().mutable_preview()->add_contents(collection);
    return looked;
  }

  // Keeps what the grant was before it changed.
  static void Remember(Change<pb::Grant> change) {
    pb::Grant& grant = change.resource();
    pb::GrantRevision* revision = grant.add_revisions();
    *revision->mutable_change_time() = ToTimestamp(change->now());
    revision->set_recipient(grant.recipient());
    revision->set_mode(grant.mode());
    *revision->mutable_classes() = grant.classes();
    if (grant.has_expire_time()) {
      *revision->mutable_expire_time() = grant.expire_time();
    }
    if (grant.revisions_size() > kMaxRevisions) {
      grant.mutable_revisions()->DeleteSubrange(0, 1);
    }
  }

  static void DropFact(Change<pb::Grant> change) {
    const std::string id = IdOf(change.resource());
    auto* grants = change->file_facts_now->mutable_grants();
    for (int i = grants->size() - 1; i >= 0; --i) {
      if (grants->Get(i).id() == id) grants->DeleteSubrange(i, 1);
    }
    RaiseEpoch(change->file_facts_now);
  }

  static void PutFact(Change<pb::Grant> change, bool in_force) {
    DropFact(change);
    const pb::Grant& grant = change.resource();
    internal::GrantFact* fact = change->file_facts_now->add_grants();
    fact->set_id(IdOf(grant));
    fact->set_recipient(grant.recipient());
    fact->set_mode(grant.mode());
    fact->set_purpose(grant.purpose());
    fact->set_classes(ToSet(grant.classes()));
    fact->set_basis(grant.basis());
    if (!grant.consent().empty()) {
      const auto consent = ParseResourceName(grant.consent());
      fact->set_consent(consent->id);
    }
    if (grant.has_expire_time()) {
      *fact->mutable_expire_time() = grant.expire_time();
    }
    fact->set_in_force(in_force);
  }

  // The whole file, in this transaction.
  static void HandOver(Change<pb::Grant> change) {
    const std::string& to = change.resource().recipient();
    change->sweeps.push_back(
        HandOverExchanges(change->file->owner_mission(), to));
    change->file_now->set_owner_mission(to);
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeGrantVerbs() { return std::make_unique<Grants>(); }

}  // namespace passerelle::domain
