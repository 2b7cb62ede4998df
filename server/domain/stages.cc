#include "server/domain/stages.h"

namespace passerelle::domain {

namespace pb = ::passerelle::v1;

bool IsSent(const pb::Case& file) {
  if (file.has_sent_time()) return true;
  // Files of servers that did not keep the time; withdrawn ones of theirs are
  // taken for never sent.
  switch (file.stage()) {
    case pb::Case::PROPOSED:
    case pb::Case::ACCEPTED:
    case pb::Case::DECLINED:
    case pb::Case::ARRIVED:
    case pb::Case::CLOSED:
      return true;
    default:
      return false;
  }
}

bool HasEnded(const pb::Case& file) {
  return file.stage() == pb::Case::CLOSED ||
         file.stage() == pb::Case::WITHDRAWN ||
         file.stage() == pb::Case::PERSON_DECEASED ||
         file.stage() == pb::Case::ADMIN_CLOSED ||
         file.stage() == pb::Case::ERASED;
}

bool HasReturned(const pb::Case& file) {
  switch (file.stage()) {
    case pb::Case::ARRIVED:
    case pb::Case::IN_CONTACT:
    case pb::Case::UNREACHABLE:
    case pb::Case::PLAN_AGREED:
    case pb::Case::IMPLEMENTING:
    case pb::Case::REINTEGRATION:
    case pb::Case::MONITORING:
      return true;
    default:
      return false;
  }
}

bool CanBeHeld(const pb::Case& file) {
  return file.direction() == pb::Case::OUTBOUND && !HasEnded(file) &&
         !HasReturned(file) && file.stage() != pb::Case::DEPARTED;
}

const std::string& ShareRecipient(const pb::Case& file) {
  return file.retroactive() ? file.host_mission() : file.origin_mission();
}

pb::Consent::Scope ShareScope(const pb::Case& file) {
  return file.retroactive() ? pb::Consent::SHARE_WITH_HOST_MISSION
                            : pb::Consent::SHARE_WITH_ORIGIN_MISSION;
}

}  // namespace passerelle::domain
