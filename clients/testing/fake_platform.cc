#include "clients/testing/fake_platform.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "common/grpc_status.h"

namespace passerelle::testing {

namespace pb = ::passerelle::v1;

namespace {

constexpr char kUri[] = "spiffe://example.org/mission/iom-ma/test";
constexpr int64_t kMailboxEnd = 5;

pb::MailboxEntry Entry(int64_t sequence) {
  pb::MailboxEntry entry;
  entry.set_sequence(sequence);
  entry.set_event("AssignFeasibilityStudy");
  entry.set_resource("cases/c1/feasibilityStudies/f1");
  entry.set_state("ASSIGNED");
  return entry;
}

}  // namespace

void CallLog::FailNext(absl::Status status) {
  MutexLock lock(&mutex_);
  failures_.push_back(std::move(status));
}

absl::Status CallLog::Enter(const grpc::ServerContext& context,
                            const std::string& method,
                            const std::string& request_id) {
  MutexLock lock(&mutex_);
  const auto officer = context.client_metadata().find("passerelle-officer");
  calls_.push_back(
      {method, request_id,
       officer == context.client_metadata().end()
           ? std::string()
           : std::string(officer->second.data(), officer->second.size())});
  if (failures_.empty()) return absl::OkStatus();
  absl::Status failure = failures_.front();
  failures_.pop_front();
  return failure;
}

std::vector<CallLog::Call> CallLog::calls() const {
  MutexLock lock(&mutex_);
  return calls_;
}

grpc::Status FakeCases::GetCase(grpc::ServerContext* context,
                                const pb::GetCaseRequest* request,
                                pb::Case* response) {
  const absl::Status status = log_.Enter(*context, "GetCase", "");
  response->set_name(request->name());
  response->set_stage(pb::Case::PROPOSED);
  response->set_external_reference("MA\x1b[31m/7");
  response->mutable_principal()->set_given_name("Amal");
  response->mutable_principal()->mutable_birth_date()->set_year(1990);
  response->mutable_principal()->mutable_birth_date()->set_month(2);
  response->mutable_principal()->mutable_birth_date()->set_day(3);
  return ToGrpc(status);
}

grpc::Status FakeCases::ListCases(grpc::ServerContext* context,
                                  const pb::ListCasesRequest* request,
                                  pb::ListCasesResponse* response) {
  const absl::Status status = log_.Enter(*context, "ListCases", "");
  if (request->page_token().empty()) {
    response->add_cases()->set_name("cases/c1");
    response->set_next_page_token("two");
  } else if (request->page_token() == "two") {
    response->set_next_page_token("three");
  } else {
    response->add_cases()->set_name("cases/c2");
  }
  return ToGrpc(status);
}

grpc::Status FakeCases::UpdateCase(grpc::ServerContext* context,
                                   const pb::UpdateCaseRequest* request,
                                   pb::Case* response) {
  const absl::Status status =
      log_.Enter(*context, "UpdateCase", request->request_id());
  MutexLock lock(&mutex_);
  last_update_ = *request;
  *response = request->case_();
  return ToGrpc(status);
}

pb::UpdateCaseRequest FakeCases::last_update() const {
  MutexLock lock(&mutex_);
  return last_update_;
}

grpc::Status FakeStudies::GetFeasibilityStudy(
    grpc::ServerContext* context, const pb::GetFeasibilityStudyRequest* request,
    pb::FeasibilityStudy* response) {
  const absl::Status status = log_.Enter(*context, "GetFeasibilityStudy", "");
  MutexLock lock(&mutex_);
  static constexpr pb::FeasibilityStudy::State kStates[] = {
      pb::FeasibilityStudy::REQUESTED, pb::FeasibilityStudy::ASSIGNED,
      pb::FeasibilityStudy::OPINION};
  const int step = std::min(reads_++, 2);
  response->set_name(request->name());
  response->set_state(kStates[step]);
  response->mutable_exchange()->set_phase(step == 2
                                              ? passerelle::options::v1::DECIDED
                                              : passerelle::options::v1::OPEN);
  return ToGrpc(status);
}

grpc::Status FakeStudies::RequestFeasibilityStudy(
    grpc::ServerContext* context,
    const pb::RequestFeasibilityStudyRequest* request,
    pb::FeasibilityStudy* response) {
  const absl::Status status =
      log_.Enter(*context, "RequestFeasibilityStudy", request->request_id());
  response->set_name(request->name());
  response->set_state(pb::FeasibilityStudy::REQUESTED);
  response->mutable_exchange()->set_phase(passerelle::options::v1::OPEN);
  return ToGrpc(status);
}

grpc::Status FakeMailbox::FetchMailbox(grpc::ServerContext* context,
                                       const pb::FetchMailboxRequest* request,
                                       pb::FetchMailboxResponse* response) {
  const absl::Status status = log_.Enter(*context, "FetchMailbox", "");
  const int64_t after = request->after_sequence();
  MutexLock lock(&mutex_);
  if (lose_one_) {
    *response->add_entries() = Entry(after + 2);
  } else if (after >= kMailboxEnd) {
    *response->add_entries() = Entry(after + 1);
  } else {
    for (int64_t sequence = after + 1; sequence <= kMailboxEnd; ++sequence) {
      *response->add_entries() = Entry(sequence);
    }
  }
  lose_one_ = false;
  response->set_last_sequence(std::max(after, kMailboxEnd));
  return ToGrpc(status);
}

grpc::Status FakeMailbox::WatchMailbox(
    grpc::ServerContext* context, const pb::WatchMailboxRequest* request,
    grpc::ServerWriter<pb::WatchMailboxResponse>* writer) {
  const absl::Status status = log_.Enter(*context, "WatchMailbox", "");
  // Two entries a stream; then one that brings nothing.
  const int64_t after = request->after_sequence();
  if (status.ok() && after < 4) {
    pb::WatchMailboxResponse response;
    *response.add_entries() = Entry(after + 1);
    *response.add_entries() = Entry(after + 2);
    response.set_resume_after(after + 2);
    writer->Write(response);
  }
  return ToGrpc(status);
}

grpc::Status FakeMailbox::AcknowledgeMailbox(
    grpc::ServerContext* context, const pb::AcknowledgeMailboxRequest* request,
    pb::MailboxAcknowledgement* response) {
  const absl::Status status = log_.Enter(
      *context, absl::StrCat("AcknowledgeMailbox ", request->up_to_sequence()),
      "");
  response->set_sequence(request->up_to_sequence());
  return ToGrpc(status);
}

void FakeMailbox::LoseOne() {
  MutexLock lock(&mutex_);
  lose_one_ = true;
}

FakePlatform::FakePlatform() {
  const KeyPair pair = pki_.Issue({.dns = "platform.test"});
  grpc::SslServerCredentialsOptions tls(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  tls.pem_root_certs = pki_.ca();
  tls.pem_key_cert_pairs.push_back({pair.key, pair.certificate});
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::SslServerCredentials(tls),
                           &port);
  builder.RegisterService(&cases_);
  builder.RegisterService(&studies_);
  builder.RegisterService(&mailbox_);
  server_ = builder.BuildAndStart();
  address_ = absl::StrCat("127.0.0.1:", port);
}

FakePlatform::~FakePlatform() {
  server_->Shutdown(std::chrono::system_clock::now());
}

client::Profile FakePlatform::GoodProfile() {
  const KeyPair pair = pki_.Issue({.uri = kUri});
  return {.name = "test",
          .address = address_,
          .certificate = folder_.Write("client.pem", pair.certificate),
          .key = folder_.Write("client.key", pair.key),
          .ca = folder_.Write("ca.pem", pki_.ca()),
          .officer = "missions/iom-ma/officers/amina",
          .trust_domain = "example.org",
          .server_name = "platform.test"};
}

}  // namespace passerelle::testing
