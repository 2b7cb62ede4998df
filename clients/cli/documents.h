#ifndef PASSERELLE_CLIENTS_CLI_DOCUMENTS_H_
#define PASSERELLE_CLIENTS_CLI_DOCUMENTS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "clients/cli/app.h"
#include "clients/cli/options.h"
#include "clients/cpp/documents.h"

namespace CLI {
class App;
}  // namespace CLI

namespace passerelle::cli {

// What a mission does with sealed documents that is more than one call, beside
// the calls themselves: `document put`, `document get --out`, `document-key
// make` and `publish`. Content and private keys never leave this machine.
class DocumentCommands {
 public:
  // The nouns and the verb that the contract made.
  DocumentCommands(CLI::App* document, CLI::App* document_get,
                   CLI::App* document_key);

  // Whether one of them is to be run; `document get` without --out is the call.
  bool chosen() const;
  absl::Status Run(const GlobalOptions& options, CliEnvironment& environment);

 private:
  struct Session;
  absl::StatusOr<Session> Begin(const GlobalOptions& options,
                                CliEnvironment& environment) const;
  absl::Status Put(const GlobalOptions& options, CliEnvironment& environment);
  absl::Status Get(const GlobalOptions& options, CliEnvironment& environment);
  absl::Status MakeKey(Streams& streams) const;
  absl::Status PublishKey(const GlobalOptions& options,
                          CliEnvironment& environment);
  absl::StatusOr<std::vector<age::Identity>> ReadKeys(
      const std::string& from_profile) const;

  CLI::App* put_;
  CLI::App* get_;
  CLI::App* make_;
  CLI::App* publish_;
  std::string file_;
  std::string case_name_;
  std::string person_;
  std::string class_;
  std::string media_type_;
  std::vector<std::string> receivers_;
  std::vector<std::string> consents_;
  std::string out_;
  std::string key_file_;
  bool overwrite_ = false;
  bool add_ = false;
  int days_ = 180;
};

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_DOCUMENTS_H_
