// Guards and effects of broken glass: the fact beside the file is what opens
// classes to an officer, and what keeps its mission from doing it again before
// somebody looked into it.

#include <memory>
#include <string>

#include "common/resource_name.h"
#include "generated/emergency_access.verbs.h"
#include "server/domain/consents.h"
#include "server/domain/enum_set.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/policy.h"
#include "server/domain/visibility.h"

namespace passerelle::domain {
namespace {

constexpr absl::Duration kWindow = absl::Hours(2);
constexpr absl::Duration kReview = absl::Hours(24);

class EmergencyAccesses final : public EmergencyAccessVerbs {
 public:
  absl::Status BreakGlass(const pb::BreakGlassRequest&,
                          Change<pb::EmergencyAccess> change) override {
    const Actor& actor = change->actor();
    if (auto s = RequireNotBarred(change.any(), actor.mission); !s.ok()) {
      return s;
    }
    for (const auto& fact : change->file_facts->emergencies()) {
      if (fact.mission() == actor.mission) {
        return Failure(pb::EMERGENCY_REVIEW_OWED,
                       "The mission broke the glass of this file before, and "
                       "that was not reviewed yet.");
      }
    }
    if (auto s = RequireUseful(change); !s.ok()) return s;
    pb::EmergencyAccess& access = change.resource();
    access.set_mission(actor.mission);
    access.set_officer(actor.officer);
    *access.mutable_expire_time() = ToTimestamp(change->now() + kWindow);
    *access.mutable_review_due_time() = ToTimestamp(change->now() + kReview);
    internal::EmergencyFact* fact = change->file_facts_now->add_emergencies();
    fact->set_id(IdOf(access));
    fact->set_mission(actor.mission);
    fact->set_officer(actor.officer);
    fact->set_classes(ToSet(access.classes()));
    *fact->mutable_expire_time() = access.expire_time();
    // Colleagues of the officer are to know as well as the owner.
    change->tell_actor = true;
    return absl::OkStatus();
  }

  absl::Status ReviewEmergencyAccess(
      const pb::ReviewEmergencyAccessRequest& request,
      Change<pb::EmergencyAccess> change) override {
    pb::EmergencyAccess& access = change.resource();
    if (access.officer() == change->actor().officer) {
      return Failure(pb::SECOND_OFFICER_REQUIRED,
                     "Whoever broke the glass does not review it.");
    }
    if (request.finding() != pb::EmergencyAccess::JUSTIFIED &&
        request.comment().empty()) {
      return FieldsInvalid(
          {{"comment", "is required unless it was justified"}});
    }
    access.set_finding(request.finding());
    access.set_review_comment(request.comment());
    access.set_reviewer(change->actor().officer);
    *access.mutable_review_time() = ToTimestamp(change->now());
    if (FromTimestamp(access.expire_time()) > change->now()) {
      *access.mutable_expire_time() = access.review_time();
    }
    auto* facts = change->file_facts_now->mutable_emergencies();
    const std::string id = IdOf(access);
    for (int i = facts->size() - 1; i >= 0; --i) {
      if (facts->Get(i).id() == id) facts->DeleteSubrange(i, 1);
    }
    // Reads that were prepared under it are decided again.
    RaiseEpoch(change->file_facts_now);
    change->tell_actor = true;
    return absl::OkStatus();
  }

 private:
  static std::string IdOf(const pb::EmergencyAccess& access) {
    return ParseResourceName(access.name())->id;
  }

  // What is opened can be opened, and is hidden from the officer otherwise.
  static absl::Status RequireUseful(Change<pb::EmergencyAccess> change) {
    const pb::EmergencyAccess& access = change.resource();
    const EnumSet wanted = ToSet(access.classes());
    const EnumSet beyond = wanted & ~EmergencyClasses(change->actor());
    const EnumSet seen = RelationTo(*change->file, *change->file_facts,
                                    change->actor(), change->now())
                             .classes;
    if (beyond == 0 && (wanted & ~seen) != 0) return absl::OkStatus();
    return Failure(pb::EMERGENCY_CLASSES_INVALID,
                   "The classes cannot be opened to the officer in an "
                   "emergency, or are open to it anyway.",
                   {{"classes", PrivacyNames(access.classes(), beyond)}});
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeEmergencyAccessVerbs() {
  return std::make_unique<EmergencyAccesses>();
}

}  // namespace passerelle::domain
