#include "server/matching/compare.h"

#include <algorithm>
#include <cmath>

namespace passerelle::matching {

double WeightOf(const Model& model, Comparison comparison, int level,
                double share) {
  const LevelTable& table = model.levels[static_cast<size_t>(comparison)];
  const auto l = static_cast<size_t>(level);
  const double against = UsesShare(comparison, level) ? share : table.u[l];
  const bool word = comparison <= Comparison::kName;
  const double floor = word ? kMinWordWeight : kMinWeight;
  // Disagreement never speaks for one person.
  const double ceiling = word && level >= kWordsConflict ? 0 : kMaxWeight;
  return std::clamp(std::log2(table.m[l] / against), floor, ceiling);
}

float PairShare(const TokenEntry& a, const TokenEntry& b, size_t role,
                int level) {
  const auto l = static_cast<size_t>(std::min(level, kAgreementLevels - 1));
  return std::max(a.shares[role][l], b.shares[role][l]);
}

Comparer::Comparer(const Population::Impl& population, size_t memory)
    : population_(population), memory_(memory) {}

float Comparer::Similarity(const TokenEntry& a, const TokenEntry& b) {
  if (&a == &b) return 1;
  // Entries do not move or die while a comparer lives.
  const TokenEntry* const low = std::min(&a, &b);
  const TokenEntry* const high = std::max(&a, &b);
  const uint64_t hash = MixHash(reinterpret_cast<uintptr_t>(low),
                                reinterpret_cast<uintptr_t>(high));
  Remembered& slot = memory_[hash & (memory_.size() - 1)];
  if (slot.low != low || slot.high != high) {
    slot.low = low;
    slot.high = high;
    slot.similarity = population_.similarity().Compare(a.prepared, b.prepared);
  }
  return slot.similarity;
}

void Comparer::Compare(const RecordView& a, const RecordView& b,
                       Observations* out) {
  out->size = 0;
  CompareNames(a, b, out);
  CompareBirths(a, b, out);
  ComparePlaces(a.place, b.place, out);
  CompareAddresses(a.address, b.address, out);
  CompareOccupations(a.occupation, b.occupation, out);
  CompareRelatives(a, b, out);
  CompareValues(a, b, out);
}

}  // namespace passerelle::matching
