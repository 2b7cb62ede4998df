// What a mission signs, and with what.

#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/certificate_signature.h"
#include "common/signed_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/document.pb.h"
#include "passerelle/v1/document_key.pb.h"
#include "tests/support/test_pki.h"

namespace passerelle {
namespace {

namespace pb = ::passerelle::v1;
using ::passerelle::testing::KeyPair;
using ::passerelle::testing::RunProgram;
using ::passerelle::testing::TestPki;

const absl::Time kTime = absl::FromUnixSeconds(1'800'000'000);

TEST(SignedTextTest, IsOneLineForEachValueThatIsSigned) {
  pb::DocumentKey key;
  key.set_name("missions/iom-ma/documentKeys/k0");  // not signed
  key.set_public_key("age1x");
  key.mutable_expire_time()->set_seconds(1'800'000'060);
  EXPECT_EQ(SignedText(key, "missions/iom-ma", kTime),
            "passerelle signature v1\n"
            "type: passerelle/DocumentKey\n"
            "parent: missions/iom-ma\n"
            "sign_time: 2027-01-15T08:00:00Z\n"
            "public_key: age1x\n"
            "expire_time: 2027-01-15T08:01:00Z\n");
  pb::Document document;
  document.set_sender("missions/iom-tn");
  document.add_receivers("missions/iom-ma");
  document.add_receivers("missions/iom-es");
  document.set_content_class(pb::Document::MEDICAL);
  document.set_size_bytes(70000);
  document.add_chunk_digests("\x01\xff");
  document.set_state(pb::Document::AVAILABLE);  // not signed
  EXPECT_EQ(SignedText(document, "cases/c0", kTime),
            "passerelle signature v1\n"
            "type: passerelle/Document\n"
            "parent: cases/c0\n"
            "sign_time: 2027-01-15T08:00:00Z\n"
            "sender: missions/iom-tn\n"
            "receivers: missions/iom-ma\n"
            "receivers: missions/iom-es\n"
            "content_class: MEDICAL\n"
            "size_bytes: 70000\n"
            "chunk_digests: 01ff\n");
}

TEST(SignedTextTest, NoValuePosesAsAnotherLine) {
  pb::Document one;
  one.set_media_type("a\nsize_bytes: 5");
  pb::Document other;
  other.set_media_type("a");
  other.set_size_bytes(5);
  EXPECT_NE(SignedText(one, "cases/c0", kTime),
            SignedText(other, "cases/c0", kTime));
  one.set_media_type("a\\nb");
  other.Clear();
  other.set_media_type("a\nb");
  EXPECT_NE(SignedText(one, "p", kTime), SignedText(other, "p", kTime));
  EXPECT_NE(SignedText(one, "p\ntype: x", kTime), SignedText(one, "p", kTime));
}

class Certificates : public ::testing::Test {
 protected:
  static std::vector<UniqueX509> Chain(const std::string& pem) {
    auto chain = ParseCertificates(pem);
    EXPECT_TRUE(chain.ok());
    return *std::move(chain);
  }
  TestPki& pki_ = TestPki::Shared();
};

TEST_F(Certificates, OnlyItsKeySigns) {
  const KeyPair one = pki_.Issue({.uri = "spiffe://t/mission/iom-tn/batch"});
  const KeyPair other = pki_.Issue({.uri = "spiffe://t/mission/iom-tn/batch"});
  const auto signature = SignWith(**ParsePrivateKey(one.key), "text");
  ASSERT_TRUE(signature.ok());
  const auto chain = Chain(one.certificate);
  EXPECT_TRUE(VerifyWith(*chain.front(), "text", *signature).ok());
  EXPECT_FALSE(VerifyWith(*chain.front(), "texT", *signature).ok());
  EXPECT_FALSE(VerifyWith(*chain.front(), "text", "").ok());
  EXPECT_FALSE(VerifyWith(*chain.front(), "text", *signature + "x").ok());
  EXPECT_FALSE(
      VerifyWith(*Chain(other.certificate).front(), "text", *signature).ok());
}

TEST_F(Certificates, EveryKindOfKeyThatIsAllowedAndNoOther) {
  const testing::TempDir dir;
  const auto make = [&](std::vector<std::string> words) {
    const std::string key = dir.File("key");
    const std::string certificate = dir.File("certificate");
    words.insert(words.begin(), {PASSERELLE_OPENSSL, "genpkey"});
    words.insert(words.end(), {"-out", key});
    EXPECT_EQ(RunProgram(words).exit_status, 0);
    EXPECT_EQ(RunProgram({PASSERELLE_OPENSSL, "req", "-x509", "-new", "-key",
                          key, "-subj", "/CN=x", "-out", certificate})
                  .exit_status,
              0);
    return KeyPair{testing::ReadFileOrDie(certificate),
                   testing::ReadFileOrDie(key)};
  };
  for (const std::vector<std::string>& words :
       std::vector<std::vector<std::string>>{
           {"-algorithm", "ed25519"},
           {"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"},
           {"-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"}}) {
    const KeyPair pair = make(words);
    const auto signature = SignWith(**ParsePrivateKey(pair.key), "text");
    ASSERT_TRUE(signature.ok()) << words[1];
    const auto chain = Chain(pair.certificate);
    EXPECT_TRUE(VerifyWith(*chain.front(), "text", *signature).ok());
    EXPECT_FALSE(VerifyWith(*chain.front(), "else", *signature).ok());
  }
  const KeyPair weak =
      make({"-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:1024"});
  EXPECT_FALSE(SignWith(**ParsePrivateKey(weak.key), "text").ok());
}

TEST_F(Certificates, AChainLeadsToARootThatIsTrustedAtTheTime) {
  const absl::Time now = absl::Now();
  const KeyPair pair = pki_.Issue({.uri = "spiffe://t/mission/iom-tn/batch",
                                   .not_before = now + absl::Hours(1),
                                   .not_after = now + absl::Hours(2)});
  const auto roots = Chain(pki_.ca());
  const auto chain = Chain(pair.certificate);
  EXPECT_TRUE(VerifyChain(chain, roots, now + absl::Minutes(90)).ok());
  EXPECT_FALSE(VerifyChain(chain, roots, now).ok());
  EXPECT_FALSE(VerifyChain(chain, roots, now + absl::Hours(3)).ok());
  EXPECT_FALSE(VerifyChain({}, roots, now).ok());
  const TestPki stranger("passerelle.test");
  EXPECT_FALSE(
      VerifyChain(chain, Chain(stranger.ca()), now + absl::Minutes(90)).ok());
  // A server's certificate is not one to sign with.
  EXPECT_FALSE(VerifyChain(Chain(testing::ReadFileOrDie(
                               TestPki::Shared().Server().certificate_path)),
                           roots, now)
                   .ok());
  const std::string der = ToDer(*chain.front());
  EXPECT_TRUE(ParseDerCertificate(der).ok());
  EXPECT_FALSE(ParseDerCertificate(der + "x").ok());
  EXPECT_FALSE(ParseDerCertificate(der.substr(1)).ok());
  EXPECT_FALSE(ParseDerCertificate("").ok());
}

}  // namespace
}  // namespace passerelle
