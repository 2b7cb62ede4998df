#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_GRAMS_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_GRAMS_H_

#include <string>
#include <vector>

#include "server/matching/normaliser.h"
#include "server/matching/record.h"

namespace passerelle::link {

// One feature of a person, and how many bits it sets.
struct Gram {
  std::string text;  // the field and the piece of it
  int draws = 0;
};

// What a person's filter is made of. Names and places go in as sounds, so that
// spellings and scripts meet; dates and numbers digit by digit, so that one
// wrong digit costs little.
std::vector<Gram> GramsOf(const matching::Record& record,
                          const matching::NameNormaliser& normaliser);

// What two records of one person are expected to share at least one of: two
// people are compared only when they do. Pieces that stand alone are combined
// (a name with a year, two names), because a keyed hash of a common name alone
// would show by its frequency. Sorted, without repeats, at most kMaxBlockKeys.
std::vector<std::string> BlockKeysOf(
    const matching::Record& record, const matching::NameNormaliser& normaliser);

inline constexpr size_t kMaxBlockKeys = 64;

// The groups whose filters a person gets with Hardening::salt: sex and decade
// of birth, and the decade before or after where the year is within two of it.
// At least one.
std::vector<std::string> SaltsOf(const matching::Record& record);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_GRAMS_H_
