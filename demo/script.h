#ifndef PASSERELLE_DEMO_SCRIPT_H_
#define PASSERELLE_DEMO_SCRIPT_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "clients/cpp/client.h"
#include "google/protobuf/message.h"

namespace passerelle::demo {

// Calls written as text, by officers of several missions. Not thread safe.
class Script {
 public:
  explicit Script(std::string profiles) : profiles_(std::move(profiles)) {}

  // Calls a method as an officer: `who` is profile and officer, e.g. `tn/cm`;
  // `method` e.g. `CaseService/GetCase`; `text` the request in text format, in
  // which `$word` stands for what Set gave. The officer is one of the mission
  // that the profile names.
  absl::StatusOr<std::unique_ptr<google::protobuf::Message>> Call(
      const std::string& who, const std::string& method,
      const std::string& text);

  // The same, for the answer of type `Response`.
  template <typename Response>
  absl::StatusOr<Response> Get(const std::string& who,
                               const std::string& method,
                               const std::string& text) {
    auto answer = Call(who, method, text);
    if (!answer.ok()) return answer.status();
    return static_cast<const Response&>(**answer);
  }

  // As Call; `word` stands for the name of the resource answered from now on.
  absl::Status Make(const std::string& word, const std::string& who,
                    const std::string& method, const std::string& text);

  const std::string& Word(const std::string& word) { return words_[word]; }

 private:
  struct Desk {
    std::unique_ptr<client::Client> client;
    std::string mission;
  };
  absl::StatusOr<Desk*> Open(const std::string& profile);

  const std::string profiles_;
  std::map<std::string, Desk> desks_;  // by profile
  std::map<std::string, std::string> words_;
};

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_SCRIPT_H_
