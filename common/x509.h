#ifndef PASSERELLE_COMMON_X509_H_
#define PASSERELLE_COMMON_X509_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

// OpenSSL's own names for its types: its headers stay out of ours.
typedef struct x509_st X509;
typedef struct evp_pkey_st EVP_PKEY;

namespace passerelle {

struct X509Deleter {
  void operator()(X509* certificate) const;
};
struct PrivateKeyDeleter {
  void operator()(EVP_PKEY* key) const;
};
using UniqueX509 = std::unique_ptr<X509, X509Deleter>;
using UniquePrivateKey = std::unique_ptr<EVP_PKEY, PrivateKeyDeleter>;

// Parses every certificate of a PEM text, in order.
// Returns: kInvalidArgument when there is none, one is damaged, or the text
// holds a begin marker that yields no certificate (a truncated file).
absl::StatusOr<std::vector<UniqueX509>> ParseCertificates(
    absl::string_view pem);

// Returns: kInvalidArgument unless the text holds an unencrypted private key.
absl::StatusOr<UniquePrivateKey> ParsePrivateKey(absl::string_view pem);

absl::Time NotBefore(const X509& certificate);
absl::Time NotAfter(const X509& certificate);

// Lower case, without leading zeros, as NormaliseSerial gives.
std::string SerialHex(const X509& certificate);

// SHA-256 of the DER form, in lower-case hexadecimal.
std::string FingerprintHex(const X509& certificate);

struct SubjectNames {
  std::vector<std::string> uris;
  int others = 0;  // DNS names, addresses and the rest
};
SubjectNames SubjectAlternativeNames(const X509& certificate);

// Operators paste serials as tools print them: upper case, with colons, with
// or without leading zeros. Returns: the one form we compare, or empty when
// `text` is no hexadecimal number.
std::string NormaliseSerial(absl::string_view text);

// First line of OpenSSL's error queue for this thread, which is cleared.
std::string TakeOpenSslError();

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_X509_H_
