#include "clients/cpp/profile.h"

#include <filesystem>
#include <string>

#include "absl/time/clock.h"
#include "clients/cpp/profile_check.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/test_pki.h"

namespace passerelle::client {
namespace {

using ::passerelle::testing::KeyPair;
using ::passerelle::testing::TempDir;
using ::passerelle::testing::TestPki;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class ProfileFileTest : public ::testing::Test {
 protected:
  absl::StatusOr<Profile> Load(const std::string& toml,
                               const std::string& name = "") {
    path_ = folder_.Write("profiles.toml", toml);
    return LoadProfile(path_, name);
  }
  std::string Problem(const std::string& toml, const std::string& name = "") {
    const absl::Status status = Load(toml, name).status();
    EXPECT_EQ(ReasonOf(status), "PROFILE_INVALID");
    return std::string(status.message());
  }

  TempDir folder_;
  std::string path_;
};

constexpr char kOne[] = R"(
[profiles.ma]
address = "host:1"
certificate = "ma/client.pem"
key = "/etc/key"
ca = "ca.pem"
officer = "missions/iom-ma/officers/amina"
)";

TEST_F(ProfileFileTest, TheOnlyProfileIsTaken) {
  const absl::StatusOr<Profile> profile = Load(kOne);
  ASSERT_TRUE(profile.ok()) << profile.status();
  EXPECT_EQ(profile->name, "ma");
  EXPECT_EQ(profile->certificate, folder_.path() + "/ma/client.pem");
  EXPECT_EQ(profile->key, "/etc/key");
  EXPECT_EQ(profile->officer, "missions/iom-ma/officers/amina");
}

TEST_F(ProfileFileTest, UnknownKeysAreErrors) {
  EXPECT_THAT(Problem(std::string(kOne) + "colour = \"red\"\n"),
              HasSubstr("unknown key \"colour\""));
  EXPECT_THAT(Problem(std::string("retries = 3\n") + kOne),
              HasSubstr("unknown key \"retries\""));
}

TEST_F(ProfileFileTest, MissingAndMistypedKeysAreAllNamed) {
  EXPECT_THAT(Problem("[profiles.x]\naddress = 7\nca = \"c\"\n"),
              ::testing::AllOf(HasSubstr("\"address\" is not a string"),
                               HasSubstr("\"certificate\" is missing"),
                               HasSubstr("\"key\" is missing")));
}

TEST_F(ProfileFileTest, OneOfSeveralMustBeChosen) {
  const std::string two = std::string(kOne) +
                          "[profiles.fr]\naddress=\"h:2\"\ncertificate=\"c\"\n"
                          "key=\"k\"\nca=\"a\"\n";
  EXPECT_THAT(Problem(two), HasSubstr("several profiles"));
  EXPECT_EQ(Load(two, "fr")->address, "h:2");
  EXPECT_EQ(Load("default_profile = \"fr\"\n" + two)->address, "h:2");
  EXPECT_THAT(Problem(two, "xx"), HasSubstr("no profile \"xx\""));
}

TEST_F(ProfileFileTest, SyntaxErrorsTellTheLine) {
  EXPECT_THAT(Problem("\n[profiles.x\n"), HasSubstr("line 2"));
  EXPECT_THAT(std::string(LoadProfile("/nowhere", "").status().message()),
              HasSubstr("/nowhere does not exist"));
}

class ProfileCheckTest : public ::testing::Test {
 protected:
  ProfileCheckTest() {
    Use({.uri = "spiffe://example.org/mission/iom-ma/desk"});
    profile_.address = "host:1";
    profile_.ca = folder_.Write("ca.pem", pki_.ca());
  }

  void Use(const passerelle::testing::CertificateRequest& request) {
    const KeyPair pair = pki_.Issue(request);
    profile_.certificate = folder_.Write("client.pem", pair.certificate);
    profile_.key = folder_.Write("client.key", pair.key);
  }
  ProfileReport Check() { return CheckProfile(profile_, absl::Now()); }

  const TestPki& pki_ = TestPki::Shared();
  TempDir folder_;
  Profile profile_;
};

TEST_F(ProfileCheckTest, AGoodProfileHasNoProblem) {
  profile_.officer = "missions/iom-ma/officers/amina";
  profile_.trust_domain = "example.org";
  const ProfileReport report = Check();
  EXPECT_THAT(report.problems, IsEmpty());
  EXPECT_EQ(report.mission, "missions/iom-ma");
  EXPECT_EQ(report.uri, "spiffe://example.org/mission/iom-ma/desk");
}

TEST_F(ProfileCheckTest, MissingFilesAreAllNamed) {
  profile_.certificate = "/nowhere/c.pem";
  profile_.key = "/nowhere/k.pem";
  profile_.ca = "";
  EXPECT_EQ(Check().problems.size(), 3);
}

TEST_F(ProfileCheckTest, AKeyThatOthersCanReadIsRefused) {
  std::filesystem::permissions(profile_.key, std::filesystem::perms::group_read,
                               std::filesystem::perm_options::add);
  EXPECT_THAT(Check().problems,
              ElementsAre(HasSubstr("can be read by others")));
}

TEST_F(ProfileCheckTest, AKeyOfAnotherCertificateIsRefused) {
  profile_.key = folder_.Write("other.key", pki_.Issue({}).key);
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("does not belong")));
}

TEST_F(ProfileCheckTest, DatesAreChecked) {
  const std::string uri = "spiffe://example.org/mission/iom-ma/desk";
  Use({.uri = uri, .not_after = absl::Now() - absl::Minutes(1)});
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("expired on")));
  Use({.uri = uri, .not_before = absl::Now() + absl::Hours(1)});
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("is valid from")));
  Use({.uri = uri,
       .not_before = absl::Now() - absl::Hours(30),
       .not_after = absl::Now() + absl::Hours(5)});
  EXPECT_THAT(Check().problems, IsEmpty());
  EXPECT_THAT(Check().warnings, ElementsAre(HasSubstr("expires on")));
}

TEST_F(ProfileCheckTest, AnotherCaIsRefused) {
  profile_.ca = folder_.Write("other-ca.pem", TestPki().ca());
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("not vouched for")));
}

TEST_F(ProfileCheckTest, TheUriMustNameAMissionOfTheTrustDomain) {
  Use({});
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("names no mission")));
  Use({.uri = "https://example.org/iom-ma"});
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("bears the URI")));
  Use({.uri = "spiffe://example.com/mission/iom-ma/desk"});
  profile_.trust_domain = "example.org";
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("trust domain")));
}

TEST_F(ProfileCheckTest, TheOfficerMustBeOfTheMission) {
  profile_.officer = "missions/iom-fr/officers/bo";
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("is not of the cert")));
  profile_.officer = "amina";
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("is not of the form")));
}

TEST_F(ProfileCheckTest, FilesThatAreNotPemAreRefused) {
  profile_.certificate = folder_.Write("bad.pem", "hello");
  profile_.key = folder_.Write("bad.key", "hello");
  EXPECT_THAT(Check().problems, ElementsAre(HasSubstr("no PEM certificate"),
                                            HasSubstr("no private key")));
}

}  // namespace
}  // namespace passerelle::client
