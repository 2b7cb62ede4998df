#include "tests/support/test_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "clients/cpp/request_id.h"
#include "google/protobuf/text_format.h"
#include "passerelle/v1/directory.pb.h"
#include "server/journal/chain.h"
#include "server/storage/sqlite/sqlite_store.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
namespace options = ::passerelle::options::v1;

using ::passerelle::internal::v1::Leaf;

void OkOrDie(const absl::Status& status, absl::string_view what) {
  if (status.ok()) return;
  std::fprintf(stderr, "%s: %s\n", std::string(what).c_str(),
               status.ToString().c_str());
  std::abort();
}

// Arranging must not fail quietly.
template <typename T>
T OrDie(absl::StatusOr<T> result, absl::string_view what) {
  OkOrDie(result.status(), what);
  return *std::move(result);
}

}  // namespace

std::string NewId() { return client::NewRequestId(); }

pb::Case SampleCase() {
  pb::Case file;
  file.set_direction(pb::Case::INBOUND);
  file.set_origin_mission("missions/iom-ma");
  file.add_transit_missions("missions/iom-es");
  pb::PersonSummary* person = file.mutable_principal();
  person->set_given_name("Salma");
  person->set_family_name("Essai");
  person->set_sex(pb::PersonSummary::FEMALE);
  person->mutable_birth_date()->set_year(1994);
  person->mutable_birth_date()->set_month(3);
  person->mutable_birth_date()->set_day(9);
  person->set_nationality("MA");
  person->set_return_region("Souss-Massa");
  return file;
}

pb::Plan SamplePlan() {
  pb::Plan plan;
  plan.set_outline("A bakery in the quarter where her sister lives.");
  plan.set_location("Agadir");
  plan.add_skills("baking");
  plan.mutable_ceiling()->set_currency("MAD");
  plan.mutable_ceiling()->set_hundredths(3000000);
  pb::PlanLine* line = plan.add_lines();
  line->set_category(pb::PlanLine::INCOME_GENERATING_ACTIVITY);
  line->set_description("Oven");
  line->mutable_amount()->set_currency("MAD");
  line->mutable_amount()->set_hundredths(2200000);
  return plan;
}

TestServer::TestServer(Tweak tweak, app::Composition composition)
    : composition_(std::move(composition)),
      // Monday, 8 in the morning in Morocco.
      clock_(absl::FromCivil(absl::CivilSecond(2026, 3, 2, 7, 0, 0),
                             absl::UTCTimeZone())) {
  TestPki& pki = TestPki::Shared();
  const TestPki::Pair pair = pki.Server();
  config_.listen.port = 0;
  config_.tls.certificate = pair.certificate_path;
  config_.tls.key = pair.key_path;
  config_.tls.client_ca = pki.ca_path();
  config_.tls.staging_dir = scratch_.path() + "/tls";
  config_.tls.poll_interval = absl::Milliseconds(100);
  config_.store.path = store_path();
  config_.limits.connections_per_source = 1000;
  config_.limits.new_connections_per_second_per_source = 1000;
  // A place is given back when gRPC is done with a call, which on a busy
  // machine is after the caller has the answer.
  config_.limits.live_calls_per_mission = 1000;
  config_.limits.calls_per_second_per_mission = 1000000;
  config_.limits.burst = 1000000;
  config_.log.level = LogLevel::kError;
  if (tweak) tweak(&config_);
  if (composition_.clock == nullptr) composition_.clock = &clock_;
  Start();
  Register();
}

TestServer::~TestServer() = default;

void TestServer::Start() {
  server_ = OrDie(app::Server::Start(config_, composition_), "start");
  config_.listen.port = server_->port();
}

void TestServer::Restart() {
  server_.reset();
  Start();
}

std::vector<Leaf> TestServer::Journal() {
  server_.reset();
  std::vector<Leaf> leaves;
  {
    storage::sqlite::SqliteOptions options;
    options.path = store_path();
    const auto store = OrDie(
        storage::sqlite::SqliteStore::Open(std::move(options)), "open store");
    OkOrDie(store->Read([&](storage::ReadTransaction& tx) {
      leaves.clear();
      int64_t count = 0;
      absl::Status status = journal::VerifyChain(&tx, &count);
      if (!status.ok()) return status;
      std::vector<storage::JournalBatch> batches;
      status = tx.ReadJournal(0, 1 << 30, &batches);
      for (const storage::JournalBatch& batch : batches) {
        ::passerelle::internal::v1::LeafBatch lines;
        if (!lines.ParseFromString(batch.leaves)) {
          return absl::DataLossError("leaves");
        }
        for (const std::string& line : lines.leaves()) {
          if (!leaves.emplace_back().ParseFromString(line)) {
            return absl::DataLossError("leaf");
          }
        }
      }
      if (static_cast<int64_t>(leaves.size()) != count) {
        return absl::DataLossError("number of leaves");
      }
      return status;
    }),
            "journal");
  }
  Start();
  return leaves;
}

void TestServer::AddOfficer(absl::string_view mission,
                            absl::string_view officer,
                            const std::string& fields) {
  pb::CreateOfficerRequest create;
  create.set_parent(absl::StrCat("missions/", mission));
  create.set_officer_id(std::string(officer));
  if (!google::protobuf::TextFormat::ParseFromString(
          fields, create.mutable_officer())) {
    OkOrDie(absl::InvalidArgumentError(fields), "officer");
  }
  create.mutable_officer()->set_display_name(std::string(officer));
  OrDie(As("platform", "operator")
            .Call<pb::Officer>("passerelle.v1.DirectoryService/CreateOfficer",
                               create),
        "officer");
}

