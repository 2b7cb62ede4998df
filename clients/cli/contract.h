#ifndef PASSERELLE_CLIENTS_CLI_CONTRACT_H_
#define PASSERELLE_CLIENTS_CLI_CONTRACT_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/dynamic_message.h"

namespace google::protobuf {
class FileDescriptorSet;
}  // namespace google::protobuf

namespace passerelle::cli {

// The contract as data: services, messages and their comments. Immutable,
// hence thread safe. Messages made by New() must not outlive it.
class Contract {
 public:
  // The contract this program was built with.
  static const Contract& Embedded();

  // From a set that holds every import, with source info. nullptr when the set
  // does not hang together.
  static std::unique_ptr<Contract> Create(
      const google::protobuf::FileDescriptorSet& set);

  // The services of package passerelle.v1, by name.
  const std::vector<const google::protobuf::ServiceDescriptor*>& services()
      const {
    return services_;
  }

  std::unique_ptr<google::protobuf::Message> New(
      const google::protobuf::Descriptor* type) const;

  // What is to be known about a reason of an error: the comment of the value
  // of passerelle.v1.ErrorReason. Empty when there is no such value.
  std::string ReasonHelp(absl::string_view reason) const;

 private:
  Contract();

  std::unique_ptr<google::protobuf::DescriptorPool> pool_;
  std::unique_ptr<google::protobuf::DynamicMessageFactory> factory_;
  std::vector<const google::protobuf::ServiceDescriptor*> services_;
};

// Joins the lines of each paragraph; list items keep their lines.
std::string Unwrapped(absl::string_view comment);

// The comment above a declaration, unwrapped to one line per paragraph.
template <typename Declaration>
std::string CommentOf(const Declaration* declaration) {
  google::protobuf::SourceLocation location;
  if (!declaration->GetSourceLocation(&location)) return {};
  return Unwrapped(location.leading_comments);
}

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_CONTRACT_H_
