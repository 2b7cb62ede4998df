#ifndef PASSERELLE_SERVER_ENGINE_DIRECTORY_H_
#define PASSERELLE_SERVER_ENGINE_DIRECTORY_H_

#include <map>
#include <memory>
#include <set>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "passerelle/v1/directory.pb.h"
#include "server/domain/actor.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// What a caller claims to be. The transport has verified mission, workload and
// certificate; the officer is asserted by the mission.
struct CallerIdentity {
  std::string mission;  // id as in the certificate, e.g. iom-ma
  std::string workload;
  std::string certificate;  // SHA-256, raw bytes
  std::string officer;      // resource name, or empty
};

// All missions and officers as of one commit. Immutable and thread safe.
class Directory {
 public:
  static absl::StatusOr<std::shared_ptr<const Directory>> Load(
      storage::Store* store);

  // Names of the missions among the records, or whose officers are.
  static std::set<std::string> MissionsAmong(
      const std::set<storage::RecordKey>& keys);

  // This directory with these missions and their officers as they are stored
  // now. The others are shared: 300 missions of 50 officers take 50 ms to load
  // in a debug build, one of them 0.3 ms, and the writer waits for it.
  absl::StatusOr<std::shared_ptr<const Directory>> Reload(
      storage::Store* store, const std::set<std::string>& missions) const;

  // Null when there is no such mission.
  const ::passerelle::v1::Mission* FindMission(absl::string_view name) const;

  // Turns a claim into an actor.
  // Returns: IDENTITY_UNKNOWN for a mission that is unknown or suspended;
  // OFFICER_NOT_AUTHORIZED for an officer who is not the mission's, unknown or
  // outside validity.
  absl::StatusOr<domain::Actor> Resolve(const CallerIdentity& caller,
                                        absl::Time now) const;

 private:
  struct Entry {
    ::passerelle::v1::Mission mission;
    // By name.
    std::map<std::string, ::passerelle::v1::Officer, std::less<>> officers;
  };
  static absl::Status LoadOfficers(storage::ReadTransaction* tx, Entry* entry);

  std::map<std::string, std::shared_ptr<const Entry>, std::less<>> missions_;
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_DIRECTORY_H_
