// R16, R17, R18 on the real server: who was let in is looked at again.
#include <atomic>
#include <functional>
#include <future>
#include <iostream>
#include <iterator>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
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
#include "tests/support/test_pki.h"

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
  const TestPki short_lived;
  WriteFileOrDie(server_.ca_path(),
                 ReadFileOrDie(server_.ca_path()) + short_lived.ca());
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

// R18 on the whole server; rotation_test has more faults.
TEST(CertificateRotationTest, HundredTurnsAndEveryFaultUnderLoad) {
  constexpr int kTurns = 100;
  TestPki pki;
  const TestPki second;  // its authority is trusted as well
  ServerProcess server({}, pki);
  WriteFileOrDie(server.ca_path(), pki.ca() + second.ca());
  const auto place = [&](const KeyPair& pair) {
    WriteFileOrDie(server.key_path(), pair.key);
    WriteFileOrDie(server.certificate_path(), pair.certificate);
  };
  const auto serial_of = [](const KeyPair& pair) {
    return SerialHex(*ParseCertificates(pair.certificate)->front());
  };
  ASSERT_TRUE(server.Start());
  const auto credentials = pki.Client("platform", "batch");
  constexpr char kCheck[] = "/grpc.health.v1.Health/Check";
  std::atomic<bool> stop{false};
  std::atomic<int> handshakes{0};
  std::atomic<int> calls{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> load;
  load.emplace_back([&] {
    for (; !stop; ++handshakes) {
      if (!Call(Connect(server.port(), credentials), kCheck).status.ok()) {
        ++failures;
      }
    }
  });
  load.emplace_back([&] {
    const auto channel = Connect(server.port(), credentials);
    for (; !stop; ++calls) {
      if (!Call(channel, kCheck).status.ok()) ++failures;
    }
  });
  const auto served_within = [&](const std::string& serial,
                                 absl::Duration within) {
    const absl::Time deadline = absl::Now() + within;
    while (absl::Now() < deadline) {
      if (Call(Connect(server.port(), credentials), kCheck).server_serial ==
          serial) {
        return true;
      }
    }
    return false;
  };
  KeyPair in_force;
  for (int turn = 0; turn < kTurns; ++turn) {
    in_force = pki.Issue({.ip = "127.0.0.1"});
    const size_t from = server.log().size();
    place(in_force);
    ASSERT_TRUE(server.WaitForLog(serial_of(in_force), from, absl::Seconds(10)))
        << turn;
  }
  EXPECT_TRUE(served_within(serial_of(in_force), absl::Seconds(5)));

  const KeyPair good = pki.Issue({.ip = "127.0.0.1"});
  const struct {
    const char* what;
    KeyPair pair;
  } faults[] = {
      {"wrong key", {good.certificate, in_force.key}},
      {"empty", {"", good.key}},
      {"truncated", {good.certificate.substr(0, 200), good.key}},
      {"truncated chain", {good.certificate.substr(0, 900), good.key}},
      {"expired", second.Issue({.ip = "127.0.0.1",
                                .not_before = absl::Now() - absl::Hours(2),
                                .not_after = absl::Now() - absl::Hours(1)})},
      {"wrong authority", TestPki().Issue({.ip = "127.0.0.1"})},
  };
  for (const auto& fault : faults) {
    const size_t from = server.log().size();
    place(fault.pair);
    EXPECT_TRUE(
        server.WaitForLog("tls_material_rejected", from, absl::Seconds(10)))
        << fault.what;
    const int seen = handshakes;
    EXPECT_TRUE(served_within(serial_of(in_force), absl::Seconds(5)))
        << fault.what;
    while (handshakes < seen + 20) std::this_thread::yield();
  }
  place(good);
  EXPECT_TRUE(served_within(serial_of(good), absl::Seconds(10)));
  stop = true;
  for (std::thread& thread : load) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(handshakes, kTurns);
  EXPECT_EQ(server.Wait(absl::ZeroDuration()), -1);  // the first one, alive
  std::cout << kTurns << " turns, " << std::size(faults) << " faults, "
            << handshakes << " handshakes and " << calls << " calls, "
            << failures << " failed" << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
