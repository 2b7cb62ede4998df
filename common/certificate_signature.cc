#include "common/certificate_signature.h"

#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <climits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace passerelle {
namespace {

constexpr int kMinRsaBits = 2048;

template <typename T, void (*kFree)(T*)>
struct Free {
  void operator()(T* object) const { kFree(object); }
};
using UniqueDigest =
    std::unique_ptr<EVP_MD_CTX, Free<EVP_MD_CTX, EVP_MD_CTX_free>>;
using UniqueStore =
    std::unique_ptr<X509_STORE, Free<X509_STORE, X509_STORE_free>>;
using UniqueContext =
    std::unique_ptr<X509_STORE_CTX, Free<X509_STORE_CTX, X509_STORE_CTX_free>>;

struct StackFree {  // of the stack alone: what is in it belongs to others
  void operator()(STACK_OF(X509) * stack) const { sk_X509_free(stack); }
};
using UniqueStack = std::unique_ptr<STACK_OF(X509), StackFree>;

const unsigned char* Raw(absl::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}

// The digest that goes with a key; Ed25519 has one of its own (null).
// Returns: INVALID_ARGUMENT for a key that is not used here.
absl::StatusOr<const EVP_MD*> DigestOf(EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_ED25519:
      return nullptr;
    case EVP_PKEY_EC: {
      const int bits = EVP_PKEY_get_bits(key);
      if (bits == 256 || bits == 384) return EVP_sha256();
      break;
    }
    case EVP_PKEY_RSA:
      if (EVP_PKEY_get_bits(key) >= kMinRsaBits) return EVP_sha256();
      break;
    default:
      break;
  }
  return absl::InvalidArgumentError(
      "the key is none of ECDSA P-256 or P-384, Ed25519, RSA of 2,048 bits");
}

}  // namespace

absl::StatusOr<std::string> SignWith(EVP_PKEY& key, absl::string_view text) {
  PASSERELLE_ASSIGN_OR_RETURN(const EVP_MD* digest, DigestOf(&key));
  const UniqueDigest context(EVP_MD_CTX_new());
  size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, &key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, Raw(text), text.size()) !=
          1) {
    return absl::InternalError(TakeOpenSslError());
  }
  std::string signature(size, '\0');
  if (EVP_DigestSign(context.get(),
                     reinterpret_cast<unsigned char*>(signature.data()), &size,
                     Raw(text), text.size()) != 1) {
    return absl::InternalError(TakeOpenSslError());
  }
  signature.resize(size);
  return signature;
}

absl::Status VerifyWith(const X509& certificate, absl::string_view text,
                        absl::string_view signature) {
  EVP_PKEY* key = X509_get0_pubkey(&certificate);
  const auto digest =
      key == nullptr
          ? absl::StatusOr<const EVP_MD*>(absl::InvalidArgumentError("no key"))
          : DigestOf(key);
  const UniqueDigest context(EVP_MD_CTX_new());
  const bool good =
      digest.ok() &&
      EVP_DigestVerifyInit(context.get(), nullptr, *digest, nullptr, key) ==
          1 &&
      EVP_DigestVerify(context.get(), Raw(signature), signature.size(),
                       Raw(text), text.size()) == 1;
  if (good) return absl::OkStatus();
  TakeOpenSslError();
  return absl::PermissionDeniedError("the signature is not the certificate's");
}

absl::StatusOr<UniqueX509> ParseDerCertificate(absl::string_view der) {
  const unsigned char* at = Raw(der);
  UniqueX509 certificate;
  if (!der.empty() && der.size() < INT_MAX) {
    certificate.reset(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
  }
  if (certificate == nullptr || at != Raw(der) + der.size()) {
    TakeOpenSslError();
    return absl::InvalidArgumentError("not one certificate");
  }
  return certificate;
}

std::string ToDer(const X509& certificate) {
  unsigned char* bytes = nullptr;
  const int size = i2d_X509(&certificate, &bytes);
  if (size <= 0) return "";
  std::string der(reinterpret_cast<const char*>(bytes),
                  static_cast<size_t>(size));
  OPENSSL_free(bytes);
  return der;
}

absl::Status VerifyChain(const std::vector<UniqueX509>& chain,
                         const std::vector<UniqueX509>& roots,
                         absl::Time time) {
  if (chain.empty()) return absl::PermissionDeniedError("no certificate");
  const UniqueStore store(X509_STORE_new());
  for (const UniqueX509& root : roots) {
    X509_STORE_add_cert(store.get(), root.get());
  }
  const UniqueStack others(sk_X509_new_null());
  for (size_t i = 1; i < chain.size(); ++i) {
    sk_X509_push(others.get(), chain[i].get());
  }
  const UniqueContext context(X509_STORE_CTX_new());
  X509_STORE_CTX_init(context.get(), store.get(), chain.front().get(),
                      others.get());
  X509_VERIFY_PARAM* parameters = X509_STORE_CTX_get0_param(context.get());
  X509_VERIFY_PARAM_set_time(parameters, absl::ToTimeT(time));
  X509_VERIFY_PARAM_set_purpose(parameters, X509_PURPOSE_SSL_CLIENT);
  if (X509_verify_cert(context.get()) == 1) return absl::OkStatus();
  const int error = X509_STORE_CTX_get_error(context.get());
  TakeOpenSslError();
  return absl::PermissionDeniedError(
      absl::StrCat("the certificate is not vouched for: ",
                   X509_verify_cert_error_string(error)));
}

}  // namespace passerelle
