#include "clients/cpp/profile_check.h"

#include <sys/stat.h>
#include <cerrno>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "clients/cpp/openssl_ptr.h"

namespace passerelle::client {
namespace {

// Gathers what is found about one profile.
class Checker {
 public:
  Checker(const Profile& profile, absl::Time now)
      : profile_(profile), now_(now) {}

  ProfileReport Run() {
    CheckAddress();
    X509StackPtr chain = ReadCertificates("certificate", profile_.certificate);
    X509StackPtr roots = ReadCertificates("CA", profile_.ca);
    KeyPtr key = ReadKey();
    X509* leaf = chain ? sk_X509_value(chain.get(), 0) : nullptr;
    if (leaf != nullptr) {
      CheckValidity(leaf);
      CheckUri(leaf);
      if (key && X509_check_private_key(leaf, key.get()) != 1) {
        Problem("The key ", profile_.key,
                " does not belong to the certificate ", profile_.certificate,
                ". Give the two files that were issued together.");
      }
      if (roots) CheckChain(leaf, chain.get(), roots.get());
    }
    CheckOfficer();
    ERR_clear_error();
    return std::move(report_);
  }

 private:
  template <typename... Parts>
  void Problem(const Parts&... parts) {
    report_.problems.push_back(absl::StrCat(parts...));
  }

  void CheckAddress() {
    const size_t colon = profile_.address.rfind(':');
    if (colon == std::string::npos || colon == 0 ||
        colon + 1 == profile_.address.size()) {
      Problem("The address \"", profile_.address,
              "\" is not of the form host:port.");
    }
  }

  // Returns the content, or reports why there is none.
  bool ReadFile(absl::string_view what, const std::string& path,
                std::string& content) {
    if (path.empty()) {
      Problem("No ", what, " file is given.");
      return false;
    }
    errno = 0;
    std::ifstream file(path, std::ios::binary);
    if (!file) {
      Problem("The ", what, " file ", path,
              " cannot be read: ", std::strerror(errno), ".");
      return false;
    }
    content.assign(std::istreambuf_iterator<char>(file), {});
    return true;
  }

  X509StackPtr ReadCertificates(absl::string_view what,
                                const std::string& path) {
    std::string content;
    if (!ReadFile(what, path, content)) return nullptr;
    BioPtr bio(
        BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
    X509StackPtr stack(sk_X509_new_null());
    while (X509* certificate =
               PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)) {
      sk_X509_push(stack.get(), certificate);
    }
    ERR_clear_error();
    if (sk_X509_num(stack.get()) > 0) return stack;
    Problem("The ", what, " file ", path, " holds no PEM certificate.");
    return nullptr;
  }

