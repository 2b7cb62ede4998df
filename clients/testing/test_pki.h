#ifndef PASSERELLE_CLIENTS_TESTING_TEST_PKI_H_
#define PASSERELLE_CLIENTS_TESTING_TEST_PKI_H_

#include <memory>
#include <string>

#include "absl/time/clock.h"
#include "absl/time/time.h"

namespace passerelle::testing {

// Certificate and key in PEM.
struct KeyPair {
  std::string certificate;
  std::string key;
};

// A certificate to be issued.
struct CertificateRequest {
  // URI of the subject alternative name; empty for none.
  std::string uri = {};
  // DNS name of the subject alternative name; empty for none.
  std::string dns = {};
  absl::Time not_before = absl::Now() - absl::Hours(1);
  absl::Time not_after = absl::Now() + absl::Hours(24 * 365);
};

// A certificate authority that lives as long as a test.
class TestCa {
 public:
  TestCa();
  ~TestCa();
  TestCa(const TestCa&) = delete;
  TestCa& operator=(const TestCa&) = delete;

  // The CA's own certificate in PEM.
  const std::string& certificate() const { return certificate_; }

  KeyPair Issue(const CertificateRequest& request) const;

 private:
  struct Keys;
  std::unique_ptr<Keys> keys_;
  std::string certificate_;
};

// A folder that is removed with its content.
class TestFolder {
 public:
  TestFolder();
  ~TestFolder();
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;

  const std::string& path() const { return path_; }

  // Writes a file, readable by its owner only, and returns its path.
  std::string Write(const std::string& name, const std::string& content) const;

 private:
  std::string path_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_CLIENTS_TESTING_TEST_PKI_H_
