#include "tests/support/test_pki.h"

#include <fcntl.h>
#include <grpcpp/security/credentials.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cpp/openssl_ptr.h"

namespace passerelle::testing {
namespace {

using client::BioPtr;
using client::KeyPtr;
using client::X509Ptr;

[[noreturn]] void Die(absl::string_view what) {
  std::fprintf(stderr, "test PKI: %s\n", std::string(what).c_str());
  std::abort();
}

BioPtr Open(const std::string& path) {
  BioPtr bio(BIO_new_file(path.c_str(), "r"));
  if (bio == nullptr) Die(absl::StrCat("cannot read ", path));
  return bio;
}

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

// An unsigned certificate for `key`.
X509Ptr Draft(EVP_PKEY* key, X509* issuer, absl::Time from, absl::Time until) {
  static std::atomic<int64_t> serial{1};
  X509Ptr certificate(X509_new());
  X509_set_version(certificate.get(), 2);
  ASN1_INTEGER_set_int64(X509_get_serialNumber(certificate.get()), ++serial);
  ASN1_TIME_set(X509_getm_notBefore(certificate.get()), absl::ToTimeT(from));
  ASN1_TIME_set(X509_getm_notAfter(certificate.get()), absl::ToTimeT(until));
  X509_NAME_add_entry_by_txt(
      X509_get_subject_name(certificate.get()), "CN", MBSTRING_ASC,
      reinterpret_cast<const unsigned char*>("test"), -1, -1, 0);
  X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer));
  X509_set_pubkey(certificate.get(), key);
  return certificate;
}

}  // namespace

ProgramResult RunProgram(const std::vector<std::string>& arguments) {
  int pipes[2];
  if (pipe2(pipes, O_CLOEXEC) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, pipes[1], STDERR_FILENO);
  std::vector<char*> argv;
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);
  pid_t pid = -1;
  const int failed =
      posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  close(pipes[1]);
  ProgramResult result;
  if (failed == 0) {
    char buffer[4096];
    ssize_t count = 0;
    while ((count = read(pipes[0], buffer, sizeof(buffer))) > 0) {
      result.output.append(buffer, static_cast<size_t>(count));
    }
    int status = 0;
    if (waitpid(pid, &status, 0) == pid && WIFEXITED(status)) {
      result.exit_status = WEXITSTATUS(status);
    }
  }
  close(pipes[0]);
  return result;
}

std::string ReadFileOrDie(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) Die(absl::StrCat("cannot read ", path));
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

void WriteFileOrDie(const std::string& path, absl::string_view content) {
  const std::string next = path + ".next";
  {
    std::ofstream out(next, std::ios::binary | std::ios::trunc);
    out.write(content.data(), static_cast<std::streamsize>(content.size()));
    if (!out.flush()) Die(absl::StrCat("cannot write ", path));
  }
  if (chmod(next.c_str(), 0600) != 0 ||
      rename(next.c_str(), path.c_str()) != 0) {
    Die(absl::StrCat("cannot replace ", path));
  }
}

TestPki::TestPki(absl::string_view trust_domain) {
  Run("init", {"--trust-domain", std::string(trust_domain)});
  Run("server");
}

TestPki& TestPki::Shared() {
  static TestPki pki;
  return pki;
}

std::string TestPki::Run(absl::string_view command,
                         const std::vector<std::string>& arguments) {
  std::vector<std::string> all = {PASSERELLE_CERTS_TOOL, std::string(command),
                                  dir()};
  all.insert(all.end(), arguments.begin(), arguments.end());
  ProgramResult result = RunProgram(all);
  if (result.exit_status != 0) {
    Die(absl::StrCat("passerelle-certs ", command, ": ", result.output));
  }
  return std::move(result.output);
}

TestPki::Pair TestPki::Mission(absl::string_view mission,
                               absl::string_view workload) {
  const std::string folder =
      absl::StrCat(dir(), "/missions/", mission, "/", workload);
  if (!std::filesystem::exists(folder)) {
    Run("mission", {std::string(mission), std::string(workload)});
  }
  return {.certificate_path = folder + "/cert.pem",
          .key_path = folder + "/key.pem"};
}

TestPki::Pair TestPki::Server() {
  return {.certificate_path = dir_.File("server/cert.pem"),
          .key_path = dir_.File("server/key.pem")};
}

std::shared_ptr<grpc::ChannelCredentials> TestPki::Client(
    absl::string_view mission, absl::string_view workload) {
  const Pair pair = Mission(mission, workload);
  return grpc::SslCredentials(
      {.pem_root_certs = ReadFileOrDie(ca_path()),
       .pem_private_key = ReadFileOrDie(pair.key_path),
       .pem_cert_chain = ReadFileOrDie(pair.certificate_path)});
}

KeyPair TestPki::Issue(const CertificateRequest& request) const {
  const X509Ptr issuer(PEM_read_bio_X509(
      Open(dir_.File("ca/intermediate.pem")).get(), nullptr, nullptr, nullptr));
  const KeyPtr issuer_key(PEM_read_bio_PrivateKey(
      Open(dir_.File("ca/intermediate.key")).get(), nullptr, nullptr, nullptr));
  const KeyPtr key(EVP_EC_gen("P-256"));
  const X509Ptr certificate =
      Draft(key.get(), issuer.get(), request.not_before, request.not_after);
  std::vector<std::string> names;
  if (!request.uri.empty()) names.push_back("URI:" + request.uri);
  if (!request.dns.empty()) names.push_back("DNS:" + request.dns);
  if (!request.ip.empty()) names.push_back("IP:" + request.ip);
  X509* own = certificate.get();
  if (!names.empty()) {
    Extend(own, issuer.get(), NID_subject_alt_name, absl::StrJoin(names, ","));
  }
  Extend(own, issuer.get(), NID_basic_constraints, "critical,CA:FALSE");
  Extend(own, issuer.get(), NID_ext_key_usage, "serverAuth,clientAuth");
  X509_sign(own, issuer_key.get(), EVP_sha256());
  return {PemOf(own) + PemOf(issuer.get()), Pem([&](BIO* bio) {
            PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0,
                                     nullptr, nullptr);
          })};
}

}  // namespace passerelle::testing
