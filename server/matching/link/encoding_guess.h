#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_GUESS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_GUESS_H_

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/link/byte_file.h"

namespace passerelle::link {

struct EncodingGuess {
  std::string name;  // as ICU knows it; "UTF-8" for UTF-8
  size_t mark_bytes = 0;
  bool certain = true;
};

// The encoding that a byte order mark at the beginning of `head` names; an
// empty name without one.
EncodingGuess EncodingOfMark(absl::string_view head);

// Reads the whole file, counts what is valid UTF-8 and what is not, and has ICU
// judge the rest (TextReader says the rules). The file is left at its end.
absl::StatusOr<EncodingGuess> GuessEncoding(ByteFile& file);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_GUESS_H_
