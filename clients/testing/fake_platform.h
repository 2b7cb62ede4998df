#ifndef PASSERELLE_CLIENTS_TESTING_FAKE_PLATFORM_H_
#define PASSERELLE_CLIENTS_TESTING_FAKE_PLATFORM_H_

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <grpcpp/grpcpp.h>

#include "absl/status/status.h"
#include "clients/cpp/profile.h"
#include "common/mutex.h"
#include "passerelle/v1/case.grpc.pb.h"
#include "passerelle/v1/feasibility_study.grpc.pb.h"
#include "passerelle/v1/mailbox.grpc.pb.h"
#include "tests/support/test_pki.h"

namespace passerelle::testing {

// What a test looks at and decides about every call. Thread safe.
class CallLog {
 public:
  // The next calls fail with these, one each, in order.
  void FailNext(absl::Status status);

  // Called by the services. Returns what the call must fail with.
  absl::Status Enter(const grpc::ServerContext& context,
                     const std::string& method, const std::string& request_id);

  struct Call {
    std::string method;
    std::string request_id;
    std::string officer;
  };
  std::vector<Call> calls() const;

 private:
  mutable Mutex mutex_;
  std::deque<absl::Status> failures_ ABSL_GUARDED_BY(mutex_);
  std::vector<Call> calls_ ABSL_GUARDED_BY(mutex_);
};

// Answers with files and pages made up from the request.
class FakeCases final : public passerelle::v1::CaseService::Service {
 public:
  explicit FakeCases(CallLog& log) : log_(log) {}
  grpc::Status GetCase(grpc::ServerContext* context,
                       const passerelle::v1::GetCaseRequest* request,
                       passerelle::v1::Case* response) override;
  // Three pages, the second empty.
  grpc::Status ListCases(grpc::ServerContext* context,
                         const passerelle::v1::ListCasesRequest* request,
                         passerelle::v1::ListCasesResponse* response) override;
  grpc::Status UpdateCase(grpc::ServerContext* context,
                          const passerelle::v1::UpdateCaseRequest* request,
                          passerelle::v1::Case* response) override;
  passerelle::v1::UpdateCaseRequest last_update() const;

 private:
  CallLog& log_;
  mutable Mutex mutex_;
  passerelle::v1::UpdateCaseRequest last_update_ ABSL_GUARDED_BY(mutex_);
};

// A study that moves on by one state each time it is read.
class FakeStudies final
    : public passerelle::v1::FeasibilityStudyService::Service {
 public:
  explicit FakeStudies(CallLog& log) : log_(log) {}
  grpc::Status GetFeasibilityStudy(
      grpc::ServerContext* context,
      const passerelle::v1::GetFeasibilityStudyRequest* request,
      passerelle::v1::FeasibilityStudy* response) override;
  grpc::Status RequestFeasibilityStudy(
      grpc::ServerContext* context,
      const passerelle::v1::RequestFeasibilityStudyRequest* request,
      passerelle::v1::FeasibilityStudy* response) override;

 private:
  CallLog& log_;
  Mutex mutex_;
  int reads_ ABSL_GUARDED_BY(mutex_) = 0;
};

// A mailbox of five entries that never waits: beyond its end each fetch brings
// one more.
class FakeMailbox final : public passerelle::v1::MailboxService::Service {
 public:
  explicit FakeMailbox(CallLog& log) : log_(log) {}
  grpc::Status FetchMailbox(
      grpc::ServerContext* context,
      const passerelle::v1::FetchMailboxRequest* request,
      passerelle::v1::FetchMailboxResponse* response) override;
  grpc::Status WatchMailbox(
      grpc::ServerContext* context,
      const passerelle::v1::WatchMailboxRequest* request,
      grpc::ServerWriter<passerelle::v1::WatchMailboxResponse>* writer)
      override;
  grpc::Status AcknowledgeMailbox(
      grpc::ServerContext* context,
      const passerelle::v1::AcknowledgeMailboxRequest* request,
      passerelle::v1::MailboxAcknowledgement* response) override;

  // The next fetch leaves one entry out.
  void LoseOne();

 private:
  CallLog& log_;
  Mutex mutex_;
  bool lose_one_ ABSL_GUARDED_BY(mutex_) = false;
};

// A real gRPC server with mutual TLS on a free port of the loopback interface.
class FakePlatform {
 public:
  FakePlatform();
  ~FakePlatform();

  // A profile that fits, of mission `iom-ma`, with its files in a folder.
  client::Profile GoodProfile();

  const std::string& address() const { return address_; }
  const TestPki& pki() const { return pki_; }
  const TempDir& folder() const { return folder_; }
  CallLog& log() { return log_; }
  FakeCases& cases() { return cases_; }
  FakeMailbox& mailbox() { return mailbox_; }

 private:
  const TestPki& pki_ = TestPki::Shared();
  TempDir folder_;
  CallLog log_;
  FakeCases cases_{log_};
  FakeStudies studies_{log_};
  FakeMailbox mailbox_{log_};
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_CLIENTS_TESTING_FAKE_PLATFORM_H_
