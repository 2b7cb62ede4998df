#include "server/rpc/services.h"

namespace passerelle::rpc {

std::unique_ptr<domain::Contract> MakeContract(
    const std::vector<ServiceEntry>& services) {
  std::vector<domain::Contract::Service> all;
  all.reserve(services.size());
  for (const ServiceEntry& entry : services) {
    all.push_back({entry.descriptor, entry.make_verbs});
  }
  return std::make_unique<domain::Contract>(all);
}

}  // namespace passerelle::rpc
