#include "tests/bench/fleet.h"

#include <grpcpp/generic/generic_stub.h>

#include <algorithm>
#include <chrono>
#include <future>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/client.h"
#include "common/status_macros.h"
#include "echo.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/support/test_pki.h"
#include "tests/support/test_server.h"

namespace passerelle::bench {
namespace {

namespace pb = ::passerelle::v1;
namespace options = ::passerelle::options::v1;
using testing::TestPki;

constexpr const char* kCountries[kMissions] = {"TN", "MA", "ES", "DE",
                                               "FR", "BE", "NL", "IT"};
constexpr char kStudies[] = "passerelle.v1.FeasibilityStudyService/";
constexpr char kMailbox[] = "passerelle.v1.MailboxService/";
constexpr char kPlaceholderId[] = "00000000-0000-4000-8000-00000000face";

std::string MissionId(int mission) {
  return absl::StrCat("bench-", absl::AsciiStrToLower(kCountries[mission]));
}

std::string OfficerOf(absl::string_view mission) {
  return absl::StrCat("missions/", mission, "/officers/cm");
}

// A channel that shares its connection with no other.
std::shared_ptr<grpc::Channel> Connect(int port, absl::string_view mission) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel(absl::StrCat("localhost:", port),
                                   TestPki::Shared().Client(mission, "batch"),
                                   arguments);
}

std::vector<std::shared_ptr<grpc::Channel>> ConnectAll(int port) {
  std::vector<std::shared_ptr<grpc::Channel>> channels;
  for (int i = 0; i < kLines; ++i) {
    channels.push_back(Connect(port, MissionId(i % kMissions)));
  }
  for (const auto& channel : channels) {
    channel->WaitForConnected(std::chrono::system_clock::now() +
                              std::chrono::seconds(10));
  }
  return channels;
}

std::string Question() {
  constexpr int kOverhead = 170;  // names, request id
  std::string text;
  while (text.size() < kPayloadBytes - kOverhead) {
    text += "Is there room for another bakery beside the two of the quarter? ";
  }
  text.resize(kPayloadBytes - kOverhead);
  return text;
}

template <typename Response>
absl::Status Ask(client::Client* client, absl::string_view method,
                 const google::protobuf::Message& request, Response* response) {
  PASSERELLE_ASSIGN_OR_RETURN(*response,
                              client->Call<Response>(method, request));
  return absl::OkStatus();
}

pb::CreateFeasibilityStudyRequest NewStudy(const std::string& file,
                                           const std::string& plan) {
  pb::CreateFeasibilityStudyRequest request;
  request.set_parent(file);
  request.mutable_feasibility_study()->set_plan(plan);
  request.mutable_feasibility_study()->set_question(Question());
  return request;
}

}  // namespace

struct Fleet::Member {
  std::string mission;
  std::string origin;  // of its files
  std::unique_ptr<client::Client> client;
  std::vector<Template> writes;
  std::vector<Template> reads;
  std::vector<Template> fetches;
};

Fleet::Fleet(int port) : port_(port), channels_(ConnectAll(port)) {
  for (int i = 0; i < kMissions; ++i) {
    auto member = std::make_shared<Member>();
    member->mission = MissionId(i);
    member->origin = MissionId((i + 1) % kMissions);
    member->client = client::Client::OverChannel(
        channels_[static_cast<size_t>(i)], OfficerOf(member->mission));
    members_.push_back(std::move(member));
  }
}

absl::StatusOr<std::unique_ptr<Fleet>> Fleet::Prepare(int port) {
  std::unique_ptr<Fleet> fleet(new Fleet(port));
  PASSERELLE_RETURN_IF_ERROR(fleet->Register());
  std::vector<std::future<absl::Status>> opened;
  for (const auto& member : fleet->members_) {
    opened.push_back(std::async(std::launch::async, [&fleet, member] {
      return fleet->OpenFiles(member.get());
    }));
  }
  absl::Status status;
  for (auto& one : opened) status.Update(one.get());
  PASSERELLE_RETURN_IF_ERROR(status);
  for (const auto& member : fleet->members_) {
    pb::FetchMailboxRequest request;
    request.set_max_entries(kFetchedEntries);
    pb::FetchMailboxResponse mail;
    PASSERELLE_RETURN_IF_ERROR(Ask(member->client.get(),
                                   absl::StrCat(kMailbox, "FetchMailbox"),
                                   request, &mail));
    for (int64_t after = 0; after <= mail.last_sequence() - kFetchedEntries;
         ++after) {
      request.set_after_sequence(after);
      member->fetches.push_back({request.SerializeAsString()});
    }
    if (member->fetches.empty()) return absl::InternalError("too little mail");
  }
  return fleet;
}

absl::Status Fleet::Register() {
  const auto platform = client::Client::OverChannel(
      Connect(port_, "platform"), "missions/platform/officers/operator");
  for (int i = 0; i < kMissions; ++i) {
    pb::CreateMissionRequest mission;
    mission.set_mission_id(MissionId(i));
    mission.mutable_mission()->set_display_name(MissionId(i));
    mission.mutable_mission()->set_kind(options::IOM_MISSION);
    mission.mutable_mission()->set_country(kCountries[i]);
    mission.mutable_mission()->set_accredited(true);
    pb::Mission registered;
    PASSERELLE_RETURN_IF_ERROR(
        Ask(platform.get(), "passerelle.v1.DirectoryService/CreateMission",
            mission, &registered));
    pb::CreateOfficerRequest officer;
    officer.set_parent(registered.name());
    officer.set_officer_id("cm");
    officer.mutable_officer()->set_display_name("cm");
    officer.mutable_officer()->add_roles(options::CASE_MANAGER);
    pb::Officer appointed;
    PASSERELLE_RETURN_IF_ERROR(
        Ask(platform.get(), "passerelle.v1.DirectoryService/CreateOfficer",
            officer, &appointed));
  }
  return absl::OkStatus();
}

