#ifndef PASSERELLE_PROTOC_GENERATE_H_
#define PASSERELLE_PROTOC_GENERATE_H_

#include <map>
#include <string>

#include "protoc/contract_view.h"

namespace passerelle::plugin {

// File name to content.
using Output = std::map<std::string, std::string>;

// For each service, the class that its guards implement: `X.verbs.h`, `.cc`.
Output GenerateVerbs(const Files& files);

// For each service, the gRPC service that sends every call through the one
// pipeline, `X.glue.h`, `.cc`, and the list of all services, `services.cc`.
Output GenerateGlue(const Files& files);

// The access matrix, one state diagram per kind of exchange, the error list.
Output GenerateDocs(const Files& files);

}  // namespace passerelle::plugin

#endif  // PASSERELLE_PROTOC_GENERATE_H_
