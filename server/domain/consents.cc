#include "server/domain/consents.h"

#include "absl/strings/str_cat.h"
#include "passerelle/v1/consent.pb.h"
#include "server/domain/errors.h"
#include "server/domain/visibility.h"

namespace passerelle::domain {

absl::Status RequireShareConsent(const AnyChange& change,
                                 absl::string_view consent_name) {
  const internal::ConsentFact* live =
      LiveConsent(*change.file_facts, pb::Consent::SHARE_WITH_ORIGIN_MISSION,
                  change.file->origin_mission());
  // Several consents may be in force; the cited one must be among them.
  for (const internal::ConsentFact& fact : change.file_facts->consents()) {
    if (live != nullptr && fact.scope() == live->scope() &&
        fact.recipient() == live->recipient() &&
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
                 "The cited consent is not one in force to share the file "
                 "with the origin mission.");
}

absl::Status RestOnLiveConsent(AnyChange& change) {
  pb::Exchange& header = *change.header;
  for (const std::string& cited : header.consents()) {
    if (RequireShareConsent(change, cited).ok()) return absl::OkStatus();
  }
  const internal::ConsentFact* live =
      LiveConsent(*change.file_facts, pb::Consent::SHARE_WITH_ORIGIN_MISSION,
                  change.file->origin_mission());
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

absl::Status RequireAccredited(const AnyChange& change,
                               absl::string_view mission) {
  const pb::Mission* found = change.around().FindMission(mission);
  if (found == nullptr || !found->accredited() || found->suspended() ||
      found->kind() != options::IOM_MISSION) {
    return Failure(pb::COUNTERPART_NOT_ACCREDITED,
                   "A mission that the file is addressed to is not an "
                   "accredited mission of IOM.",
                   {{"mission", std::string(mission)}});
  }
  return absl::OkStatus();
}

absl::Status RequireFileOpen(const pb::Case& file) {
  if (file.stage() == pb::Case::CLOSED || file.stage() == pb::Case::WITHDRAWN) {
    return StateForbids(pb::Case::Stage_Name(file.stage()));
  }
  return absl::OkStatus();
}

}  // namespace passerelle::domain
