// Guards and effects of consents: the facts beside the file are what every
// disclosure is decided on, and each change raises their epoch.

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "common/resource_name.h"
#include "generated/consent.verbs.h"
#include "passerelle/v1/grant.pb.h"
#include "passerelle/v1/person.pb.h"
#include "server/domain/age.h"
#include "server/domain/consents.h"
#include "server/domain/enum_set.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/persons.h"
#include "server/domain/stages.h"
#include "server/domain/visibility.h"

namespace passerelle::domain {
namespace {

class Consents final : public ConsentVerbs {
 public:
  absl::Status CreateConsent(const pb::CreateConsentRequest&,
                             Change<pb::Consent> change) override {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    if (auto s = RequireFittingRecipient(change); !s.ok()) return s;
    if (auto s = RequireComplete(change); !s.ok()) return s;
    const pb::Consent& consent = change.resource();
    internal::CaseFacts* facts = change->file_facts_now;
    internal::ConsentFact* fact = facts->add_consents();
    fact->set_id(IdOf(consent));
    fact->set_scope(consent.scope());
    fact->set_recipient(consent.recipient());
    if (!consent.subject().empty()) {
      const auto subject = ParseResourceName(consent.subject());
      fact->set_subject(subject->id);
    }
    fact->set_purposes(ToSet(consent.purposes()));
    if (consent.has_expire_time()) {
      *fact->mutable_expire_time() = consent.expire_time();
    }
    RaiseEpoch(facts);
    return absl::OkStatus();
  }

  absl::Status WithdrawConsent(const pb::WithdrawConsentRequest&,
                               Change<pb::Consent> change) override {
    pb::Consent& consent = change.resource();
    *consent.mutable_withdraw_time() = ToTimestamp(change->now());
    internal::CaseFacts* facts = change->file_facts_now;
    const std::string id = IdOf(consent);
    auto* consents = facts->mutable_consents();
    for (int i = consents->size() - 1; i >= 0; --i) {
      if (consents->Get(i).id() == id) consents->DeleteSubrange(i, 1);
    }
    RecallGrants(change, id);
    for (const std::string& mission : WhoLosesSight(change)) {
      internal::RecallFact* recall = facts->add_recalls();
      recall->set_consent(id);
      recall->set_mission(mission);
      pb::Recall* listed = consent.add_recalls();
      listed->set_mission(mission);
      *listed->mutable_recall_time() = ToTimestamp(change->now());
    }
    RaiseEpoch(facts);
    return absl::OkStatus();
  }

  absl::Status ConfirmRecall(const pb::ConfirmRecallRequest& request,
                             Change<pb::Consent> change) override {
    internal::CaseFacts* facts = change->file_facts_now;
    const std::string id = IdOf(change.resource());
    auto* recalls = facts->mutable_recalls();
    for (int i = 0; i < recalls->size(); ++i) {
      internal::RecallFact& recall = *recalls->Mutable(i);
      if (recall.consent() != id || recall.confirmed() ||
          recall.mission() != change->actor().mission) {
        continue;
      }
      recall.set_confirmed(true);
      for (pb::Recall& listed : *change.resource().mutable_recalls()) {
        if (listed.mission() == change->actor().mission) {
          *listed.mutable_confirm_time() = ToTimestamp(change->now());
          listed.set_comment(request.comment());
        }
      }
      return absl::OkStatus();
    }
    return Failure(pb::NOTHING_TO_CONFIRM,
                   "No recall waits for this mission's confirmation.");
  }

 private:
  static std::string IdOf(const pb::Consent& consent) {
    return ParseResourceName(consent.name())->id;
  }

  static absl::Status RecipientInvalid(const pb::Consent& consent) {
    return Failure(pb::CONSENT_RECIPIENT_INVALID,
                   "A consent of this scope is not one towards the recipient.",
                   {{"recipient", consent.recipient()}});
  }

  // Each scope is towards its own kind of partner, or towards nobody.
  static absl::Status RequireFittingRecipient(Change<pb::Consent> change) {
    const pb::Consent& consent = change.resource();
    const pb::Case& file = *change->file;
    const pb::Mission* recipient =
        change->around().FindMission(consent.recipient());
    switch (consent.scope()) {
      case pb::Consent::SHARE_WITH_ORIGIN_MISSION:
      case pb::Consent::SHARE_WITH_HOST_MISSION:
        if (consent.scope() != ShareScope(file) ||
            consent.recipient() != ShareRecipient(file)) {
          return RecipientInvalid(consent);
        }
        return RequireNotBarred(change.any(), consent.recipient());
      case pb::Consent::SHARE_WITH_ORIGIN_AUTHORITIES: {
        const pb::Mission* origin =
            change->around().FindMission(file.origin_mission());
        if (recipient == nullptr || origin == nullptr ||
            (recipient->kind() != options::CONSULATE &&
             recipient->kind() != options::MINISTRY &&
             recipient->kind() != options::BORDER)) {
          return RecipientInvalid(consent);
        }
        // Of no country at all: a refugee's file is not for authorities of the
        // country returned to, whatever passport the person holds.
        if (!change->file_facts->barred_countries().empty()) {
          return Failure(pb::RECIPIENT_BARRED,
                         "The file must not be shown to authorities.");
        }
        return RequirePartner(change.any(), consent.recipient());
      }
      case pb::Consent::SHARE_WITH_PARTNER:
      case pb::Consent::SHARE_MEDICAL:
        if (recipient == nullptr || recipient->kind() == options::CONSULATE ||
            recipient->kind() == options::MINISTRY ||
            recipient->kind() == options::BORDER ||
            recipient->kind() == options::GOVERNMENT ||
            recipient->kind() == options::PLATFORM) {
          return RecipientInvalid(consent);
        }
        if (auto s = RequirePartner(change.any(), consent.recipient());
            !s.ok()) {
          return s;
        }
        return RequireNotBarred(change.any(), consent.recipient());
      default:
        return consent.recipient().empty() ? absl::OkStatus()
                                           : RecipientInvalid(consent);
    }
  }

