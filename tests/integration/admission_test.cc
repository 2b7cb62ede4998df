// R16, R17, R18 on the real server: who was let in is looked at again.
#include <atomic>
#include <functional>
#include <future>
#include <iostream>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/testing/test_pki.h"
#include "common/grpc_status.h"
#include "common/x509.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "grpc/reflection/v1alpha/reflection.grpc.pb.h"
#include "grpcpp/grpcpp.h"
#include "gtest/gtest.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "tests/integration/echo_server.h"
#include "tests/support/arrange.h"
#include "tests/support/server_process.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace health = ::grpc::health::v1;
namespace pb = ::passerelle::v1;
namespace reflection = ::grpc::reflection::v1alpha;

const google::protobuf::MethodDescriptor* MailboxMethod(const char* name) {
  return pb::FetchMailboxRequest::descriptor()
      ->file()
      ->FindServiceByName("MailboxService")
      ->FindMethodByName(name);
}

// A watch of the mailbox that has received its first entries.
class OpenWatch {
 public:
  explicit OpenWatch(client::Client& client) {
    std::promise<void> first;
    std::future<void> opened = first.get_future();
    thread_ = std::thread([this, &client, first = std::move(first)]() mutable {
      pb::WatchMailboxResponse response;
      bool seen = false;
      const absl::Status status = client.StreamDynamic(
          MailboxMethod("WatchMailbox"), pb::WatchMailboxRequest(), &response,
          [&](const google::protobuf::Message&) {
            if (!seen) first.set_value();
            seen = true;
            return absl::OkStatus();
          },
          {.deadline = absl::Seconds(60)});
      if (!seen) first.set_value();
      ended_.set_value(status);
    });
    opened.wait();
  }
  ~OpenWatch() { thread_.join(); }
  OpenWatch(const OpenWatch&) = delete;
  OpenWatch& operator=(const OpenWatch&) = delete;

  // Waits for its end, at most until the watch's own deadline.
  absl::Status End() { return end_.get(); }

 private:
  std::promise<absl::Status> ended_;
  std::future<absl::Status> end_ = ended_.get_future();
  std::thread thread_;
};

absl::StatusOr<pb::FetchMailboxResponse> Fetch(client::Client& client,
                                               int64_t after,
                                               absl::Duration wait) {
  pb::FetchMailboxRequest request;
  request.set_after_sequence(after);
  request.mutable_wait()->set_seconds(absl::ToInt64Seconds(wait));
  return client.Call<pb::FetchMailboxResponse>(
      "passerelle.v1.MailboxService/FetchMailbox", request,
      {.deadline = wait + absl::Seconds(10)});
}

// A stream of the health service that has received its first answer.
class OpenHealthWatch {
 public:
  explicit OpenHealthWatch(client::Client& client)
      : stub_(health::Health::NewStub(client.channel())) {
    health::HealthCheckRequest request;
    request.set_service("passerelle.v1.CaseService");
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    stream_ = stub_->Watch(&context_, request);
    health::HealthCheckResponse response;
    EXPECT_TRUE(stream_->Read(&response));
    EXPECT_EQ(response.status(), health::HealthCheckResponse::SERVING);
  }

  // Waits for its end, at most until the stream's own deadline.
  absl::Status End() {
    health::HealthCheckResponse response;
    while (stream_->Read(&response)) {
    }
    return FromGrpc(stream_->Finish());
  }

 private:
  const std::unique_ptr<health::Health::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<health::HealthCheckResponse>> stream_;
};

// A stream of the reflection service that answers.
class OpenReflection {
 public:
  explicit OpenReflection(client::Client& client)
      : stub_(reflection::ServerReflection::NewStub(client.channel())) {
    context_.set_deadline(absl::ToChronoTime(absl::Now() + absl::Seconds(60)));
    stream_ = stub_->ServerReflectionInfo(&context_);
  }

  bool Ask() {
    reflection::ServerReflectionRequest request;
    request.set_file_containing_symbol("passerelle.v1.CaseService");
    reflection::ServerReflectionResponse response;
    return stream_->Write(request) && stream_->Read(&response) &&
           response.file_descriptor_response().file_descriptor_proto_size() > 1;
  }
  absl::Status End() { return FromGrpc(stream_->Finish()); }

