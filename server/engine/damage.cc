#include "server/engine/damage.h"

#include "passerelle/v1/error_reason.pb.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

bool Admits(const domain::MethodSpec* method, domain::EnumSet roles) {
  return method != nullptr && domain::PositionAdmits(*method, roles);
}

}  // namespace

bool IsDamaged(const absl::Status& status) {
  return !status.ok() && domain::ReasonNumber(status) == pb::STORAGE_DAMAGED;
}

bool IsErased(const absl::Status& status) {
  return !status.ok() && domain::ReasonNumber(status) == pb::RESOURCE_ERASED;
}

absl::Status FileNotLoaded(storage::ReadTransaction* tx,
                           const domain::Actor& actor,
                           const std::string& case_id,
                           const absl::Status& why) {
  if (absl::IsNotFound(why)) return domain::NotVisible();
  bool party = false;
  if ((IsDamaged(why) || IsErased(why)) &&
      tx->IsParty(actor.mission, case_id, &party).ok() && !party) {
    return domain::NotVisible();
  }
  return why;
}

bool MayKnow(const domain::KindSpec& kind, const storage::Record& record,
             const domain::Relation& relation) {
  if (!relation.sees() || record.kind != kind.collection) return false;
  const bool draft = kind.is_exchange() &&
                     kind.PhaseOf(record.state) == domain::options::DRAFT;
  return Admits(draft ? kind.create : kind.get, relation.roles);
}

absl::Status ResourceNotLoaded(const domain::KindSpec& kind, const File& file,
                               const Loaded& loaded, const domain::Actor& actor,
                               absl::Time now, const absl::Status& why) {
  if (absl::IsNotFound(why)) return domain::NotVisible();
  if ((IsDamaged(why) || IsErased(why)) &&
      !MayKnow(kind, loaded.record,
               domain::RelationTo(file.message, file.facts, actor, now))) {
    return domain::NotVisible();
  }
  return why;
}

}  // namespace passerelle::engine
