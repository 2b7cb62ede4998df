#include "server/app/tls_pair.h"

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"
#include "common/x509.h"

namespace passerelle::app {
namespace {

struct StoreDeleter {
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
};
struct StoreContextDeleter {
  void operator()(X509_STORE_CTX* context) const {
    X509_STORE_CTX_free(context);
  }
};
struct StackDeleter {
  // Frees the stack only: the certificates belong to the caller's vector.
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};

absl::StatusOr<std::vector<UniqueX509>> ParseNamed(absl::string_view what,
                                                   const std::string& pem) {
  absl::StatusOr<std::vector<UniqueX509>> parsed = ParseCertificates(pem);
  if (!parsed.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": ", parsed.status().message()));
  }
  return parsed;
}

absl::Status CheckAuthorities(absl::string_view what,
                              const std::vector<UniqueX509>& roots,
                              absl::Time now) {
  int in_force = 0;
  for (const UniqueX509& root : roots) {
    if (X509_check_ca(root.get()) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat(what, ": holds a certificate that is no authority"));
    }
    if (now >= NotBefore(*root) && now < NotAfter(*root)) ++in_force;
  }
  // Expired roots may linger in a bundle during a change of authority.
  if (in_force == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": no authority is valid now"));
  }
  return absl::OkStatus();
}

absl::Status VerifyChain(const std::vector<UniqueX509>& chain,
                         const std::vector<UniqueX509>& roots, absl::Time now) {
  const std::unique_ptr<X509_STORE, StoreDeleter> store(X509_STORE_new());
  for (const UniqueX509& root : roots) {
    X509_STORE_add_cert(store.get(), root.get());
  }
  const std::unique_ptr<STACK_OF(X509), StackDeleter> untrusted(
      sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) {
    sk_X509_push(untrusted.get(), chain[i].get());
  }
  const std::unique_ptr<X509_STORE_CTX, StoreContextDeleter> context(
      X509_STORE_CTX_new());
  if (X509_STORE_CTX_init(context.get(), store.get(), chain[0].get(),
                          untrusted.get()) != 1) {
    return absl::InvalidArgumentError(TakeOpenSslError());
  }
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, absl::ToTimeT(now));
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_SERVER);
  if (X509_verify_cert(context.get()) != 1) {
    const int error = X509_STORE_CTX_get_error(context.get());
    TakeOpenSslError();
    return absl::InvalidArgumentError(
        absl::StrCat("certificate: ", X509_verify_cert_error_string(error)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<TlsValidity> ValidateTls(const TlsContents& contents,
                                        absl::Time now) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::vector<UniqueX509> chain,
                              ParseNamed("certificate", contents.certificate));
  PASSERELLE_ASSIGN_OR_RETURN(const std::vector<UniqueX509> client_roots,
                              ParseNamed("client CA", contents.client_ca));
  absl::StatusOr<UniquePrivateKey> key = ParsePrivateKey(contents.key);
  if (!key.ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("key: ", key.status().message()));
  }
  const X509& leaf = *chain.front();
  if (X509_check_private_key(&leaf, key->get()) != 1) {
    TakeOpenSslError();
    return absl::InvalidArgumentError("key: belongs to another certificate");
  }
  const TlsValidity validity{.not_before = NotBefore(leaf),
                             .not_after = NotAfter(leaf),
                             .serial = SerialHex(leaf)};
  if (now < validity.not_before) {
    return absl::InvalidArgumentError("certificate: not valid yet");
  }
  if (now >= validity.not_after) {
    return absl::InvalidArgumentError("certificate: expired");
  }
  const SubjectNames names = SubjectAlternativeNames(leaf);
  if (names.uris.empty() && names.others == 0) {
    return absl::InvalidArgumentError(
        "certificate: has no subject alternative name, which every client "
        "checks");
  }
  PASSERELLE_RETURN_IF_ERROR(CheckAuthorities("client CA", client_roots, now));
  if (contents.issuer_ca.empty()) {
    PASSERELLE_RETURN_IF_ERROR(VerifyChain(chain, client_roots, now));
    return validity;
  }
  PASSERELLE_ASSIGN_OR_RETURN(const std::vector<UniqueX509> issuers,
                              ParseNamed("issuer CA", contents.issuer_ca));
  PASSERELLE_RETURN_IF_ERROR(VerifyChain(chain, issuers, now));
  return validity;
}

}  // namespace passerelle::app
