#ifndef PASSERELLE_SERVER_MATCHING_LINK_REPORT_HTML_H_
#define PASSERELLE_SERVER_MATCHING_LINK_REPORT_HTML_H_

#include <string>

#include "absl/strings/string_view.h"

namespace passerelle::link {

// Text as content or as a quoted attribute of HTML: nothing in it is markup.
// Control characters and invalid UTF-8 become U+FFFD.
std::string Escape(absl::string_view text);

// The same between marks that keep right-to-left text from disturbing what is
// around it.
std::string Isolated(absl::string_view text);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_REPORT_HTML_H_
