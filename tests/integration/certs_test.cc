#include <sys/stat.h>

#include <filesystem>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/clock.h"
#include "common/peer_identity.h"
#include "common/x509.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_pki.h"

namespace passerelle {
namespace {

using ::passerelle::testing::ProgramResult;
using ::passerelle::testing::ReadFileOrDie;
using ::passerelle::testing::RunProgram;
using ::passerelle::testing::TestPki;
using ::testing::HasSubstr;

ProgramResult Certs(const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {PASSERELLE_CERTS_TOOL};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return RunProgram(all);
}

std::string Serial(const TestPki::Pair& pair) {
  return SerialHex(
      *ParseCertificates(ReadFileOrDie(pair.certificate_path))->front());
}

mode_t Mode(const std::string& path) {
  struct stat info {};
  EXPECT_EQ(stat(path.c_str(), &info), 0) << path;
  return info.st_mode & 0777;
}

TEST(CertsTest, MissionCertificateNamesMissionAndWorkload) {
  TestPki& pki = TestPki::Shared();
  const TestPki::Pair pair = pki.Mission("mission-gn", "batch");
  const SystemClock clock;
  PeerIdentityReader reader({.trust_domain = "passerelle.test"}, &clock);
  const auto identity =
      reader.IdentifyPem(ReadFileOrDie(pair.certificate_path));
  ASSERT_TRUE(identity.ok()) << identity.status();
  EXPECT_EQ((*identity)->mission, "mission-gn");
  EXPECT_EQ((*identity)->workload, "batch");
  EXPECT_EQ((*identity)->uri,
            "spiffe://passerelle.test/mission/mission-gn/batch");
  EXPECT_EQ((*identity)->fingerprint.size(), 64u);
  EXPECT_GT((*identity)->not_after, absl::Now() + absl::Hours(24 * 6));
  EXPECT_LT((*identity)->not_after, absl::Now() + absl::Hours(24 * 8));
}

TEST(CertsTest, KeysAreForTheOwnerAlone) {
  TestPki& pki = TestPki::Shared();
  EXPECT_EQ(Mode(pki.Mission("mission-gn", "batch").key_path), 0600u);
  EXPECT_EQ(Mode(pki.Server().key_path), 0600u);
  EXPECT_EQ(Mode(pki.dir() + "/ca/root.key"), 0600u);
  EXPECT_EQ(Mode(pki.dir() + "/ca/intermediate.key"), 0600u);
  EXPECT_EQ(Mode(pki.dir() + "/ca"), 0700u);
}

TEST(CertsTest, AuthorityIsNeverOverwritten) {
  TestPki& pki = TestPki::Shared();
  const std::string before = ReadFileOrDie(pki.ca_path());
  const ProgramResult result = Certs({"init", pki.dir()});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_EQ(ReadFileOrDie(pki.ca_path()), before);
}

TEST(CertsTest, NamesAndDaysAreChecked) {
  const std::string& dir = TestPki::Shared().dir();
  for (const char* name :
       {"A", "a", "../x", "a_b", "-ab", "a/b", "a b", "a\nb", ""}) {
    EXPECT_EQ(Certs({"mission", dir, name, "batch"}).exit_status, 2) << name;
    EXPECT_EQ(Certs({"mission", dir, "mission-gn", name}).exit_status, 2)
        << name;
  }
  for (const char* days : {"0", "91", "-1", "7d", ""}) {
    EXPECT_EQ(Certs({"mission", dir, "mission-xx", "batch", "--days", days})
                  .exit_status,
              2)
        << days;
  }
  EXPECT_EQ(Certs({"server", dir, "--dns", "a,URI:b"}).exit_status, 2);
  EXPECT_EQ(Certs({"unknown", dir}).exit_status, 2);
  EXPECT_EQ(Certs({}).exit_status, 2);
}

TEST(CertsTest, RevokeListsEveryLiveSerialOnce) {
  TestPki pki;
  const TestPki::Pair pair = pki.Mission("mission-gn", "batch");
  const std::string first = Serial(pair);
  pki.Run("renew", {"mission-gn", "batch"});
  const std::string second = Serial(pair);
  EXPECT_NE(first, second);
  pki.Run("revoke", {"mission-gn", "batch"});
  const std::string revoked = ReadFileOrDie(pki.revoked_path());
  EXPECT_THAT(revoked, HasSubstr(first));
  EXPECT_THAT(revoked, HasSubstr(second));
  pki.Run("revoke", {"mission-gn", "batch"});
  EXPECT_EQ(ReadFileOrDie(pki.revoked_path()), revoked);
  EXPECT_THAT(pki.Run("list"), HasSubstr("revoked"));
  EXPECT_EQ(Certs({"revoke", pki.dir(), "mission-xx", "batch"}).exit_status, 1);
}

TEST(CertsTest, SecondMissionCommandIsRefused) {
  TestPki& pki = TestPki::Shared();
  const std::string before = Serial(pki.Mission("mission-gn", "batch"));
  EXPECT_EQ(Certs({"mission", pki.dir(), "mission-gn", "batch"}).exit_status,
            1);
  EXPECT_EQ(Serial(pki.Mission("mission-gn", "batch")), before);
}

TEST(CertsTest, ThirteenMissionsTakeSeconds) {
  TestPki pki;
  const absl::Time begin = absl::Now();
  for (int i = 10; i < 23; ++i) pki.Mission(absl::StrCat("m", i), "batch");
  EXPECT_LT(absl::Now() - begin, absl::Seconds(20));  // two, on an idle machine
}

TEST(CertsTest, NoScratchSpaceIsLeftBehind) {
  testing::TempDir scratch;
  const std::string dir = scratch.path() + "/pki";
  EXPECT_EQ(Certs({"init", dir}).exit_status, 0);
  EXPECT_EQ(Certs({"mission", dir, "mission-gn", "batch"}).exit_status, 0);
  EXPECT_EQ(Certs({"mission", dir, "mission-gn", "batch"}).exit_status, 1);
  int entries = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(scratch.path())) {
    EXPECT_EQ(entry.path().filename(), "pki");
    ++entries;
  }
  EXPECT_EQ(entries, 1);
}

TEST(ParseMissionUriTest, AcceptsOneFormOnly) {
  EXPECT_TRUE(
      ParseMissionUri("spiffe://a.test/mission/gn-1/batch", "a.test").ok());
  for (const char* uri :
       {"", "spiffe://b.test/mission/gn/batch", "spiffe://a.test",
        "spiffe://a.test.evil/mission/gn/batch",
        "spiffe://a.testmission/gn/batch", "spiffe://a.test/mission/gn",
        "spiffe://a.test/mission/gn/batch/", "spiffe://a.test/mission//batch",
        "spiffe://a.test/Mission/gn/batch", "spiffe://a.test/mission/GN/batch",
        "spiffe://a.test/mission/gn/ba%74ch", "https://a.test/mission/gn/batch",
        "spiffe://a.test/mission/gn/batch?x", "spiffe://a.test/x/gn/batch",
        "spiffe://u@a.test/mission/gn/batch"}) {
    EXPECT_EQ(ParseMissionUri(uri, "a.test").status().code(),
              absl::StatusCode::kUnauthenticated)
        << uri;
  }
}

TEST(PeerIdentityReaderTest, CacheIsBoundedAndExpiryIsNotCached) {
  TestPki& pki = TestPki::Shared();
  DrivenClock clock(absl::Now());
  PeerIdentityReader reader(
      {.trust_domain = "passerelle.test", .cache_size = 1}, &clock);
  const std::string one =
      ReadFileOrDie(pki.Mission("mission-gn", "batch").certificate_path);
  const std::string two =
      ReadFileOrDie(pki.Mission("mission-de", "batch").certificate_path);
  const auto first = reader.IdentifyPem(one);
  EXPECT_EQ(first.value(), reader.IdentifyPem(one).value());  // same object
  EXPECT_TRUE(reader.IdentifyPem(two).ok());
  EXPECT_NE(first.value(), reader.IdentifyPem(one).value());  // was evicted
  EXPECT_FALSE(reader.IdentifyPem("rubbish").ok());
  EXPECT_TRUE(reader.IdentifyPem(one).ok());
  clock.Advance(absl::Hours(24 * 8));
  EXPECT_EQ(reader.IdentifyPem(one).status().code(),
            absl::StatusCode::kUnauthenticated);
}

TEST(NormaliseSerialTest, OneFormForAllTools) {
  EXPECT_EQ(NormaliseSerial("00:0A:bC"), "abc");
  EXPECT_EQ(NormaliseSerial("0abc"), "abc");
  EXPECT_EQ(NormaliseSerial("0x12"), "");
  EXPECT_EQ(NormaliseSerial("000"), "");
}

}  // namespace
}  // namespace passerelle
