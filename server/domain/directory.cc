// Guards and effects of the directory.

#include <memory>

#include "generated/directory.verbs.h"
#include "server/domain/errors.h"

namespace passerelle::domain {
namespace {

class Directory final : public DirectoryVerbs {
 public:
  absl::Status CreateMission(const pb::CreateMissionRequest&,
                             Change<pb::Mission>) override {
    return absl::OkStatus();
  }

  absl::Status UpdateMission(const pb::UpdateMissionRequest&,
                             Change<pb::Mission>) override {
    return absl::OkStatus();
  }

  absl::Status CreateOfficer(const pb::CreateOfficerRequest& request,
                             Change<pb::Officer> change) override {
    const pb::Mission* mission = change->around().FindMission(request.parent());
    if (mission == nullptr) {
      return Failure(pb::RESOURCE_NOT_FOUND, "There is no such mission.");
    }
    return CheckRoles(change, *mission);
  }

  absl::Status UpdateOfficer(const pb::UpdateOfficerRequest& request,
                             Change<pb::Officer> change) override {
    const std::string& name = request.officer().name();
    const pb::Mission* mission =
        change->around().FindMission(name.substr(0, name.find("/officers/")));
    if (mission == nullptr) {
      return Failure(pb::RESOURCE_NOT_FOUND, "There is no such mission.");
    }
    return CheckRoles(change, *mission);
  }

 private:
  // Only the platform's own officers operate it.
  static absl::Status CheckRoles(Change<pb::Officer> change,
                                 const pb::Mission& mission) {
    for (const int role : change.resource().roles()) {
      if (role == options::OPERATOR && mission.kind() != options::PLATFORM) {
        return FieldsInvalid(
            {{"officer.roles",
              "OPERATOR is for the platform's own officers."}});
      }
    }
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeDirectoryVerbs() {
  return std::make_unique<Directory>();
}

}  // namespace passerelle::domain
