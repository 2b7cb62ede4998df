#ifndef PASSERELLE_SERVER_RPC_SERVICES_H_
#define PASSERELLE_SERVER_RPC_SERVICES_H_

#include <memory>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "server/domain/change.h"

namespace grpc {
class Service;
}

namespace passerelle::rpc {

class CallSink;

// One service of the contract.
struct ServiceEntry {
  const google::protobuf::ServiceDescriptor* descriptor;
  // Makes its guards; null when it is served without any.
  std::unique_ptr<domain::Verbs> (*make_verbs)();
  // Makes the gRPC service that sends its calls to `sink`.
  std::shared_ptr<grpc::Service> (*make_glue)(CallSink* sink);
};

// Every service of the contract; generated from the protos.
std::vector<ServiceEntry> AllServices();

// The contract that these services make.
std::unique_ptr<domain::Contract> MakeContract(
    const std::vector<ServiceEntry>& services);

}  // namespace passerelle::rpc

#endif  // PASSERELLE_SERVER_RPC_SERVICES_H_