 private:
  const std::unique_ptr<reflection::ServerReflection::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<
      grpc::ClientReaderWriter<reflection::ServerReflectionRequest,
                               reflection::ServerReflectionResponse>>
      stream_;
};

// `shut_out` returns when the caller is shut out. From then on not one call is
// served, by no service, and what was open has ended within five seconds.
void ExpectShutOut(ServerProcess& server, client::Client& client,
                   const std::function<void()>& shut_out) {
  ASSERT_THAT(Fetch(client, 0, absl::ZeroDuration()), IsOk());
  OpenWatch watch(client);
  OpenHealthWatch health_watch(client);
  OpenReflection reflection(client);
  ASSERT_TRUE(reflection.Ask());
  auto poll = std::async(std::launch::async, [&] {
    return Fetch(client, 1, absl::Seconds(50)).status();
  });
  shut_out();
  const absl::Time begin = absl::Now();
  for (int i = 0; i < 20; ++i) {
    const absl::Status next = Fetch(client, 0, absl::ZeroDuration()).status();
    ASSERT_THAT(next, StatusIs(absl::StatusCode::kUnauthenticated));
    ASSERT_THAT(next, HasReason("IDENTITY_UNKNOWN"));
    ASSERT_THAT(client.CheckHealth(""), HasReason("IDENTITY_UNKNOWN"));
    OpenReflection late(client);
    ASSERT_FALSE(late.Ask());
    ASSERT_THAT(late.End(), HasReason("IDENTITY_UNKNOWN"));
  }
  EXPECT_FALSE(reflection.Ask());
  EXPECT_THAT(reflection.End(), HasReason("IDENTITY_UNKNOWN"));
  EXPECT_THAT(health_watch.End(), HasReason("IDENTITY_UNKNOWN"));
  EXPECT_THAT(watch.End(), HasReason("IDENTITY_UNKNOWN"));
  EXPECT_THAT(poll.get(), HasReason("IDENTITY_UNKNOWN"));
  const absl::Duration cut = absl::Now() - begin;
  EXPECT_LT(cut, absl::Seconds(5));
  // Nobody else notices.
  EXPECT_THAT(Fetch(server.As("iom-tn", "cm"), 0, absl::ZeroDuration()),
              IsOk());
  std::cout << "open calls cut after " << cut << std::endl;
}

class AdmissionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(server_.Start());
    server_.Register();
    ProposedFile(server_.As("iom-tn", "cm"));  // mail for iom-ma
  }

  ServerProcess server_{ServerProcess::Settings{{"server.reflection", "true"}}};
};

TEST_F(AdmissionTest, RevokedCertificateIsShutOut) {
  const auto client = server_.Open("iom-ma", "fp");
  const std::string pem =
      ReadFileOrDie(server_.ProfileOf("iom-ma", "fp").certificate);
  ExpectShutOut(server_, *client, [&] {
    const size_t from = server_.log().size();
    WriteFileOrDie(
        server_.revocation_path(),
        absl::StrCat("serial ", SerialHex(*ParseCertificates(pem)->front()),
                     "\n"));
    const absl::Time begin = absl::Now();
    ASSERT_TRUE(
        server_.WaitForLog("revocation_list_loaded", from, absl::Seconds(5)));
    std::cout << "in force after " << absl::Now() - begin << std::endl;
  });
  // Another certificate of the mission is as good as before.
  auto other = client::Client::Open(server_.ProfileOf("iom-ma", "fp", "spare"));
  ASSERT_THAT(other, IsOk());
  EXPECT_THAT(Fetch(**other, 0, absl::ZeroDuration()), IsOk());
}

