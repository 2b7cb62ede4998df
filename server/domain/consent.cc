// Guards and effects of consents: the facts beside the file are what every
// disclosure is decided on, and each change raises their epoch.

#include <memory>

#include "common/resource_name.h"
#include "generated/consent.verbs.h"
#include "server/domain/consents.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::domain {
namespace {

class Consents final : public ConsentVerbs {
 public:
  absl::Status CreateConsent(const pb::CreateConsentRequest&,
                             Change<pb::Consent> change) override {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    const pb::Consent& consent = change.resource();
    if (consent.recipient() != change->file->origin_mission()) {
      return Failure(pb::CONSENT_RECIPIENT_INVALID,
                     "The recipient is not the origin mission of the file.",
                     {{"recipient", consent.recipient()}});
    }
    internal::CaseFacts* facts = change->file_facts_now;
    internal::ConsentFact* fact = facts->add_consents();
    fact->set_id(ParseResourceName(consent.name())->id);
    fact->set_scope(consent.scope());
    fact->set_recipient(consent.recipient());
    facts->set_consent_epoch(facts->consent_epoch() + 1);
    return absl::OkStatus();
  }

  absl::Status WithdrawConsent(const pb::WithdrawConsentRequest&,
                               Change<pb::Consent> change) override {
    *change.resource().mutable_withdraw_time() = ToTimestamp(change->now());
    internal::CaseFacts* facts = change->file_facts_now;
    const std::string id = ParseResourceName(change.resource().name())->id;
    auto* consents = facts->mutable_consents();
    for (int i = consents->size() - 1; i >= 0; --i) {
      if (consents->Get(i).id() == id) consents->DeleteSubrange(i, 1);
    }
    facts->set_consent_epoch(facts->consent_epoch() + 1);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeConsentVerbs() {
  return std::make_unique<Consents>();
}

}  // namespace passerelle::domain
