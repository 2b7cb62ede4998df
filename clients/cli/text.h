#ifndef PASSERELLE_CLIENTS_CLI_TEXT_H_
#define PASSERELLE_CLIENTS_CLI_TEXT_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::cli {

// `FeasibilityStudy`, `feasibilityStudy` -> feasibility, study.
std::vector<std::string> WordsOfCamel(absl::string_view name);

// `given_name` -> `given-name`.
std::string KebabOfSnake(absl::string_view name);

// Up to the first full stop that ends a sentence; without the stop.
std::string FirstSentence(absl::string_view text);

// Makes text of others harmless to a terminal: control characters, characters
// that change the direction of writing or cannot be seen, and bytes that are
// not UTF-8 are written as \n, \t, \x1b or \u202e.
std::string Harmless(absl::string_view text);

// Number of code points, which is how wide most text is shown.
size_t Width(absl::string_view text);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_TEXT_H_
