#ifndef PASSERELLE_SERVER_ENGINE_COURSE_H_
#define PASSERELLE_SERVER_ENGINE_COURSE_H_

#include "server/domain/lifecycle.h"
#include "server/engine/file.h"
#include "server/engine/writer_context.h"

namespace passerelle::engine {

// How two sides of an exchange reckon time.
domain::Course MakeCourse(const WriterContext& context,
                          const domain::KindSpec& kind, Loaded* loaded);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_COURSE_H_
