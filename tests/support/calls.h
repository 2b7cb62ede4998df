#ifndef PASSERELLE_TESTS_SUPPORT_CALLS_H_
#define PASSERELLE_TESTS_SUPPORT_CALLS_H_

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "tests/support/raw_call.h"
#include "tests/support/test_server.h"

namespace passerelle::testing {

using MessagePtr = std::shared_ptr<google::protobuf::Message>;

// A method of the contract by its own name; null when there is none.
const google::protobuf::MethodDescriptor* FindMethod(absl::string_view name);
// passerelle.v1.CaseService/GetCase for GetCase.
std::string FullName(absl::string_view method);

// The request of a method from its text form, `$words` replaced; a request_id
// that is not given is made. Ends the program on a text that does not parse.
MessagePtr MakeRequest(absl::string_view method, absl::string_view text,
                       const std::map<std::string, std::string>& words = {});

// What came back.
struct Reply {
  absl::Status status;
  std::string bytes;    // as they came
  std::string details;  // as they came
  MessagePtr answer;    // of the method's type; empty when refused

  bool ok() const { return status.ok(); }
  template <typename T>
  const T& as() const {
    return static_cast<const T&>(*answer);
  }
};
inline const absl::Status& StatusOf(const Reply& reply) { return reply.status; }

// One call, sent once. `who` is mission and officer, e.g. `iom-tn/cm`; `iom-tn`
// alone asserts no officer.
Reply Send(TestServer& server, absl::string_view who, absl::string_view method,
           const google::protobuf::Message& request);
Reply Send(TestServer& server, absl::string_view who, absl::string_view method,
           absl::string_view text);
// The same for bytes that need not be a request at all.
Reply SendBytes(TestServer& server, absl::string_view who,
                absl::string_view method, absl::string_view bytes);

// As Send, for arranging: the call must succeed.
template <typename T>
T Must(TestServer& server, absl::string_view who, absl::string_view method,
       absl::string_view text);
Reply MustSend(TestServer& server, absl::string_view who,
               absl::string_view method, absl::string_view text);
template <typename T>
T Must(TestServer& server, absl::string_view who, absl::string_view method,
       absl::string_view text) {
  return MustSend(server, who, method, text).as<T>();
}

// `name: "…"`, the text of many requests.
std::string Named(absl::string_view name);

// Sets a string field of a message by path, e.g. `case.name`. False when there
// is no such field.
bool SetString(google::protobuf::Message* message, absl::string_view path,
               const std::string& value);
// The value at such a path; empty when there is none.
std::string GetString(const google::protobuf::Message& message,
                      absl::string_view path);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_CALLS_H_
