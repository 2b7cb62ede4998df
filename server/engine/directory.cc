#include "server/engine/directory.h"

#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/file.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
constexpr int kPage = 1000;
constexpr char kMissions[] = "missions";

// Calls `take` with each record of the kind in the scope.
template <typename Resource, typename Take>
absl::Status LoadAll(storage::ReadTransaction* tx, absl::string_view scope,
                     absl::string_view kind, const Take& take) {
  std::string after;
  while (true) {
    std::vector<storage::Record> records;
    PASSERELLE_RETURN_IF_ERROR(tx->List(scope, kind, after, kPage, &records));
    if (records.empty()) return absl::OkStatus();
    for (const storage::Record& record : records) {
      Resource resource;
      if (!IsReadable(record) || !resource.ParseFromString(record.message)) {
        return absl::DataLossError("directory entry damaged");
      }
      take(std::move(resource));
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
    std::vector<std::shared_ptr<Entry>> entries;
    PASSERELLE_RETURN_IF_ERROR(LoadAll<pb::Mission>(
        &tx, kMissions, kMissions, [&](pb::Mission mission) {
          entries.push_back(std::make_shared<Entry>());
          entries.back()->mission = std::move(mission);
        }));
    for (const std::shared_ptr<Entry>& entry : entries) {
      PASSERELLE_RETURN_IF_ERROR(LoadOfficers(&tx, entry.get()));
      directory->missions_[entry->mission.name()] = entry;
    }
    return absl::OkStatus();
  });
  PASSERELLE_RETURN_IF_ERROR(loaded);
  return std::shared_ptr<const Directory>(std::move(directory));
}

std::set<std::string> Directory::MissionsAmong(
    const std::set<storage::RecordKey>& keys) {
  std::set<std::string> missions;
  for (const storage::RecordKey& key : keys) {
    if (key.scope == kMissions) {
      missions.insert(RootName(kMissions, key.id));
    } else if (absl::StartsWith(key.scope, RootName(kMissions, ""))) {
      missions.insert(key.scope);
    }
  }
  return missions;
}

absl::StatusOr<std::shared_ptr<const Directory>> Directory::Reload(
    storage::Store* store, const std::set<std::string>& missions) const {
  auto fresh = std::make_shared<Directory>();
  const absl::Status loaded = store->Read([&](storage::ReadTransaction& tx) {
    fresh->missions_ = missions_;
    for (const std::string& name : missions) {
      storage::Record record;
      const absl::Status found =
          tx.Get({kMissions, std::string(absl::StripPrefix(name, "missions/"))},
                 &record);
      if (absl::IsNotFound(found)) continue;  // its creation was undone
      PASSERELLE_RETURN_IF_ERROR(found);
      auto entry = std::make_shared<Entry>();
      if (!IsReadable(record) ||
          !entry->mission.ParseFromString(record.message)) {
        return absl::DataLossError("directory entry damaged");
      }
      PASSERELLE_RETURN_IF_ERROR(LoadOfficers(&tx, entry.get()));
      fresh->missions_[name] = std::move(entry);
    }
    return absl::OkStatus();
  });
  PASSERELLE_RETURN_IF_ERROR(loaded);
  return std::shared_ptr<const Directory>(std::move(fresh));
}

absl::Status Directory::LoadOfficers(storage::ReadTransaction* tx,
                                     Entry* entry) {
  return LoadAll<pb::Officer>(
      tx, entry->mission.name(), "officers", [&](pb::Officer officer) {
        std::string name = officer.name();
        entry->officers.emplace(std::move(name), std::move(officer));
      });
}

const pb::Mission* Directory::FindMission(absl::string_view name) const {
  const auto it = missions_.find(name);
  return it == missions_.end() ? nullptr : &it->second->mission;
}

absl::StatusOr<domain::Actor> Directory::Resolve(const CallerIdentity& caller,
                                                 absl::Time now) const {
  domain::Actor actor;
  actor.mission = absl::StrCat("missions/", caller.mission);
  const auto entry = missions_.find(actor.mission);
  if (entry == missions_.end() || entry->second->mission.suspended()) {
    return domain::Failure(
        pb::IDENTITY_UNKNOWN,
        "The certificate's mission is not registered or is suspended.");
  }
  actor.mission_kind = entry->second->mission.kind();
  actor.country = entry->second->mission.country();
  actor.workload = caller.workload;
  actor.certificate = caller.certificate;
  if (caller.officer.empty()) return actor;
  if (!absl::StartsWith(caller.officer,
                        absl::StrCat(actor.mission, "/officers/"))) {
    return OfficerUnknown();
  }
  const auto& officers = entry->second->officers;
  const auto it = officers.find(caller.officer);
  if (it == officers.end()) return OfficerUnknown();
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