absl::Status Fleet::OpenFiles(Member* member) {
  client::Client* client = member->client.get();
  const std::string origin = absl::StrCat("missions/", member->origin);
  for (int i = 0; i < kCases / kMissions; ++i) {
    pb::CreateCaseRequest create;
    *create.mutable_case_() = testing::SampleCase();
    create.mutable_case_()->set_origin_mission(origin);
    create.mutable_case_()->clear_transit_missions();
    pb::Case file;
    PASSERELLE_RETURN_IF_ERROR(
        Ask(client, "passerelle.v1.CaseService/CreateCase", create, &file));
    pb::CreateConsentRequest agree;
    agree.set_parent(file.name());
    agree.mutable_consent()->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
    agree.mutable_consent()->set_recipient(origin);
    agree.mutable_consent()->set_language("ar");
    agree.mutable_consent()->set_form(pb::Consent::WRITTEN);
    pb::Consent consent;
    PASSERELLE_RETURN_IF_ERROR(Ask(
        client, "passerelle.v1.ConsentService/CreateConsent", agree, &consent));
    pb::CreatePlanRequest draw;
    draw.set_parent(file.name());
    *draw.mutable_plan() = testing::SamplePlan();
    pb::Plan plan;
    PASSERELLE_RETURN_IF_ERROR(
        Ask(client, "passerelle.v1.PlanService/CreatePlan", draw, &plan));
    pb::ProposeCaseRequest propose;
    propose.set_name(file.name());
    propose.set_consent(consent.name());
    PASSERELLE_RETURN_IF_ERROR(
        Ask(client, "passerelle.v1.CaseService/ProposeCase", propose, &file));

    pb::CreateFeasibilityStudyRequest write =
        NewStudy(file.name(), plan.name());
    pb::FeasibilityStudy study;
    PASSERELLE_RETURN_IF_ERROR(
        Ask(client, absl::StrCat(kStudies, "CreateFeasibilityStudy"), write,
            &study));
    pb::RequestFeasibilityStudyRequest send;
    send.set_name(study.name());
    send.set_consent(consent.name());
    PASSERELLE_RETURN_IF_ERROR(
        Ask(client, absl::StrCat(kStudies, "RequestFeasibilityStudy"), send,
            &study));

    write.set_request_id(kPlaceholderId);
    const std::string bytes = write.SerializeAsString();
    member->writes.push_back({bytes, bytes.find(kPlaceholderId)});
    pb::GetFeasibilityStudyRequest read;
    read.set_name(study.name());
    member->reads.push_back({read.SerializeAsString()});
  }
  return absl::OkStatus();
}

Target Fleet::Calls(Work work, int lines) const {
  Target target;
  for (int i = 0; i < std::min(lines, kLines); ++i) {
    const Member& member = *members_[static_cast<size_t>(i % kMissions)];
    Line line{channels_[static_cast<size_t>(i)], OfficerOf(member.mission), {}};
    switch (work) {
      case Work::kWrite:
        target.method = absl::StrCat("/", kStudies, "CreateFeasibilityStudy");
        line.templates = member.writes;
        break;
      case Work::kRead:
        target.method = absl::StrCat("/", kStudies, "GetFeasibilityStudy");
        line.templates = member.reads;
        break;
      case Work::kMailboxFetch:
        target.method = absl::StrCat("/", kMailbox, "FetchMailbox");
        line.templates = member.fetches;
        break;
    }
    target.lines.push_back(std::move(line));
  }
  return target;
}

EchoFleet::EchoFleet(int port) : channels_(ConnectAll(port)) {}

Target EchoFleet::CallsLike(const Target& calls, int answer_bytes) const {
  Target target;
  target.method = "/passerelle.bench.EchoService/Echo";
  for (size_t i = 0; i < calls.lines.size(); ++i) {
    Line line{channels_[i], calls.lines[i].officer, {}};
    EchoRequest request;
    request.set_answer_bytes(answer_bytes);
    request.set_payload(calls.lines[i].templates.front().bytes);
    line.templates.push_back({request.SerializeAsString()});
    target.lines.push_back(std::move(line));
  }
  return target;
}

absl::StatusOr<int> AnswerBytes(const Target& target) {
  const Line& line = target.lines.front();
  grpc::GenericStub stub(line.channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(10));
  context.AddMetadata("passerelle-officer", line.officer);
  Template call = line.templates.front();
  const grpc::Slice slice(call.bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> ended;
  stub.UnaryCall(
      &context, target.method, grpc::StubOptions(), &request, &response,
      [&ended](grpc::Status status) { ended.set_value(std::move(status)); });
  const grpc::Status status = ended.get_future().get();
  if (!status.ok()) return absl::InternalError(status.error_message());
  return static_cast<int>(response.Length());
}

}  // namespace passerelle::bench
