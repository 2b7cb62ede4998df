#ifndef PASSERELLE_SERVER_MATCHING_LINK_TEXT_FAULT_H_
#define PASSERELLE_SERVER_MATCHING_LINK_TEXT_FAULT_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace passerelle::link {

enum class TextFault : uint8_t { kNone, kZeroByte, kEncoding };

// The first thing wrong with a piece of text from a TextReader. `replaces`:
// the reader put U+FFFD for what it could not read.
TextFault FaultOf(absl::string_view text, bool replaces);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_TEXT_FAULT_H_