  // Whether the one who consents is a child; of the file's summary where the
  // principal is no person of the file yet.
  static absl::Status IsChild(Change<pb::Consent> change, bool* child) {
    const pb::Consent& consent = change.resource();
    if (consent.subject().empty()) {
      pb::BirthDate birth;
      birth.set_precision(pb::BirthDate::DAY);
      *birth.mutable_date() = change->file->principal().birth_date();
      if (birth.date().month() == 0) birth.set_precision(pb::BirthDate::YEAR);
      *child = IsSurelyUnder(kAdultAge, birth, change->now());
      return absl::OkStatus();
    }
    pb::Person person;
    const absl::Status found =
        change->around().Find(consent.subject(), &person);
    if (absl::IsNotFound(found) ||
        (found.ok() && person.state() != pb::Person::PRESENT)) {
      return FieldsInvalid(
          {{"consent.subject", "must be a person of the file"}});
    }
    if (!found.ok()) return found;
    *child = IsSurelyUnder(kAdultAge, person.birth_date(), change->now());
    return absl::OkStatus();
  }

  static absl::Status RequireComplete(Change<pb::Consent> change) {
    const pb::Consent& consent = change.resource();
    std::vector<FieldViolation> violations;
    if (consent.form() == pb::Consent::ORAL_WITNESSED &&
        consent.witness_name().empty()) {
      violations.push_back(
          {"consent.witness_name", "is required for a spoken consent"});
    }
    if (consent.has_expire_time() &&
        FromTimestamp(consent.expire_time()) <= change->now()) {
      violations.push_back({"consent.expire_time", "must be in the future"});
    }
    bool child = false;
    if (auto s = IsChild(change, &child); !s.ok()) return s;
    if (child && !consent.has_guardian()) {
      violations.push_back(
          {"consent.guardian", "is required: the subject is a child"});
    }
    if (child && consent.assent() == pb::Consent::ASSENT_UNSPECIFIED) {
      violations.push_back(
          {"consent.assent", "is required: the subject is a child"});
    }
    return violations.empty() ? absl::OkStatus()
                              : FieldsInvalid(std::move(violations));
  }

  // Grants that rest on the consent end with it.
  static void RecallGrants(Change<pb::Consent> change, const std::string& id) {
    auto* grants = change->file_facts_now->mutable_grants();
    bool any = false;
    for (int i = grants->size() - 1; i >= 0; --i) {
      if (grants->Get(i).consent() != id) continue;
      grants->DeleteSubrange(i, 1);
      any = true;
    }
    if (!any) return;
    const std::string name = change.resource().name();
    change->sweeps.push_back(
        {&pb::Grant::default_instance(),
         [name](google::protobuf::Message& message) {
           auto& grant = static_cast<pb::Grant&>(message);
           if (grant.consent() != name ||
               (grant.state() != pb::Grant::OFFERED &&
                grant.state() != pb::Grant::IN_FORCE &&
                grant.state() != pb::Grant::AWAITING_APPROVAL)) {
             return false;
           }
           grant.set_state(pb::Grant::RECALLED);
           return true;
         },
         "RecallGrant"});
  }

  // Missions that saw the file before the change and do not see it after.
  static std::set<std::string> WhoLosesSight(Change<pb::Consent> change) {
    const pb::Case& file = *change->file;
    std::set<std::string> candidates = {file.origin_mission(),
                                        file.host_mission()};
    candidates.insert(file.transit_missions().begin(),
                      file.transit_missions().end());
    for (const auto& grant : change->file_facts->grants()) {
      if (grant.in_force()) candidates.insert(grant.recipient());
    }
    constexpr EnumSet kNothing = Bit(options::RECALLED) | Bit(options::OFFEREE);
    const auto sees = [&](const internal::CaseFacts& facts,
                          const pb::Mission& mission) {
      return (RelationTo(file, facts, AsMission(mission), change->now()).roles &
              ~kNothing) != 0;
    };
    std::set<std::string> losers;
    for (const std::string& name : candidates) {
      const pb::Mission* mission = change->around().FindMission(name);
      if (mission != nullptr && sees(*change->file_facts, *mission) &&
          !sees(*change->file_facts_now, *mission)) {
        losers.insert(name);
      }
    }
    return losers;
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeConsentVerbs() {
  return std::make_unique<Consents>();
}

}  // namespace passerelle::domain
