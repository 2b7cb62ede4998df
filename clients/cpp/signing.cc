#include "clients/cpp/signing.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cpp/errors.h"
#include "common/certificate_signature.h"
#include "common/file_reader.h"
#include "common/peer_identity.h"
#include "common/signed_text.h"
#include "common/status_macros.h"

namespace passerelle::client {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kMaxFileBytes = 1 << 20;
constexpr size_t kMaxChain = 4;

absl::StatusOr<std::string> ReadPem(const std::string& path,
                                    FilePrivacy privacy) {
  auto text = ReadSmallFile(path, privacy, kMaxFileBytes);
  if (!text.ok()) return ProfileInvalid(text.status().message());
  return text;
}

absl::StatusOr<std::vector<UniqueX509>> ReadCertificates(
    const std::string& path) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::string pem,
                              ReadPem(path, FilePrivacy::kAny));
  auto certificates = ParseCertificates(pem);
  if (!certificates.ok()) {
    return ProfileInvalid(
        absl::StrCat(path, ": ", certificates.status().message()));
  }
  return certificates;
}

// Who a certificate names. Returns: UNAUTHENTICATED.
absl::StatusOr<PeerIdentity> IdentityOf(const X509& certificate,
                                        absl::string_view trust_domain) {
  const SubjectNames names = SubjectAlternativeNames(certificate);
  if (names.uris.size() != 1) {
    return absl::UnauthenticatedError("the certificate names no mission");
  }
  return ParseMissionUri(names.uris.front(), trust_domain);
}

// Of our own certificate, which the platform accepts.
std::string TrustDomainOf(const X509& certificate) {
  const SubjectNames names = SubjectAlternativeNames(certificate);
  if (names.uris.size() != 1) return "";
  absl::string_view rest = names.uris.front();
  if (!absl::ConsumePrefix(&rest, "spiffe://")) return "";
  return std::string(rest.substr(0, rest.find('/')));
}

}  // namespace

absl::StatusOr<Signer> Signer::Load(const Profile& profile) {
  Signer signer;
  PASSERELLE_ASSIGN_OR_RETURN(const std::string pem,
                              ReadPem(profile.key, FilePrivacy::kOwnerOnly));
  auto key = ParsePrivateKey(pem);
  if (!key.ok()) {
    return ProfileInvalid(
        absl::StrCat(profile.key, ": ", key.status().message()));
  }
  signer.key_ = *std::move(key);
  PASSERELLE_ASSIGN_OR_RETURN(const auto chain,
                              ReadCertificates(profile.certificate));
  if (chain.size() > kMaxChain) {
    return ProfileInvalid(
        absl::StrCat(profile.certificate, ": more than 4 certificates"));
  }
  for (const UniqueX509& certificate : chain) {
    signer.certificates_.push_back(ToDer(*certificate));
  }
  signer.trust_domain_ = TrustDomainOf(*chain.front());
  const auto identity = IdentityOf(*chain.front(), signer.trust_domain_);
  if (!identity.ok()) {
    return ProfileInvalid(
        absl::StrCat(profile.certificate, ": ", identity.status().message()));
  }
  signer.mission_ = absl::StrCat("missions/", identity->mission);
  return signer;
}

absl::StatusOr<pb::MissionSignature> Signer::Sign(
    const google::protobuf::Message& resource, absl::string_view parent,
    absl::Time now) const {
  pb::MissionSignature signature;
  const int64_t seconds = absl::ToUnixSeconds(now);
  signature.mutable_sign_time()->set_seconds(seconds);
  for (const std::string& certificate : certificates_) {
    signature.add_certificates(certificate);
  }
  auto bytes = SignWith(
      *key_, SignedText(resource, parent, absl::FromUnixSeconds(seconds)));
  if (!bytes.ok()) return ProfileInvalid(bytes.status().message());
  signature.set_signature(*std::move(bytes));
  return signature;
}

absl::StatusOr<Authority> Authority::Load(const Profile& profile) {
  Authority authority;
  PASSERELLE_ASSIGN_OR_RETURN(authority.roots_, ReadCertificates(profile.ca));
  authority.trust_domain_ = profile.trust_domain;
  if (!authority.trust_domain_.empty()) return authority;
  PASSERELLE_ASSIGN_OR_RETURN(const auto own,
                              ReadCertificates(profile.certificate));
  authority.trust_domain_ = TrustDomainOf(*own.front());
  return authority;
}

absl::Status Authority::Verify(const google::protobuf::Message& resource,
                               absl::string_view parent,
                               absl::string_view mission,
                               const pb::MissionSignature& signature) const {
  std::vector<UniqueX509> chain;
  for (const std::string& der : signature.certificates()) {
    auto certificate = ParseDerCertificate(der);
    if (!certificate.ok() || chain.size() == kMaxChain) {
      return SignatureNotAuthentic("its certificates cannot be read");
    }
    chain.push_back(*std::move(certificate));
  }
  if (chain.empty()) return SignatureNotAuthentic("it has no certificate");
  const absl::Time time =
      absl::FromUnixSeconds(signature.sign_time().seconds());
  if (const absl::Status s = VerifyChain(chain, roots_, time); !s.ok()) {
    return SignatureNotAuthentic(s.message());
  }
  const auto identity = IdentityOf(*chain.front(), trust_domain_);
  if (!identity.ok() ||
      absl::StrCat("missions/", identity->mission) != mission) {
    return SignatureNotAuthentic("its certificate is of another mission");
  }
  if (!VerifyWith(*chain.front(), SignedText(resource, parent, time),
                  signature.signature())
           .ok()) {
    return SignatureNotAuthentic("it is not over what is shown");
  }
  return absl::OkStatus();
}

}  // namespace passerelle::client