  KeyPtr ReadKey() {
    std::string content;
    if (!ReadFile("key", profile_.key, content)) return nullptr;
    struct stat info = {};
    if (stat(profile_.key.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
      Problem("The key ", profile_.key, " can be read by others. ",
              "Run: chmod 600 ", profile_.key);
    }
    BioPtr bio(
        BIO_new_mem_buf(content.data(), static_cast<int>(content.size())));
    // Without a callback OpenSSL would ask for a pass phrase on the terminal.
    auto no_phrase = [](char*, int, int, void*) { return -1; };
    KeyPtr key(PEM_read_bio_PrivateKey(bio.get(), nullptr, no_phrase, nullptr));
    if (!key) {
      Problem("The key file ", profile_.key,
              " holds no private key in PEM, or one with a pass phrase.");
    }
    return key;
  }

  static absl::Time ToTime(const ASN1_TIME* time) {
    std::tm parts = {};
    if (ASN1_TIME_to_tm(time, &parts) != 1) return absl::InfinitePast();
    return absl::FromTM(parts, absl::UTCTimeZone());
  }

  static std::string Day(absl::Time time) {
    return absl::FormatTime("%Y-%m-%d %H:%M UTC", time, absl::UTCTimeZone());
  }

  void CheckValidity(const X509* leaf) {
    const absl::Time from = ToTime(X509_get0_notBefore(leaf));
    const absl::Time until = ToTime(X509_get0_notAfter(leaf));
    report_.valid_until = until;
    if (now_ < from) {
      Problem("The certificate ", profile_.certificate, " is valid from ",
              Day(from), " only. Check this machine's clock.");
    } else if (now_ >= until) {
      Problem("The certificate ", profile_.certificate, " expired on ",
              Day(until), ". Ask for a new one.");
    } else if (until - now_ < (until - from) / 3) {
      // The last third is when renewal is due.
      report_.warnings.push_back(absl::StrCat("The certificate ",
                                              profile_.certificate,
                                              " expires on ", Day(until), "."));
    }
  }

  void CheckUri(X509* leaf) {
    AltNamesPtr names(static_cast<GENERAL_NAMES*>(
        X509_get_ext_d2i(leaf, NID_subject_alt_name, nullptr, nullptr)));
    for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
      const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
      if (name->type != GEN_URI) continue;
      const ASN1_IA5STRING* uri = name->d.uniformResourceIdentifier;
      report_.uri.assign(
          reinterpret_cast<const char*>(ASN1_STRING_get0_data(uri)),
          static_cast<size_t>(ASN1_STRING_length(uri)));
      break;
    }
    absl::string_view rest = report_.uri;
    std::vector<std::string> parts;
    if (absl::ConsumePrefix(&rest, "spiffe://")) {
      parts = absl::StrSplit(rest, '/');
    }
    if (parts.size() != 4 || parts[1] != "mission" || parts[0].empty() ||
        parts[2].empty() || parts[3].empty()) {
      Problem("The certificate ", profile_.certificate,
              report_.uri.empty()
                  ? std::string(" names no mission")
                  : absl::StrCat(" bears the URI ", report_.uri),
              ": it needs spiffe://{trust domain}/mission/{mission}/",
              "{workload} as subject alternative name. Ask for a new one.");
      return;
    }
    report_.mission = absl::StrCat("missions/", parts[2]);
    if (!profile_.trust_domain.empty() && parts[0] != profile_.trust_domain) {
      Problem("The certificate ", profile_.certificate,
              " belongs to the trust domain ", parts[0],
              ", the profile asks for ", profile_.trust_domain, ".");
    }
  }

  void CheckChain(X509* leaf, STACK_OF(X509) * chain, STACK_OF(X509) * roots) {
    StorePtr store(X509_STORE_new());
    for (int i = 0; i < sk_X509_num(roots); ++i) {
      X509_STORE_add_cert(store.get(), sk_X509_value(roots, i));
    }
    StoreContextPtr context(X509_STORE_CTX_new());
    X509_STORE_CTX_init(context.get(), store.get(), leaf, chain);
    X509_VERIFY_PARAM* param = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(param, absl::ToTimeT(now_));
    X509_VERIFY_PARAM_set_purpose(param, X509_PURPOSE_SSL_CLIENT);
    if (X509_verify_cert(context.get()) == 1) return;
    const int error = X509_STORE_CTX_get_error(context.get());
    const int depth = X509_STORE_CTX_get_error_depth(context.get());
    const bool dates = error == X509_V_ERR_CERT_HAS_EXPIRED ||
                       error == X509_V_ERR_CERT_NOT_YET_VALID;
    if (dates && depth == 0) return;  // said already
    Problem("The certificate ", profile_.certificate,
            " is not vouched for by the CA file ", profile_.ca, ": ",
            X509_verify_cert_error_string(error), depth > 0 ? " (issuer)" : "",
            ". Give the CA that issued it.");
  }

  void CheckOfficer() {
    if (profile_.officer.empty()) return;
    const std::vector<std::string> parts =
        absl::StrSplit(profile_.officer, '/');
    if (parts.size() != 4 || parts[0] != "missions" || parts[2] != "officers" ||
        parts[1].empty() || parts[3].empty()) {
      Problem("The officer \"", profile_.officer,
              "\" is not of the form missions/{mission}/officers/{officer}.");
    } else if (!report_.mission.empty() &&
               !absl::StartsWith(profile_.officer,
                                 absl::StrCat(report_.mission, "/"))) {
      Problem("The officer ", profile_.officer,
              " is not of the certificate's mission, ", report_.mission, ".");
    }
  }

  const Profile& profile_;
  const absl::Time now_;
  ProfileReport report_;
};

}  // namespace

ProfileReport CheckProfile(const Profile& profile, absl::Time now) {
  return Checker(profile, now).Run();
}

}  // namespace passerelle::client
