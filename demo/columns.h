#ifndef PASSERELLE_DEMO_COLUMNS_H_
#define PASSERELLE_DEMO_COLUMNS_H_

#include <string>

#include "absl/strings/string_view.h"

namespace passerelle::demo {

// Spaces up to `width` characters; bytes that continue a character do not
// count.
std::string Padded(absl::string_view text, size_t width);

// At most `width` characters, the last of them an ellipsis if there were more.
std::string Cut(absl::string_view text, size_t width);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_COLUMNS_H_
