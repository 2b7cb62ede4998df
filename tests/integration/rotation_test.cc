// R18: the server's certificate is replaced under load, well and badly.
#include <sys/stat.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/x509.h"
#include "gtest/gtest.h"
#include "tests/integration/echo_server.h"
#include "tests/support/test_pki.h"

namespace passerelle {
namespace {

using ::passerelle::testing::Call;
using ::passerelle::testing::CallResult;
using ::passerelle::testing::Connect;
using ::passerelle::testing::EchoServer;
using ::passerelle::testing::ReadFileOrDie;
using ::passerelle::testing::TempDir;
using ::passerelle::testing::TestPki;
using ::passerelle::testing::WriteFileOrDie;

struct PairText {
  std::string certificate;
  std::string key;
  std::string serial;
};

PairText ReadPair(const TestPki::Pair& pair) {
  PairText text;
  text.certificate = ReadFileOrDie(pair.certificate_path);
  text.key = ReadFileOrDie(pair.key_path);
  text.serial = SerialHex(*ParseCertificates(text.certificate)->front());
  return text;
}

class RotationTest : public ::testing::Test {
 protected:
  RotationTest() {
    for (int i = 0; i < 6; ++i) {
      pki_.Run("server");
      pairs_.push_back(ReadPair(pki_.Server()));
    }
    Place(pairs_[0]);
    WriteFileOrDie(ca_path(), ReadFileOrDie(pki_.ca_path()));
  }

  std::string certificate_path() const { return scratch_.path() + "/cert"; }
  std::string key_path() const { return scratch_.path() + "/key"; }
  std::string ca_path() const { return scratch_.path() + "/ca"; }

  // As an operator would: two files, one after the other.
  void Place(const PairText& pair) {
    WriteFileOrDie(key_path(), pair.key);
    WriteFileOrDie(certificate_path(), pair.certificate);
  }

  app::TlsMaterial::Options TlsOptions() const {
    return {.certificate_path = certificate_path(),
            .key_path = key_path(),
            .client_ca_path = ca_path(),
            .issuer_ca_path = "",
            .staging_dir = scratch_.path() + "/staging"};
  }

  void StartServer() {
    EchoServer::Options options;
    options.tls = TlsOptions();
    options.clock = &clock_;
    auto started = EchoServer::Start(options);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
  }

  CallResult CallAnew() {
    return Call(Connect(server_->port(), credentials_), "/test/WhoAmI");
  }

  bool ServedWithin(const std::string& serial, absl::Duration within) {
    const absl::Time deadline = absl::Now() + within;
    while (absl::Now() < deadline) {
      if (CallAnew().server_serial == serial) return true;
    }
    return false;
  }

