#include "common/x509.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <cstddef>
#include <ctime>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"

namespace passerelle {
namespace {

constexpr absl::string_view kBeginMarker = "-----BEGIN ";

// Bounds the work one file can cause; real bundles hold a few dozen.
constexpr size_t kMaxCertificates = 512;

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using UniqueBio = std::unique_ptr<BIO, BioDeleter>;

UniqueBio ReadOnlyBio(absl::string_view text) {
  return UniqueBio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

size_t CountMarkers(absl::string_view pem) {
  size_t count = 0;
  for (size_t at = pem.find(kBeginMarker); at != absl::string_view::npos;
       at = pem.find(kBeginMarker, at + kBeginMarker.size())) {
    ++count;
  }
  return count;
}

// A date OpenSSL cannot read counts as the past: such a certificate is never
// valid.
absl::Time FromAsn1(const ASN1_TIME* time) {
  std::tm fields{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &fields) != 1) {
    return absl::InfinitePast();
  }
  return absl::FromTM(fields, absl::UTCTimeZone());
}

std::string Asn1Text(const ASN1_STRING* text) {
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<size_t>(ASN1_STRING_length(text)));
}

// Never prompt a daemon's terminal for a pass phrase.
int NoPassPhrase(char*, int, int, void*) { return -1; }

}  // namespace

void X509Deleter::operator()(X509* certificate) const {
  X509_free(certificate);
}
void PrivateKeyDeleter::operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }

std::string TakeOpenSslError() {
  const unsigned long code = ERR_get_error();  // NOLINT(google-runtime-int)
  ERR_clear_error();
  if (code == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "unknown reason";
}

absl::StatusOr<std::vector<UniqueX509>> ParseCertificates(
    absl::string_view pem) {
  ERR_clear_error();
  const UniqueBio bio = ReadOnlyBio(pem);
  std::vector<UniqueX509> certificates;
  while (UniqueX509 certificate{
      PEM_read_bio_X509(bio.get(), nullptr, NoPassPhrase, nullptr)}) {
    certificates.push_back(std::move(certificate));
    if (certificates.size() > kMaxCertificates) {
      return absl::InvalidArgumentError("too many certificates");
    }
  }
  ERR_clear_error();  // the end of the text is reported as an error
  if (certificates.empty()) {
    return absl::InvalidArgumentError("no certificate found");
  }
  if (certificates.size() != CountMarkers(pem)) {
    return absl::InvalidArgumentError(
        "damaged, or holds something other than certificates");
  }
  return certificates;
}

absl::StatusOr<UniquePrivateKey> ParsePrivateKey(absl::string_view pem) {
  ERR_clear_error();
  const UniqueBio bio = ReadOnlyBio(pem);
  UniquePrivateKey key(
      PEM_read_bio_PrivateKey(bio.get(), nullptr, NoPassPhrase, nullptr));
  ERR_clear_error();
  if (key == nullptr) {
    return absl::InvalidArgumentError("no unencrypted private key found");
  }
  return key;
}

absl::Time NotBefore(const X509& certificate) {
  return FromAsn1(X509_get0_notBefore(&certificate));
}

absl::Time NotAfter(const X509& certificate) {
  return FromAsn1(X509_get0_notAfter(&certificate));
}

std::string SerialHex(const X509& certificate) {
  BIGNUM* number =
      ASN1_INTEGER_to_BN(X509_get0_serialNumber(&certificate), nullptr);
  if (number == nullptr) return "";
  char* hex = BN_bn2hex(number);
  BN_free(number);
  if (hex == nullptr) return "";
  std::string serial = NormaliseSerial(hex);
  OPENSSL_free(hex);
  return serial;
}

std::string FingerprintHex(const X509& certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  if (X509_digest(&certificate, EVP_sha256(), digest, &size) != 1) return "";
  return absl::BytesToHexString(
      absl::string_view(reinterpret_cast<const char*>(digest), size));
}

SubjectNames SubjectAlternativeNames(const X509& certificate) {
  SubjectNames result;
  auto* names = static_cast<GENERAL_NAMES*>(
      X509_get_ext_d2i(&certificate, NID_subject_alt_name, nullptr, nullptr));
  if (names == nullptr) return result;
  for (int i = 0; i < sk_GENERAL_NAME_num(names); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
    if (name->type == GEN_URI) {
      result.uris.push_back(Asn1Text(name->d.uniformResourceIdentifier));
    } else {
      ++result.others;
    }
  }
  GENERAL_NAMES_free(names);
  return result;
}

std::string NormaliseSerial(absl::string_view text) {
  std::string digits;
  for (const char c : text) {
    if (c == ':') continue;
    if (!absl::ascii_isxdigit(static_cast<unsigned char>(c))) return "";
    if (digits.empty() && c == '0') continue;
    digits.push_back(absl::ascii_tolower(static_cast<unsigned char>(c)));
  }
  return digits;
}

}  // namespace passerelle
