#ifndef PASSERELLE_SERVER_MATCHING_DATA_H_
#define PASSERELLE_SERVER_MATCHING_DATA_H_

#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::matching {

// The files of data/matching as they were when this was built: tab-separated,
// '#' begins a line of comment.
absl::string_view NameWordsText();
absl::string_view NameVariantsText();
absl::string_view NameCostsText();

// Fields of each line that is not empty and no comment.
std::vector<std::vector<absl::string_view>> DataRows(absl::string_view text);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_DATA_H_
