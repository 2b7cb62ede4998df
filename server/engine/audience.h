#ifndef PASSERELLE_SERVER_ENGINE_AUDIENCE_H_
#define PASSERELLE_SERVER_ENGINE_AUDIENCE_H_

#include <set>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "server/engine/file.h"
#include "server/engine/writer_context.h"

namespace passerelle::engine {

// Adds every mission that may have a position in the file.
void AddInvolved(const File& file, std::set<std::string>* missions);

// Whether a mission is told of a change of a resource, the file itself or what
// is in it: if one of its officers could get it and sees one of the classes
// that changed.
bool IsTold(const WriterContext& context, const File& file,
            const domain::KindSpec& kind,
            const google::protobuf::Message& resource,
            absl::string_view mission,
            domain::EnumSet changed = ~domain::EnumSet{0});

// Every mission that is told of what happens at `when`, in order.
std::vector<std::string> WhoIsToldAt(absl::Time when,
                                     const WriterContext& context,
                                     const File& file,
                                     const domain::KindSpec& kind,
                                     const google::protobuf::Message& resource);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_AUDIENCE_H_
