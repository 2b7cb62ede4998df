#include "server/engine/directory.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
constexpr int kPage = 1000;

template <typename Resource>
absl::Status LoadAll(storage::ReadTransaction& tx, absl::string_view scope,
                     absl::string_view kind,
                     std::map<std::string, Resource, std::less<>>* all) {
  std::string after;
  while (true) {
    std::vector<storage::Record> records;
    PASSERELLE_RETURN_IF_ERROR(tx.List(scope, kind, after, kPage, &records));
    if (records.empty()) return absl::OkStatus();
    for (const storage::Record& record : records) {
      Resource resource;
      if (!resource.ParseFromString(record.message)) {
        return absl::DataLossError("directory entry damaged");
      }
      all->emplace(resource.name(), std::move(resource));
    }
    after = records.back().key.id;
  }
}

absl::Status OfficerUnknown() {
  return domain::Failure(pb::OFFICER_NOT_AUTHORIZED,
                         "The officer asserted in passerelle-officer is not a "
                         "valid officer of the calling mission.");
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Directory>> Directory::Load(
    storage::Store* store) {
  auto directory = std::make_shared<Directory>();
  const absl::Status loaded = store->Read([&](storage::ReadTransaction& tx) {
    directory->missions_.clear();
    directory->officers_.clear();
    PASSERELLE_RETURN_IF_ERROR(
        LoadAll(tx, "missions", "missions", &directory->missions_));
    for (const auto& [name, mission] : directory->missions_) {
      PASSERELLE_RETURN_IF_ERROR(
          LoadAll(tx, name, "officers", &directory->officers_));
    }
    return absl::OkStatus();
  });
  PASSERELLE_RETURN_IF_ERROR(loaded);
  return std::shared_ptr<const Directory>(std::move(directory));
}

const pb::Mission* Directory::FindMission(absl::string_view name) const {
  const auto it = missions_.find(name);
  return it == missions_.end() ? nullptr : &it->second;
}

absl::StatusOr<domain::Actor> Directory::Resolve(const CallerIdentity& caller,
                                                 absl::Time now) const {
  domain::Actor actor;
  actor.mission = absl::StrCat("missions/", caller.mission);
  const pb::Mission* mission = FindMission(actor.mission);
  if (mission == nullptr || mission->suspended()) {
    return domain::Failure(
        pb::IDENTITY_UNKNOWN,
        "The certificate's mission is not registered or is suspended.");
  }
  actor.mission_kind = mission->kind();
  actor.workload = caller.workload;
  actor.certificate = caller.certificate;
  if (caller.officer.empty()) return actor;
  if (!absl::StartsWith(caller.officer,
                        absl::StrCat(actor.mission, "/officers/"))) {
    return OfficerUnknown();
  }
  const auto it = officers_.find(caller.officer);
  if (it == officers_.end()) return OfficerUnknown();
  const pb::Officer& officer = it->second;
  if ((officer.has_valid_from_time() &&
       now < domain::FromTimestamp(officer.valid_from_time())) ||
      (officer.has_valid_until_time() &&
       now >= domain::FromTimestamp(officer.valid_until_time()))) {
    return OfficerUnknown();
  }
  actor.officer = caller.officer;
  for (const int role : officer.roles()) {
    actor.officer_roles |= domain::Bit(role);
  }
  return actor;
}

}  // namespace passerelle::engine
