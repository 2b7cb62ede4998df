#ifndef PASSERELLE_PROTOC_CHECK_H_
#define PASSERELLE_PROTOC_CHECK_H_

#include <string>
#include <vector>

#include "protoc/contract_view.h"

namespace passerelle::plugin {

// Everything the options of `files` get wrong, one sentence each, empty when
// they are sound: a method without access, a change without request_id, an
// unknown state, a field of an answer without privacy class …
std::vector<std::string> CheckContract(const Files& files);

}  // namespace passerelle::plugin

#endif  // PASSERELLE_PROTOC_CHECK_H_