TEST_F(AdmissionTest, MissionSuspendedInTheDirectoryIsShutOutUntilLifted) {
  client::Client& operator_ = server_.As("platform", "operator");
  const auto set_suspended = [&](bool suspended) {
    pb::GetMissionRequest get;
    get.set_name("missions/iom-ma");
    const auto mission = operator_.Call<pb::Mission>(
        "passerelle.v1.DirectoryService/GetMission", get);
    ASSERT_THAT(mission, IsOk());
    pb::UpdateMissionRequest update;
    update.mutable_mission()->set_name("missions/iom-ma");
    update.mutable_mission()->set_suspended(suspended);
    update.mutable_update_mask()->add_paths("suspended");
    update.set_etag(mission->etag());
    ASSERT_THAT(operator_.Call<pb::Mission>(
                    "passerelle.v1.DirectoryService/UpdateMission", update),
                IsOk());
  };
  const auto client = server_.Open("iom-ma", "fp");
  ExpectShutOut(server_, *client, [&] { set_suspended(true); });
  set_suspended(false);
  EXPECT_THAT(Fetch(*client, 0, absl::ZeroDuration()), IsOk());
}

// R17, with an authority that signs for seconds.
TEST_F(AdmissionTest, CertificateThatExpiresInFlightIsShutOut) {
  const TestCa short_lived;
  WriteFileOrDie(server_.ca_path(),
                 ReadFileOrDie(server_.ca_path()) + short_lived.certificate());
  const KeyPair pair =
      short_lived.Issue({.uri = "spiffe://passerelle.test/mission/iom-ma/brief",
                         .not_after = absl::Now() + absl::Seconds(6)});
  client::Profile profile = server_.ProfileOf("iom-ma", "fp");
  profile.certificate = server_.dir() + "/brief.pem";
  profile.key = server_.dir() + "/brief.key";
  profile.ca = server_.ca_path();
  WriteFileOrDie(profile.certificate, pair.certificate);
  WriteFileOrDie(profile.key, pair.key);
  auto client = client::Client::Open(profile);
  ASSERT_THAT(client, IsOk());
  // The server takes the new authority over within two seconds.
  const absl::Time deadline = absl::Now() + absl::Seconds(5);
  while (!Fetch(**client, 0, absl::ZeroDuration()).ok() &&
         absl::Now() < deadline) {
  }
  const std::string pem = pair.certificate;
  ExpectShutOut(server_, **client, [&] {
    const absl::Time end = NotAfter(*ParseCertificates(pem)->front());
    while (absl::Now() < end) std::this_thread::yield();
  });
}

// R18 end to end; rotation_test has the hundred turns and every fault.
TEST_F(AdmissionTest, ServerCertificateIsReplacedUnderLoad) {
  TestPki pki;
  ServerProcess server({}, pki);
  const auto place = [&](const std::string& certificate,
                         const std::string& key) {
    WriteFileOrDie(server.key_path(), key);
    WriteFileOrDie(server.certificate_path(), certificate);
  };
  ASSERT_TRUE(server.Start());
  const auto credentials = pki.Client("iom-ma", "batch");
  constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
  std::atomic<bool> stop{false};
  std::atomic<int> handshakes{0};
  std::atomic<int> failures{0};
  std::thread load([&] {
    while (!stop) {
      if (!Call(Connect(server.port(), credentials), kCheck).status.ok()) {
        ++failures;
      }
      ++handshakes;
    }
  });
  const auto serial_shown = [&] {
    return Call(Connect(server.port(), credentials), kCheck).server_serial;
  };
  std::string in_force = serial_shown();
  for (int turn = 0; turn < 5; ++turn) {
    pki.Run("server");
    const std::string certificate =
        ReadFileOrDie(pki.Server().certificate_path);
    const std::string key = ReadFileOrDie(pki.Server().key_path);
    const std::string serial =
        SerialHex(*ParseCertificates(certificate)->front());
    // A fault first, each time another one: the old pair stays.
    const size_t from = server.log().size();
    const std::string faults[] = {"", "rubbish", certificate.substr(0, 200),
                                  certificate.substr(0, 900),
                                  ReadFileOrDie(server.ca_path())};
    place(faults[turn], key);
    EXPECT_TRUE(
        server.WaitForLog("tls_material_rejected", from, absl::Seconds(5)));
    EXPECT_EQ(serial_shown(), in_force);
    place(certificate, key);
    const absl::Time deadline = absl::Now() + absl::Seconds(5);
    while (serial_shown() != serial && absl::Now() < deadline) {
    }
    EXPECT_EQ(serial_shown(), serial);
    in_force = serial;
  }
  stop = true;
  load.join();
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(server.Wait(absl::ZeroDuration()), -1);  // it lives
  std::cout << handshakes << " handshakes" << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
