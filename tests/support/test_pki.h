#ifndef PASSERELLE_TESTS_SUPPORT_TEST_PKI_H_
#define PASSERELLE_TESTS_SUPPORT_TEST_PKI_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "tests/support/temp_dir.h"

namespace grpc {
class ChannelCredentials;
}  // namespace grpc

namespace passerelle::testing {

// Runs a program to its end. Returns: its exit status, or -1.
struct ProgramResult {
  int exit_status = -1;
  std::string output;  // standard output and error together
};
ProgramResult RunProgram(const std::vector<std::string>& arguments);

std::string ReadFileOrDie(const std::string& path);

// Replaces `path` in one step, mode 0600.
void WriteFileOrDie(const std::string& path, absl::string_view content);

// Certificate, with its chain, and key in PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

// A certificate to be issued with whatever content.
struct CertificateRequest {
  // URI of the subject alternative name; empty for none.
  std::string uri = {};
  // DNS name of the subject alternative name; empty for none.
  std::string dns = {};
  // Address of the subject alternative name; empty for none.
  std::string ip = {};
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 365);
};

// A certificate authority made at run time by certs/passerelle-certs in a
// temporary folder of its own, removed at the end. Failures end the test
// program: without certificates no test means anything. Thread compatible.
class TestPki {
 public:
  explicit TestPki(absl::string_view trust_domain = "passerelle.test");
  TestPki(const TestPki&) = delete;
  TestPki& operator=(const TestPki&) = delete;

  // One for the whole process, made at first use.
  static TestPki& Shared();

  struct Pair {
    std::string certificate_path;
    std::string key_path;
  };

  const std::string& dir() const { return dir_.path(); }
  std::string ca_path() const { return dir_.File("ca.pem"); }
  std::string revoked_path() const { return dir_.File("revoked.txt"); }
  std::string ca() const { return ReadFileOrDie(ca_path()); }

  // Made at the first call for these names.
  Pair Mission(absl::string_view mission, absl::string_view workload);
  Pair Server();

  // What the tool would never issue as well: expired, for seconds, for other
  // names. For clients and servers alike.
  KeyPair Issue(const CertificateRequest& request) const;

  // passerelle-certs COMMAND DIR ARGUMENTS…; must succeed.
  std::string Run(absl::string_view command,
                  const std::vector<std::string>& arguments = {});

  // Credentials of a mission's workload that trust this authority's server.
  std::shared_ptr<grpc::ChannelCredentials> Client(absl::string_view mission,
                                                   absl::string_view workload);

 private:
  const TempDir dir_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_TEST_PKI_H_
