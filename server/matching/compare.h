#ifndef PASSERELLE_SERVER_MATCHING_COMPARE_H_
#define PASSERELLE_SERVER_MATCHING_COMPARE_H_

#include <cstdint>
#include <vector>

#include "server/matching/comparison.h"
#include "server/matching/model.h"
#include "server/matching/population_impl.h"

namespace passerelle::matching {

// One thing seen when two records are put side by side.
struct Observation {
  Comparison comparison = Comparison::kName;
  uint8_t level = 0;
  // Positions of what was compared, in the names or lists of either side;
  // -1 for none or for the whole field.
  int8_t a = -1;
  int8_t b = -1;
  // See UsesShare; 0 where the model's u counts.
  float share = 0;
};

using Observations = Few<Observation, 40>;

// Weights are kept within these bounds, log2: no single thing proves identity,
// and words have bounds of their own.
inline constexpr double kMaxWeight = 14;
inline constexpr double kMinWeight = -12;
inline constexpr double kMinWordWeight = -6;

// What an observation adds: log2(m / share), or log2(m / u).
double WeightOf(const Model& model, Comparison comparison, int level,
                double share);

// The share of two words that agree at the level: of the commoner. `role`: 0
// any, 1 given, 2 family, 3 of a relative.
float PairShare(const TokenEntry& a, const TokenEntry& b, size_t role,
                int level);

// Puts records side by side. One for each thread: it remembers similarities.
class Comparer {
 public:
  // Similarities remembered: powers of two.
  static constexpr size_t kMemory = size_t{1} << 19;
  static constexpr size_t kSmallMemory = size_t{1} << 10;

  explicit Comparer(const Population::Impl& population,
                    size_t memory = kMemory);

  // Symmetric: swapping the records swaps positions and nothing else. What a
  // side does not have is not observed.
  void Compare(const RecordView& a, const RecordView& b, Observations* out);

 private:
  float Similarity(const TokenEntry& a, const TokenEntry& b);
  void CompareNames(const RecordView& a, const RecordView& b,
                    Observations* out);
  void CompareBirths(const RecordView& a, const RecordView& b,
                     Observations* out) const;
  void CompareRelatives(const RecordView& a, const RecordView& b,
                        Observations* out);
  void ComparePlaces(const FieldWords& a, const FieldWords& b,
                     Observations* out);
  void CompareOccupations(const FieldWords& a, const FieldWords& b,
                          Observations* out);
  void CompareAddresses(const FieldWords& a, const FieldWords& b,
                        Observations* out);
  void CompareValues(const RecordView& a, const RecordView& b,
                     Observations* out) const;

  const Population::Impl& population_;
  struct Remembered {
    const TokenEntry* low = nullptr;
    const TokenEntry* high = nullptr;
    float similarity = 0;
  };
  std::vector<Remembered> memory_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_COMPARE_H_
