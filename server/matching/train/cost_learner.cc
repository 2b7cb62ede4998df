#include "server/matching/train/cost_learner.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

namespace passerelle::matching {
namespace {

constexpr int kRounds = 15;
// Makes an unrelated substitution cost about 1.
constexpr double kScale = 6;
constexpr double kFloor = 0.02;
constexpr double kCeiling = 2;
// A gap is judged against half of a substitution less this many nats.
constexpr double kGapAllowance = 1;
// Mean log probability a sound below which a pair is taken for a mistake.
constexpr double kMistake = -2.6;

// Probabilities of operations, or expected counts of them.
struct Operations {
  std::array<std::array<double, kSymbols>, kSymbols> substitute{};
  std::array<std::array<double, kSymbols>, kPlaces> gap_first{};
  std::array<std::array<double, kSymbols>, kPlaces> gap_second{};

  template <typename F>
  void ForEach(F f) {
    for (auto& row : substitute)
      for (double& value : row) f(value);
    for (auto& row : gap_first)
      for (double& value : row) f(value);
    for (auto& row : gap_second)
      for (double& value : row) f(value);
  }
  void Normalise() {
    double sum = 0;
    ForEach([&sum](double& value) { sum += value; });
    ForEach([sum](double& value) { value /= sum; });
  }
};

Operations Start() {
  Operations start;
  for (size_t x = 0; x < kSymbols; ++x) {
    const bool vowel = IsPhoneticVowel(kPhoneticSymbols[x]);
    for (size_t y = 0; y < kSymbols; ++y) {
      const bool other = IsPhoneticVowel(kPhoneticSymbols[y]);
      start.substitute[x][y] = x == y           ? 1
                               : vowel && other ? 0.2
                               : vowel != other ? 0.01
                                                : 0.02;
    }
    for (size_t place = 0; place < kPlaces; ++place) {
      start.gap_first[place][x] = start.gap_second[place][x] =
          vowel ? 0.15 : 0.03;
    }
  }
  // Arabic's long vowels and consonants of the same letter.
  for (const std::string_view pair :
       {"aA", "iY", "uW", "wW", "yY", "oW", "hE", "aE"}) {
    const size_t x = SymbolIndex(pair[0]);
    const size_t y = SymbolIndex(pair[1]);
    start.substitute[x][y] = start.substitute[y][x] = 0.7;
  }
  start.Normalise();
  return start;
}

size_t PlaceOf(size_t i, size_t size) {
  return i == 0 ? 0 : i + 1 == size ? 2 : 1;
}

std::vector<size_t> Symbols(const std::string& word) {
  std::vector<size_t> symbols;
  for (const char c : word) {
    if (SymbolIndex(c) < kSymbols) symbols.push_back(SymbolIndex(c));
  }
  return symbols;
}

// Adds the operations expected in a pair, by forward and backward sums.
void Count(const SoundPair& pair, const Operations& model, bool filter,
           Operations* counts) {
  const std::vector<size_t> a = Symbols(pair.first);
  const std::vector<size_t> b = Symbols(pair.second);
  const size_t n = a.size();
  const size_t k = b.size();
  if (n == 0 || k == 0) return;
  using Grid = std::vector<std::vector<double>>;
  Grid forward(n + 1, std::vector<double>(k + 1, 0));
  Grid backward = forward;
  const auto gap_a = [&](size_t i) -> size_t { return PlaceOf(i, n); };
  const auto gap_b = [&](size_t j) -> size_t { return PlaceOf(j, k); };
  forward[0][0] = 1;
  for (size_t i = 0; i <= n; ++i) {
    for (size_t j = 0; j <= k; ++j) {
      double& value = forward[i][j];
      if (i > 0 && j > 0)
        value += forward[i - 1][j - 1] * model.substitute[a[i - 1]][b[j - 1]];
      if (i > 0)
        value += forward[i - 1][j] * model.gap_first[gap_a(i - 1)][a[i - 1]];
      if (j > 0)
        value += forward[i][j - 1] * model.gap_second[gap_b(j - 1)][b[j - 1]];
    }
  }
  const double total = forward[n][k];
  if (total <= 0) return;
  if (filter && std::log(total) / static_cast<double>(n + k) < kMistake) return;
  backward[n][k] = 1;
  for (size_t i = n + 1; i-- > 0;) {
    for (size_t j = k + 1; j-- > 0;) {
      double& value = backward[i][j];
      const double reach = pair.weight * forward[i][j] / total;
      const auto follow = [&](double probability, double rest, double* count) {
        value += probability * rest;
        *count += reach * probability * rest;
      };
      if (i < n && j < k)
        follow(model.substitute[a[i]][b[j]], backward[i + 1][j + 1],
               &counts->substitute[a[i]][b[j]]);
      if (i < n)
        follow(model.gap_first[gap_a(i)][a[i]], backward[i + 1][j],
               &counts->gap_first[gap_a(i)][a[i]]);
      if (j < k)
        follow(model.gap_second[gap_b(j)][b[j]], backward[i][j + 1],
               &counts->gap_second[gap_b(j)][b[j]]);
    }
  }
}

void MakeSymmetric(Operations* counts) {
  for (size_t x = 0; x < kSymbols; ++x) {
    for (size_t y = 0; y < x; ++y) {
      const double mean =
          (counts->substitute[x][y] + counts->substitute[y][x]) / 2;
      counts->substitute[x][y] = counts->substitute[y][x] = mean;
    }
    for (size_t place = 0; place < kPlaces; ++place) {
      const double mean =
          (counts->gap_first[place][x] + counts->gap_second[place][x]) / 2;
      counts->gap_first[place][x] = counts->gap_second[place][x] = mean;
    }
  }
}

EditCosts ToCosts(const Operations& model, bool symmetric) {
  std::array<double, kSymbols> best_x{};
  std::array<double, kSymbols> best_y{};
  for (size_t x = 0; x < kSymbols; ++x) {
    for (size_t y = 0; y < kSymbols; ++y) {
      best_x[x] = std::max(best_x[x], model.substitute[x][y]);
      best_y[y] = std::max(best_y[y], model.substitute[x][y]);
    }
  }
  const auto cost = [](double nats) {
    return static_cast<float>(std::clamp(nats / kScale, kFloor, kCeiling));
  };
  EditCosts costs;
  for (size_t x = 0; x < kSymbols; ++x) {
    for (size_t y = 0; y < kSymbols; ++y) {
      costs.substitute[x][y] =
          symmetric && x == y
              ? 0
              : cost(-std::log(model.substitute[x][y]) +
                     (std::log(best_x[x]) + std::log(best_y[y])) / 2);
    }
    for (size_t place = 0; place < kPlaces; ++place) {
      costs.gap_first[place][x] = cost(-std::log(model.gap_first[place][x]) +
                                       std::log(best_x[x]) / 2 - kGapAllowance);
      costs.gap_second[place][x] =
          cost(-std::log(model.gap_second[place][x]) + std::log(best_y[x]) / 2 -
               kGapAllowance);
    }
  }
  return costs;
}

}  // namespace

EditCosts LearnCosts(const std::vector<SoundPair>& pairs, bool symmetric) {
  Operations model = Start();
  for (int round = 0; round < kRounds; ++round) {
    Operations counts;
    // A little of everything, so that nothing is impossible.
    counts.ForEach([](double& value) { value = 0.03; });
    for (const SoundPair& pair : pairs) Count(pair, model, round > 1, &counts);
    if (symmetric) MakeSymmetric(&counts);
    model = counts;
    model.Normalise();
  }
  return ToCosts(model, symmetric);
}

}  // namespace passerelle::matching
