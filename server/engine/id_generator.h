#ifndef PASSERELLE_SERVER_ENGINE_ID_GENERATOR_H_
#define PASSERELLE_SERVER_ENGINE_ID_GENERATOR_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace passerelle::engine {

// Makes identifiers: a letter for the kind, then a UUIDv7 as 26 digits of
// lower-case Crockford base32. Ids of one generator sort in the order they
// were made, also within a millisecond and when the clock steps back. Not
// guessable: 62 random bits. Used by the writer thread only.
class IdGenerator {
 public:
  std::string Next(absl::string_view letter, absl::Time now);

 private:
  int64_t last_millis_ = 0;
  uint32_t counter_ = 0;  // 12 bits of UUIDv7's rand_a
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_ID_GENERATOR_H_
