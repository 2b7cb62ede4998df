#include "server/domain/consents.h"

#include "absl/functional/function_ref.h"
#include "absl/strings/str_cat.h"
#include "common/resource_name.h"
#include "passerelle/v1/consent.pb.h"
#include "server/domain/errors.h"
#include "server/domain/stages.h"
#include "server/domain/visibility.h"

namespace passerelle::domain {
namespace {

// One of the consents in force has the cited name, and is fit for what is to be
// shared. Several may be in force.
absl::Status RequireConsent(
    const AnyChange& change, absl::string_view consent_name,
    absl::FunctionRef<bool(const internal::ConsentFact&)> fits) {
  for (const internal::ConsentFact& fact : change.file_facts->consents()) {
    if (fits(fact) && fact.subject().empty() && InForceAt(fact, change.now()) &&
        consent_name ==
            absl::StrCat(change.file->name(), "/consents/", fact.id())) {
      return absl::OkStatus();
    }
  }
  pb::Consent consent;
  const absl::Status found = change.around().Find(consent_name, &consent);
  if (!found.ok() && !absl::IsNotFound(found)) return found;
  if (found.ok() && consent.state() == pb::Consent::WITHDRAWN) {
    return Failure(pb::CONSENT_WITHDRAWN, "The cited consent was withdrawn.");
  }
  return Failure(pb::CONSENT_MISSING,
                 "The cited consent is not one in force for what is to be "
                 "shared.");
}

bool IsAuthority(options::MissionKind kind) {
  return kind == options::CONSULATE || kind == options::MINISTRY ||
         kind == options::BORDER || kind == options::GOVERNMENT;
}

// To hand the file over to the mission that the person returns to, the consent
// under which it sees the file is enough.
bool CoversGrant(const AnyChange& change, const internal::ConsentFact& fact,
                 const pb::Mission& recipient, options::Purpose purpose) {
  pb::Consent::Scope scope = pb::Consent::SHARE_WITH_PARTNER;
  if (recipient.name() == change.file->origin_mission()) {
    scope = pb::Consent::SHARE_WITH_ORIGIN_MISSION;
  } else if (IsAuthority(recipient.kind())) {
    scope = pb::Consent::SHARE_WITH_ORIGIN_AUTHORITIES;
  }
  return fact.scope() == scope && fact.recipient() == recipient.name() &&
         Covers(fact, purpose);
}

}  // namespace

absl::Status RequireShareConsent(const AnyChange& change,
                                 absl::string_view consent_name) {
  return RequireConsent(
      change, consent_name, [&](const internal::ConsentFact& fact) {
        return fact.scope() == ShareScope(*change.file) &&
               fact.recipient() == ShareRecipient(*change.file) &&
               Covers(fact, options::CASE_MANAGEMENT);
      });
}

absl::Status RequireKeepConsent(const AnyChange& change,
                                absl::string_view consent_name) {
  return RequireConsent(change, consent_name,
                        [](const internal::ConsentFact& fact) {
                          return fact.scope() == pb::Consent::KEEP_FILE;
                        });
}

absl::Status RequireGrantConsent(const AnyChange& change,
                                 const pb::Mission& recipient,
                                 options::Purpose purpose,
                                 absl::string_view consent_name) {
  return RequireConsent(change, consent_name,
                        [&](const internal::ConsentFact& fact) {
                          return CoversGrant(change, fact, recipient, purpose);
                        });
}

std::string FindGrantConsent(const AnyChange& change,
                             const pb::Mission& recipient,
                             options::Purpose purpose) {
  for (const internal::ConsentFact& fact : change.file_facts->consents()) {
    if (fact.subject().empty() && InForceAt(fact, change.now()) &&
        CoversGrant(change, fact, recipient, purpose)) {
      return absl::StrCat(change.file->name(), "/consents/", fact.id());
    }
  }
  return "";
}

absl::Status RestOnLiveConsent(AnyChange& change) {
  pb::Exchange& header = *change.header;
  for (const std::string& cited : header.consents()) {
    if (RequireShareConsent(change, cited).ok()) return absl::OkStatus();
  }
  const internal::ConsentFact* live =
      LiveConsent(*change.file_facts, ShareScope(*change.file),
                  ShareRecipient(*change.file), change.now());
  if (live == nullptr) {
    return RequireShareConsent(
        change, header.consents().empty()
                    ? absl::string_view()
                    : absl::string_view(*header.consents().rbegin()));
  }
  header.add_consents(
      absl::StrCat(change.file->name(), "/consents/", live->id()));
  return absl::OkStatus();
}

absl::Status RequirePartner(const AnyChange& change,
                            absl::string_view mission) {
  const pb::Mission* found = change.around().FindMission(mission);
  if (found == nullptr || !found->accredited() || found->suspended()) {
    return Failure(pb::COUNTERPART_NOT_ACCREDITED,
                   "A partner that the file is addressed to is unknown or not "
                   "accredited.",
                   {{"mission", std::string(mission)}});
  }
  return absl::OkStatus();
}

absl::Status RequireAccredited(const AnyChange& change,
                               absl::string_view mission) {
  const pb::Mission* found = change.around().FindMission(mission);
  if (found != nullptr && found->kind() != options::IOM_MISSION) {
    return Failure(pb::COUNTERPART_NOT_ACCREDITED,
                   "A mission that the file is addressed to is not a mission "
                   "of IOM.",
                   {{"mission", std::string(mission)}});
  }
  return RequirePartner(change, mission);
}

absl::Status RequireNotBarred(const AnyChange& change,
                              absl::string_view mission) {
  const pb::Mission* found = change.around().FindMission(mission);
  if (found == nullptr || !IsBarred(*change.file_facts, found->country())) {
    return absl::OkStatus();
  }
  return Failure(pb::RECIPIENT_BARRED,
                 "The file must not be shown to partners of that country.");
}

absl::Status RequireFileOpen(const pb::Case& file) {
  if (HasEnded(file)) return StateForbids(pb::Case::Stage_Name(file.stage()));
  return absl::OkStatus();
}

void RaiseEpoch(internal::CaseFacts* facts) {
  facts->set_consent_epoch(facts->consent_epoch() + 1);
}

}  // namespace passerelle::domain
