#include "demo/registration.h"

#include <memory>
#include <set>

#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "clients/cpp/profile.h"
#include "common/status_macros.h"
#include "demo/caseload.h"
#include "demo/office.h"
#include "passerelle/v1/directory.pb.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;
namespace options = ::passerelle::options::v1;

struct Post {
  const char* id;
  const char* display_name;
  options::OfficerRole role;
  bool origin_only;
};
constexpr Post kPosts[] = {
    {"cm", "Case manager", options::CASE_MANAGER, false},
    {"fp", "Focal point", options::FOCAL_POINT, false},
    {"mo", "Medical officer", options::MEDICAL_OFFICER, false},
    {"po", "Protection officer", options::PROTECTION_OFFICER, false},
    {"fp2", "Deputy focal point", options::FOCAL_POINT, true},
    {"ro", "Reintegration officer", options::REINTEGRATION_OFFICER, true},
    {"me", "Monitoring officer", options::MONITORING_OFFICER, true},
};

absl::Status RegisterMission(client::Client* operator_client,
                             const std::string& country) {
  pb::CreateMissionRequest request;
  request.set_mission_id(MissionId(country));
  pb::Mission* mission = request.mutable_mission();
  mission->set_display_name(absl::StrCat("IOM ", country));
  mission->set_kind(options::IOM_MISSION);
  mission->set_country(country);
  mission->set_accredited(true);
  PASSERELLE_RETURN_IF_ERROR(
      operator_client
          ->Call<pb::Mission>("passerelle.v1.DirectoryService/CreateMission",
                              request)
          .status());
  for (const Post& post : kPosts) {
    if (post.origin_only && country != kOriginCountry) continue;
    pb::CreateOfficerRequest create;
    create.set_parent(absl::StrCat("missions/", MissionId(country)));
    create.set_officer_id(post.id);
    create.mutable_officer()->set_display_name(post.display_name);
    create.mutable_officer()->add_roles(post.role);
    PASSERELLE_RETURN_IF_ERROR(
        operator_client
            ->Call<pb::Officer>("passerelle.v1.DirectoryService/CreateOfficer",
                                create)
            .status());
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RegisterMissions(const std::string& profiles,
                              const std::string& caseload) {
  PASSERELLE_ASSIGN_OR_RETURN(const auto people, ReadCaseload(caseload));
  PASSERELLE_ASSIGN_OR_RETURN(const client::Profile profile,
                              client::LoadProfile(profiles, "platform"));
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<client::Client> client,
                              client::Client::Open(profile));
  std::set<std::string> countries = {kOriginCountry};
  for (const Invented& one : people) countries.insert(one.host);
  for (const std::string& country : countries) {
    PASSERELLE_RETURN_IF_ERROR(RegisterMission(client.get(), country));
  }
  return absl::OkStatus();
}

}  // namespace passerelle::demo