  TestPki pki_;
  TempDir scratch_;
  // Ahead, so that certificates made a moment later are valid already.
  DrivenClock clock_{absl::Now() + absl::Minutes(1)};
  std::vector<PairText> pairs_;
  std::shared_ptr<grpc::ChannelCredentials> credentials_ =
      pki_.Client("mission-gn", "batch");
  std::unique_ptr<EchoServer> server_;
};

TEST_F(RotationTest, HundredRotationsUnderLoadFailNoHandshake) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  std::atomic<bool> stop{false};
  std::atomic<int> handshakes{0};
  std::atomic<int> calls{0};
  std::atomic<int> failures{0};
  std::vector<std::thread> load;
  for (int i = 0; i < 2; ++i) {
    load.emplace_back([&] {
      while (!stop) {
        const CallResult result = CallAnew();
        ++handshakes;
        if (!result.status.ok()) {
          ++failures;
          ADD_FAILURE() << result.status.error_message();
        }
      }
    });
  }
  load.emplace_back([&] {
    const auto channel = Connect(server_->port(), credentials_);
    while (!stop) {
      if (!Call(channel, "/test/WhoAmI").status.ok()) ++failures;
      ++calls;
    }
  });
  // gRPC looks once a second; pairs turn far faster, so that its reading meets
  // a turn in every phase. Pace by handshakes: load and turns interleave.
  std::string last;
  for (int turn = 1; turn <= 100; ++turn) {
    const PairText& pair = pairs_[static_cast<size_t>(turn) % pairs_.size()];
    Place(pair);
    server_->tls().CheckNow();
    ASSERT_EQ(server_->tls().status().reloads, turn);
    last = pair.serial;
    const int seen = handshakes;
    while (handshakes < seen + 4) std::this_thread::yield();
  }
  EXPECT_TRUE(ServedWithin(last, absl::Seconds(5)));
  stop = true;
  for (std::thread& thread : load) thread.join();
  EXPECT_EQ(failures, 0);
  EXPECT_GT(handshakes, 400);
  EXPECT_GT(calls, 100);
  EXPECT_EQ(server_->tls().status().rejected, 0);
}

TEST_F(RotationTest, EveryRotationIsServedAndOldConnectionsLiveOn) {
  ASSERT_NO_FATAL_FAILURE(StartServer());
  const auto old = Connect(server_->port(), credentials_);
  EXPECT_EQ(Call(old, "/test/WhoAmI").server_serial, pairs_[0].serial);
  for (size_t i = 1; i < 4; ++i) {
    Place(pairs_[i]);
    server_->tls().CheckNow();
    EXPECT_TRUE(ServedWithin(pairs_[i].serial, absl::Seconds(3)));
  }
  EXPECT_EQ(Call(old, "/test/WhoAmI").server_serial, pairs_[0].serial);
}

TEST_F(RotationTest, FaultyPairsKeepTheOldOneAndAlarmOnceEach) {
  pki_.Run("server", {"--days", "1"});
  const PairText short_lived = ReadPair(pki_.Server());
  clock_.Advance(absl::Hours(30));
  TestPki other;
  const PairText foreign = ReadPair(other.Server());
  const PairText client = ReadPair(pki_.Mission("mission-gn", "batch"));
  const std::string good = pairs_[1].certificate;
  ASSERT_NO_FATAL_FAILURE(StartServer());
  const struct {
    const char* what;
    PairText pair;
  } faults[] = {
      {"wrong key", {good, pairs_[2].key, ""}},
      {"empty certificate", {"", pairs_[1].key, ""}},
      {"empty key", {good, "", ""}},
      {"truncated leaf", {good.substr(0, 300), pairs_[1].key, ""}},
      {"truncated chain",
       {good.substr(0, good.size() - 300), pairs_[1].key, ""}},
      {"truncated key", {good, pairs_[1].key.substr(0, 100), ""}},
      {"expired", short_lived},
      {"wrong authority", foreign},
      {"client certificate", client},
      {"rubbish", {"rubbish", "rubbish", ""}},
  };
  int64_t rejected = 0;
  for (const auto& fault : faults) {
    Place(fault.pair);
    server_->tls().CheckNow();
    server_->tls().CheckNow();
    EXPECT_EQ(server_->tls().status().rejected, ++rejected) << fault.what;
    EXPECT_EQ(CallAnew().server_serial, pairs_[0].serial) << fault.what;
  }
  // Longer than gRPC's own look at the files: it must not have seen any.
  EXPECT_FALSE(ServedWithin("no such serial", absl::Milliseconds(1500)));
  EXPECT_EQ(CallAnew().server_serial, pairs_[0].serial);
  EXPECT_EQ(server_->tls().status().reloads, 0);
  Place(pairs_[3]);
  server_->tls().CheckNow();
  EXPECT_TRUE(ServedWithin(pairs_[3].serial, absl::Seconds(3)));
}

TEST_F(RotationTest, FaultyAuthorityKeepsTheOldOne) {
  TestPki other;
  ASSERT_NO_FATAL_FAILURE(StartServer());
  int64_t rejected = 0;
  for (const std::string& bad :
       {std::string(), std::string("rubbish"), ReadFileOrDie(other.ca_path()),
        pairs_[0].certificate}) {
    WriteFileOrDie(ca_path(), bad);
    server_->tls().CheckNow();
    EXPECT_EQ(server_->tls().status().rejected, ++rejected);
    EXPECT_TRUE(CallAnew().status.ok());
  }
  // Both authorities side by side, as during a change.
  WriteFileOrDie(ca_path(), ReadFileOrDie(pki_.ca_path()) +
                                ReadFileOrDie(other.ca_path()));
  server_->tls().CheckNow();
  EXPECT_EQ(server_->tls().status().reloads, 1);
  EXPECT_TRUE(CallAnew().status.ok());
}

TEST_F(RotationTest, OpenKeyFileIsRefused) {
  ASSERT_EQ(chmod(key_path().c_str(), 0640), 0);
  EXPECT_EQ(app::TlsMaterial::Load(TlsOptions(), &clock_).status().code(),
            absl::StatusCode::kPermissionDenied);
}

TEST_F(RotationTest, StagingFolderIsPrivateExclusiveAndRemoved) {
  const std::string staging = TlsOptions().staging_dir;
  {
    auto first = app::TlsMaterial::Load(TlsOptions(), &clock_);
    ASSERT_TRUE(first.ok()) << first.status();
    struct stat info {};
    ASSERT_EQ(stat(staging.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0700u);
    ASSERT_EQ(stat((staging + "/current/key.pem").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600u);
    EXPECT_EQ(app::TlsMaterial::Load(TlsOptions(), &clock_).status().code(),
              absl::StatusCode::kFailedPrecondition);
  }
  struct stat info {};
  EXPECT_NE(stat(staging.c_str(), &info), 0);
  // Somebody's folder, named by mistake, is left alone.
  app::TlsMaterial::Options mistaken = TlsOptions();
  mistaken.staging_dir = pki_.dir();
  EXPECT_EQ(app::TlsMaterial::Load(mistaken, &clock_).status().code(),
            absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(stat(pki_.ca_path().c_str(), &info), 0);
}

}  // namespace
}  // namespace passerelle
