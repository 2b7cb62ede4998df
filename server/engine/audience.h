#ifndef PASSERELLE_SERVER_ENGINE_AUDIENCE_H_
#define PASSERELLE_SERVER_ENGINE_AUDIENCE_H_

#include <set>
#include <string>

#include "absl/strings/string_view.h"
#include "server/engine/file.h"
#include "server/engine/writer_context.h"

namespace passerelle::engine {

// Adds every mission that may have a position in the file.
void AddInvolved(const File& file, std::set<std::string>* missions);

// Whether a mission is told of changes of a resource, the file itself or what
// is in it: if one of its officers could get it.
bool IsTold(const WriterContext& context, const File& file,
            const domain::KindSpec& kind,
            const google::protobuf::Message& resource,
            absl::string_view mission);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_AUDIENCE_H_