// Timers run after each commit; the second commit follows those that the first
// one found due.
void TestServer::SettleTimers() {
  for (int i = 0; i < 2; ++i) {
    AddOfficer("platform", absl::StrCat("settle-", ++settled_),
               "roles: STATISTICS_READER");
  }
}

client::Client& TestServer::As(absl::string_view mission,
                               absl::string_view officer) {
  auto& kept = clients_[absl::StrCat(mission, "/", officer)];
  if (kept == nullptr) {
    const TestPki::Pair pair = TestPki::Shared().Mission(mission, "batch");
    client::Profile profile;
    profile.address = absl::StrCat("localhost:", port());
    profile.certificate = pair.certificate_path;
    profile.key = pair.key_path;
    profile.ca = TestPki::Shared().ca_path();
    if (!officer.empty()) {
      profile.officer =
          absl::StrCat("missions/", mission, "/officers/", officer);
    }
    kept = OrDie(client::Client::Open(profile), "open client");
  }
  return *kept;
}

void TestServer::Register() {
  client::Client& operator_ = As("platform", "operator");
  const std::vector<std::pair<std::string, std::string>> missions = {
      {"iom-tn", "TN"}, {"iom-ma", "MA"}, {"iom-es", "ES"}, {"iom-de", "DE"}};
  const std::vector<std::pair<std::string, options::OfficerRole>> officers = {
      {"cm", options::CASE_MANAGER},
      {"fp", options::FOCAL_POINT},
      {"ro", options::REINTEGRATION_OFFICER},
      {"ro2", options::REINTEGRATION_OFFICER},
      {"me", options::MONITORING_OFFICER},
      {"po", options::PROTECTION_OFFICER}};
  for (const auto& [id, country] : missions) {
    pb::CreateMissionRequest request;
    request.set_mission_id(id);
    request.mutable_mission()->set_display_name(absl::StrCat("IOM ", country));
    request.mutable_mission()->set_kind(options::IOM_MISSION);
    request.mutable_mission()->set_country(country);
    request.mutable_mission()->set_accredited(true);
    OrDie(operator_.Call<pb::Mission>(
              "passerelle.v1.DirectoryService/CreateMission", request),
          "mission");
    for (const auto& [officer, role] : officers) {
      pb::CreateOfficerRequest create;
      create.set_parent(absl::StrCat("missions/", id));
      create.set_officer_id(officer);
      create.mutable_officer()->set_display_name(officer);
      create.mutable_officer()->add_roles(role);
      OrDie(operator_.Call<pb::Officer>(
                "passerelle.v1.DirectoryService/CreateOfficer", create),
            "officer");
    }
  }
}

TestServer::File TestServer::RegisteredFile() {
  client::Client& host = As("iom-tn", "cm");
  pb::CreateCaseRequest create;
  *create.mutable_case_() = SampleCase();
  File file;
  file.name =
      OrDie(host.Call<pb::Case>("passerelle.v1.CaseService/CreateCase", create),
            "case")
          .name();
  pb::CreateConsentRequest consent;
  consent.set_parent(file.name);
  consent.mutable_consent()->set_scope(pb::Consent::SHARE_WITH_ORIGIN_MISSION);
  consent.mutable_consent()->set_recipient("missions/iom-ma");
  consent.mutable_consent()->set_language("ar");
  consent.mutable_consent()->set_form(pb::Consent::WRITTEN);
  file.consent =
      OrDie(host.Call<pb::Consent>("passerelle.v1.ConsentService/CreateConsent",
                                   consent),
            "consent")
          .name();
  pb::CreatePlanRequest plan;
  plan.set_parent(file.name);
  *plan.mutable_plan() = SamplePlan();
  file.plan =
      OrDie(host.Call<pb::Plan>("passerelle.v1.PlanService/CreatePlan", plan),
            "plan")
          .name();
  return file;
}

TestServer::File TestServer::ProposedFile() {
  const File file = RegisteredFile();
  pb::ProposeCaseRequest propose;
  propose.set_name(file.name);
  propose.set_consent(file.consent);
  client::Client& host = As("iom-tn", "cm");
  OrDie(host.Call<pb::Case>("passerelle.v1.CaseService/ProposeCase", propose),
        "propose");
  return file;
}

pb::FeasibilityStudy TestServer::RequestedStudy(const File& file) {
  client::Client& host = As("iom-tn", "cm");
  pb::CreateFeasibilityStudyRequest create;
  create.set_parent(file.name);
  create.mutable_feasibility_study()->set_plan(file.plan);
  create.mutable_feasibility_study()->set_question(
      "Is there room for another bakery?");
  const auto draft =
      OrDie(host.Call<pb::FeasibilityStudy>(
                "passerelle.v1.FeasibilityStudyService/CreateFeasibilityStudy",
                create),
            "study");
  pb::RequestFeasibilityStudyRequest request;
  request.set_name(draft.name());
  request.set_consent(file.consent);
  return OrDie(
      host.Call<pb::FeasibilityStudy>(
          "passerelle.v1.FeasibilityStudyService/RequestFeasibilityStudy",
          request),
      "request study");
}

}  // namespace passerelle::testing
