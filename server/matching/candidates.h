#ifndef PASSERELLE_SERVER_MATCHING_CANDIDATES_H_
#define PASSERELLE_SERVER_MATCHING_CANDIDATES_H_

#include <cstddef>
#include <vector>

#include "server/matching/key_index.h"
#include "server/matching/population_impl.h"

namespace passerelle::matching {

// Rows that share keys with a request, in the order in which they are worth
// comparing: by how rare the keys are that they share, together. Few are taken
// of the thousands that share something, so they are put in order only as they
// are asked for.
class Candidates {
 public:
  // At most `most` rows. Reads the shortest lists of the index first and no
  // more of them than that takes. Rows removed from the population are still
  // among them.
  Candidates(const KeyIndex& index, const Population::Impl& population,
             const RecordView& request, size_t most);

  bool empty() const { return left_ == 0; }
  // The next row. Undefined when empty.
  Row Take();

  // More rows share a key than may be compared.
  bool truncated() const { return truncated_; }
  // How many rows share the rarest key and will not be taken.
  size_t unread() const { return unread_; }

 private:
  struct Ranked {
    Row row;
    float rarity;    // sum of the shared keys' -log2 share
    uint32_t order;  // of the population, whatever the order of input

    bool operator<(const Ranked& other) const {
      return rarity != other.rarity ? rarity < other.rarity
                                    : order > other.order;
    }
  };

  // Adds up what a row's hits are worth: a table of rows with open addressing.
  class Tally;

  std::vector<Ranked> heap_;
  size_t left_ = 0;
  bool truncated_ = false;
  size_t unread_ = 0;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_CANDIDATES_H_
