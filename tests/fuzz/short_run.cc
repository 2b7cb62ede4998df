// Runs a fuzz target as a unit test: its seeds as they are, then some thousands
// of changed ones. PASSERELLE_TEST_SEED repeats a run,
// PASSERELLE_FUZZ_RUNS=1000000 makes it a long one; for days there is libFuzzer
// (tests/fuzz/CMakeLists.txt).

#include <cstdlib>
#include <random>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/seed.h"

namespace passerelle::fuzz {
namespace {

void TryInput(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                         input.size());
}

// Bytes that mean something to one parser or another.
constexpr char kTelling[] = "\"',;\t\r\n[]{}=%#:/- 09aZ\xC3\xFF\x00";

std::string Changed(std::string input, const std::vector<std::string>& seeds,
                    std::mt19937_64& random) {
  const auto below = [&random](size_t bound) {
    return bound == 0 ? 0 : static_cast<size_t>(random() % bound);
  };
  for (size_t changes = 1 + below(6); changes > 0; --changes) {
    const size_t at = below(input.size() + 1);
    switch (below(6)) {
      case 0:
        input.insert(at, 1, kTelling[below(sizeof(kTelling))]);
        break;
      case 1:
        input.erase(at, 1 + below(8));
        break;
      case 2:
        if (at < input.size()) {
          input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
        }
        break;
      case 3:
        if (at < input.size()) {
          input[at] = kTelling[below(sizeof(kTelling))];
        }
        break;
      case 4: {  // a piece again, elsewhere
        const std::string piece = input.substr(at, 1 + below(64));
        input.insert(below(input.size() + 1), piece);
        break;
      }
      default: {  // a piece of another seed
        const std::string& other = seeds[below(seeds.size())];
        input.insert(at, other.substr(below(other.size() + 1), below(64)));
      }
    }
  }
  return input;
}

TEST(ShortRunTest, SeedsAndChangedSeedsBreakNothing) {
  const std::vector<std::string> seeds = Seeds();
  ASSERT_FALSE(seeds.empty());
  TryInput("");
  for (const std::string& seed : seeds) TryInput(seed);
  std::mt19937_64 random(testing::Seed());
  const char* runs = std::getenv("PASSERELLE_FUZZ_RUNS");
  for (long left = runs != nullptr ? std::atol(runs) : 3000; left > 0; --left) {
    TryInput(Changed(seeds[random() % seeds.size()], seeds, random));
  }
}

}  // namespace
}  // namespace passerelle::fuzz
