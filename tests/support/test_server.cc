#include "tests/support/test_server.h"

#include <cstdio>
#include <cstdlib>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/text_format.h"
#include "server/journal/verify.h"
#include "tests/support/vault_beside.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

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

TestServer::TestServer(Tweak tweak, app::Composition composition)
    : composition_(std::move(composition)),
      // Monday, 8 in the morning in Morocco.
      clock_(absl::FromCivil(absl::CivilSecond(2026, 3, 2, 7, 0, 0),
                             absl::UTCTimeZone())) {
  TestPki& pki = TestPki::Shared();
  const TestPki::Pair pair = pki.Server();
  config_.listen.port = port_.number();
  config_.tls.certificate = pair.certificate_path;
  config_.tls.key = pair.key_path;
  config_.tls.client_ca = pki.ca_path();
  config_.tls.staging_dir = scratch_.path() + "/tls";
  config_.tls.poll_interval = absl::Milliseconds(100);
  config_.store.path = store_path();
  config_.vault = VaultBeside(store_path());
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
  RegisterMissions(As("platform", "operator"));
}

TestServer::~TestServer() = default;

void TestServer::Start() {
  server_ = OrDie(app::Server::Start(config_, composition_), "start");
  MutexLock lock(&clients_mutex_);
  for (auto& [name, old] : clients_) old_clients_.push_back(std::move(old));
  clients_.clear();
}

void TestServer::Restart() {
  server_.reset();
  Start();
}

void TestServer::Tamper(
    const std::function<absl::Status(storage::WriteTransaction&)>& body) {
  server_.reset();
  {
    const auto files = OrDie(OpenSealed(store_path()), "open store");
    OkOrDie(files->store()->Write(body), "tamper");
  }
  Start();
}

void TestServer::TamperRows(
    const std::function<absl::Status(storage::WriteTransaction&)>& body) {
  server_.reset();
  {
    const auto files = OrDie(OpenSealed(store_path()), "open store");
    OkOrDie(files->rows()->Write(body), "tamper");
  }
  Start();
}

void TestServer::WhileStopped(const std::function<void()>& body) {
  server_.reset();
  body();
  Start();
}

std::vector<Leaf> TestServer::Journal() {
  server_.reset();
  std::vector<Leaf> leaves;
  {
    const auto files = OrDie(OpenSealed(store_path()), "open store");
    OkOrDie(files->store()->Read([&](storage::ReadTransaction& tx) {
      leaves.clear();
      merkle::CompactRange tree;
      absl::Status status = journal::VerifyJournal(&tx, &tree);
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
      if (static_cast<int64_t>(leaves.size()) != tree.size()) {
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
  MutexLock lock(&clients_mutex_);
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

TestServer::File TestServer::RegisteredFile() {
  return testing::RegisteredFile(As("iom-tn", "cm"));
}

ArrangedFile TestServer::ProposedFile() {
  return testing::ProposedFile(As("iom-tn", "cm"));
}

pb::FeasibilityStudy TestServer::RequestedStudy(const File& file) {
  return testing::RequestedStudy(As("iom-tn", "cm"), file);
}

}  // namespace passerelle::testing
