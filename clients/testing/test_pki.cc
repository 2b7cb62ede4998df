#include "clients/testing/test_pki.h"

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "clients/cpp/openssl_ptr.h"

namespace passerelle::testing {
namespace {

using client::BioPtr;
using client::KeyPtr;
using client::X509Ptr;

template <typename Write>
std::string Pem(const Write& write) {
  BioPtr bio(BIO_new(BIO_s_mem()));
  write(bio.get());
  char buffer[16384];
  const int size = BIO_read(bio.get(), buffer, sizeof(buffer));
  return std::string(buffer, size > 0 ? static_cast<size_t>(size) : 0);
}

std::string PemOf(X509* certificate) {
  return Pem([&](BIO* bio) { PEM_write_bio_X509(bio, certificate); });
}

void Extend(X509* certificate, X509* issuer, int nid,
            const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension =
      X509V3_EXT_nconf_nid(nullptr, &context, nid, value.c_str());
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

// An unsigned certificate for `key`; `issuer` nullptr for its own.
X509Ptr Draft(EVP_PKEY* key, const std::string& name, X509* issuer,
              absl::Time from, absl::Time until) {
  static long serial = 1;
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(from));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(until));
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(
      certificate.get(),
      X509_get_subject_name(issuer == nullptr ? certificate.get() : issuer));
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

struct TestCa::Keys {
  KeyPtr key{EVP_EC_gen("P-256")};
  X509Ptr certificate;
};

TestCa::TestCa() : keys_(std::make_unique<Keys>()) {
  static int number = 0;
  keys_->certificate = Draft(
      keys_->key.get(), "Test CA " + std::to_string(++number), nullptr,
      absl::Now() - absl::Hours(48), absl::Now() + absl::Hours(24 * 3650));
  X509* own = keys_->certificate.get();
  Extend(own, own, NID_basic_constraints, "critical,CA:TRUE");
  Extend(own, own, NID_key_usage, "critical,keyCertSign,cRLSign");
  Extend(own, own, NID_subject_key_identifier, "hash");
  X509_sign(own, keys_->key.get(), EVP_sha256());
  certificate_ = PemOf(own);
}

TestCa::~TestCa() = default;

KeyPair TestCa::Issue(const CertificateRequest& request) const {
  KeyPtr key(EVP_EC_gen("P-256"));
  X509* ca = keys_->certificate.get();
  X509Ptr certificate =
      Draft(key.get(), "test", ca, request.not_before, request.not_after);
  std::string names;
  if (!request.uri.empty()) names += "URI:" + request.uri;
  if (!request.dns.empty()) {
    names += (names.empty() ? "DNS:" : ",DNS:") + request.dns;
  }
  if (!names.empty()) {
    Extend(certificate.get(), ca, NID_subject_alt_name, names);
  }
  Extend(certificate.get(), ca, NID_basic_constraints, "critical,CA:FALSE");
  Extend(certificate.get(), ca, NID_ext_key_usage, "serverAuth,clientAuth");
  X509_sign(certificate.get(), keys_->key.get(), EVP_sha256());
  return {PemOf(certificate.get()), Pem([&](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0,
                                     nullptr, nullptr);
          })};
}

TestFolder::TestFolder() {
  std::string pattern =
      (std::filesystem::temp_directory_path() / "passerelle-XXXXXX").string();
  path_ = mkdtemp(pattern.data());
}

TestFolder::~TestFolder() {
  std::error_code error;
  std::filesystem::remove_all(path_, error);
}

std::string TestFolder::Write(const std::string& name,
                              const std::string& content) const {
  const std::string path = path_ + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  std::filesystem::permissions(path, std::filesystem::perms::owner_read |
                                         std::filesystem::perms::owner_write);
  return path;
}

}  // namespace passerelle::testing
