// Guards and effects of legal holds: the fact beside the file is what stops an
// erasure. Each is asked for by one officer and decided by another.

#include <memory>
#include <string>

#include "common/resource_name.h"
#include "generated/legal_hold.verbs.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::domain {
namespace {

class LegalHolds final : public LegalHoldVerbs {
 public:
  absl::Status PlaceLegalHold(const pb::PlaceLegalHoldRequest&,
                              Change<pb::LegalHold> change) override {
    change.resource().set_author(change->actor().officer);
    change->tell_actor = true;  // whoever has to decide
    return absl::OkStatus();
  }

  absl::Status ApproveLegalHold(const pb::ApproveLegalHoldRequest&,
                                Change<pb::LegalHold> change) override {
    pb::LegalHold& hold = change.resource();
    if (auto s = RequireOther(change, hold.author()); !s.ok()) return s;
    hold.set_approver(change->actor().officer);
    *hold.mutable_approve_time() = ToTimestamp(change->now());
    change->file_facts_now->add_legal_holds(IdOf(hold));
    change->tell_actor = true;
    return absl::OkStatus();
  }

  absl::Status RequestLegalHoldRelease(
      const pb::RequestLegalHoldReleaseRequest&,
      Change<pb::LegalHold> change) override {
    change.resource().set_release_author(change->actor().officer);
    change->tell_actor = true;
    return absl::OkStatus();
  }

  absl::Status ApproveLegalHoldRelease(
      const pb::ApproveLegalHoldReleaseRequest&,
      Change<pb::LegalHold> change) override {
    pb::LegalHold& hold = change.resource();
    if (auto s = RequireOther(change, hold.release_author()); !s.ok()) return s;
    hold.set_release_approver(change->actor().officer);
    *hold.mutable_release_time() = ToTimestamp(change->now());
    auto* holds = change->file_facts_now->mutable_legal_holds();
    const std::string id = IdOf(hold);
    for (int i = holds->size() - 1; i >= 0; --i) {
      if (holds->Get(i) == id) holds->DeleteSubrange(i, 1);
    }
    change->tell_actor = true;
    return absl::OkStatus();
  }

  absl::Status RefuseLegalHold(const pb::RefuseLegalHoldRequest&,
                               Change<pb::LegalHold> change) override {
    pb::LegalHold& hold = change.resource();
    change->tell_actor = true;
    if (hold.state() == pb::LegalHold::AWAITING_RELEASE) {
      hold.clear_release_author();
      change->chosen_state = pb::LegalHold::IN_FORCE;
      return absl::OkStatus();
    }
    hold.set_approver(change->actor().officer);
    return absl::OkStatus();
  }

 private:
  static std::string IdOf(const pb::LegalHold& hold) {
    return ParseResourceName(hold.name())->id;
  }

  static absl::Status RequireOther(Change<pb::LegalHold> change,
                                   const std::string& author) {
    if (change->actor().officer != author) return absl::OkStatus();
    return Failure(pb::SECOND_OFFICER_REQUIRED,
                   "Whoever asked for it does not decide it.");
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeLegalHoldVerbs() {
  return std::make_unique<LegalHolds>();
}

}  // namespace passerelle::domain
