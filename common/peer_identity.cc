#include "common/peer_identity.h"

#include <grpc/grpc_security_constants.h>
#include <grpcpp/security/auth_context.h>

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "common/x509.h"

namespace passerelle {
namespace {

// The same rule as certs/passerelle-certs.
bool IsName(absl::string_view name) {
  if (name.size() < 2 || name.size() > 31) return false;
  if (!absl::ascii_islower(static_cast<unsigned char>(name[0]))) return false;
  for (const char c : name) {
    const auto byte = static_cast<unsigned char>(c);
    if (!absl::ascii_islower(byte) && !absl::ascii_isdigit(byte) && c != '-') {
      return false;
    }
  }
  return true;
}

}  // namespace

absl::StatusOr<PeerIdentity> ParseMissionUri(absl::string_view uri,
                                             absl::string_view trust_domain) {
  absl::string_view rest = uri;
  if (!absl::ConsumePrefix(&rest, "spiffe://") ||
      !absl::ConsumePrefix(&rest, trust_domain)) {
    return absl::UnauthenticatedError(
        "the certificate belongs to another trust domain");
  }
  const std::vector<absl::string_view> parts = absl::StrSplit(rest, '/');
  if (parts.size() != 4 || !parts[0].empty() || parts[1] != "mission" ||
      !IsName(parts[2]) || !IsName(parts[3])) {
    return absl::UnauthenticatedError(
        "the certificate does not name a mission's workload");
  }
  PeerIdentity identity;
  identity.mission = std::string(parts[2]);
  identity.workload = std::string(parts[3]);
  identity.uri = std::string(uri);
  return identity;
}

PeerIdentityReader::PeerIdentityReader(Options options, const Clock* clock)
    : options_(std::move(options)), clock_(clock) {}

absl::StatusOr<std::shared_ptr<const PeerIdentity>>
PeerIdentityReader::Identify(const grpc::AuthContext& context) {
  const std::vector<grpc::string_ref> pems =
      context.FindPropertyValues(GRPC_X509_PEM_CERT_PROPERTY_NAME);
  // Exactly one: a context that accumulated properties is not to be believed.
  if (!context.IsPeerAuthenticated() || pems.size() != 1) {
    return absl::UnauthenticatedError("no client certificate");
  }
  return IdentifyPem(absl::string_view(pems[0].data(), pems[0].size()));
}

absl::StatusOr<std::shared_ptr<const PeerIdentity>>
PeerIdentityReader::IdentifyPem(absl::string_view pem) {
  PASSERELLE_ASSIGN_OR_RETURN(std::shared_ptr<const PeerIdentity> identity,
                              Cached(pem));
  if (clock_->Now() >= identity->not_after) {
    return absl::UnauthenticatedError("the client certificate has expired");
  }
  return identity;
}

PeerIdentityReader::Answer PeerIdentityReader::Cached(absl::string_view pem) {
  {
    MutexLock lock(&mutex_);
    const auto found = index_.find(pem);
    if (found != index_.end()) {
      recent_.splice(recent_.begin(), recent_, found->second);
      return found->second->answer;
    }
  }
  Answer answer = Parse(pem);  // outside the lock: calls run in parallel
  MutexLock lock(&mutex_);
  if (index_.contains(pem)) return answer;
  recent_.push_front(Entry{std::string(pem), answer});
  index_.emplace(recent_.front().pem, recent_.begin());
  if (recent_.size() > options_.cache_size) {
    index_.erase(recent_.back().pem);
    recent_.pop_back();
  }
  return answer;
}

PeerIdentityReader::Answer PeerIdentityReader::Parse(
    absl::string_view pem) const {
  absl::StatusOr<std::vector<UniqueX509>> parsed = ParseCertificates(pem);
  if (!parsed.ok()) {
    return absl::UnauthenticatedError("the client certificate is unreadable");
  }
  const X509& leaf = *parsed->front();
  const SubjectNames names = SubjectAlternativeNames(leaf);
  // SPIFFE X509-SVID: exactly one URI, so that nobody can choose between two.
  if (names.uris.size() != 1) {
    return absl::UnauthenticatedError(
        absl::StrCat("the client certificate has ", names.uris.size(),
                     " URI names instead of one"));
  }
  PASSERELLE_ASSIGN_OR_RETURN(
      PeerIdentity identity,
      ParseMissionUri(names.uris.front(), options_.trust_domain));
  identity.serial = SerialHex(leaf);
  identity.not_after = NotAfter(leaf);
  identity.fingerprint = FingerprintHex(leaf);
  return std::make_shared<const PeerIdentity>(std::move(identity));
}

}  // namespace passerelle
