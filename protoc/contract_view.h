#ifndef PASSERELLE_PROTOC_CONTRACT_VIEW_H_
#define PASSERELLE_PROTOC_CONTRACT_VIEW_H_

#include <string>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "passerelle/options/v1/options.pb.h"

namespace passerelle::plugin {

namespace options = ::passerelle::options::v1;
using ::google::protobuf::Descriptor;
using ::google::protobuf::EnumDescriptor;
using ::google::protobuf::FieldDescriptor;
using ::google::protobuf::FileDescriptor;
using ::google::protobuf::MethodDescriptor;
using ::google::protobuf::ServiceDescriptor;

// Files are given in the order protoc got them; every file that declares a
// service, or a resource, counts.
using Files = std::vector<const FileDescriptor*>;

// All services of `files`, in order.
std::vector<const ServiceDescriptor*> ServicesOf(const Files& files);

// All messages of `files` that are kinds of exchange, in order.
std::vector<const Descriptor*> ExchangeKindsOf(const Files& files);

// The nested enum behind the resource's state field; null when it has none.
const EnumDescriptor* StateEnum(const Descriptor* resource);

// The resource that a message with the option `part` is a part of; null when
// there is none in its file.
const Descriptor* WholeOf(const Descriptor* part);

// The enum whose values tell the resource's life cycles apart; null when it has
// one life cycle.
const EnumDescriptor* VariantEnum(const Descriptor* resource);

// True when the life cycle `variant` knows the state.
bool Knows(const google::protobuf::EnumValueDescriptor* state,
           const std::string& variant);

// True when the method exists in the life cycle `variant`.
bool ExistsIn(const options::Transition& transition,
              const std::string& variant);

// The kind of exchange that the service's methods act on, when it declares that
// it can be reopened; else null.
const Descriptor* ReopenedKindOf(const ServiceDescriptor* service);

// True when the method makes a new resource: its request carries one, and is no
// update.
bool Creates(const MethodDescriptor* method);

// True when the server serves the method without any code of its own: standard
// Get and List methods of resources.
bool IsGeneric(const MethodDescriptor* method);

// False for services that are served without guards: mailbox and evidence.
bool IsGuarded(const ServiceDescriptor* service);

// Lower-case snake name of a file without folder and extension.
std::string Stem(const FileDescriptor* file);

// `::passerelle::v1::Case` for passerelle.v1.Case.
std::string CppName(const Descriptor* message);

// Name of the RPC of ExchangeService that sends an administrative message.
std::string VerbRpc(options::AdministrativeVerb verb);

}  // namespace passerelle::plugin

#endif  // PASSERELLE_PROTOC_CONTRACT_VIEW_H_
