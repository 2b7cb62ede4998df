#ifndef PASSERELLE_TESTS_ACCESS_FILES_H_
#define PASSERELLE_TESTS_ACCESS_FILES_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/access/expected.h"
#include "tests/support/calls.h"
#include "tests/support/test_server.h"

namespace passerelle::testing {

// Missions of every kind, each with an officer of every role of expected.toml,
// named `as-` and the code in small letters; `-` is no officer.
void RegisterEveryRole(TestServer& server);
std::string Officer(const std::string& mission, const std::string& role);

// A file of a situation with one resource of every kind in it.
struct FileOf {
  const Situation* situation;
  std::map<std::string, std::string> words;  // for MakeRequest, but $name
  std::map<std::string, std::string> names;  // kind of Bring -> $name
};
FileOf BuildFile(TestServer& server, const Situation& situation);

// A consent of the file, recorded by `who`.
std::string GiveConsent(TestServer& server, absl::string_view who,
                        const std::string& file, const std::string& scope,
                        const std::string& mission,
                        const std::string& more = "");
// Scope under which a mission is given a share of a file.
std::string ShareScope(const std::string& mission);

// How every text begins that FillFiles puts into a field of a block.
std::string Canary(absl::string_view block);
// Fills, behind the server's back, every field that is not of the block
// `status`, so that whatever is not hidden shows. Restarts the server.
void FillFiles(TestServer& server, const std::vector<FileOf>& files);

// The resources that files hold: collection -> message.
const std::map<std::string, const google::protobuf::Descriptor*>&
CaseResources();

// Calls `visit` with the path of every populated field that holds a value;
// items of a list whose class depends on a code are `list/CODE`.
void ForEachValue(const google::protobuf::Message& message,
                  const std::function<void(const std::string& path)>& visit);
// The same for every field that there can be.
void ForEachPath(const google::protobuf::Descriptor* message,
                 const std::function<void(const std::string& path)>& visit);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_ACCESS_FILES_H_
