// Runs a fuzz target without a fuzzer: files given as arguments, else inputs
// made from a printed seed for two seconds' worth of work.
#include <fstream>
#include <iterator>
#include <random>
#include <string>

#include "server/matching/model.h"
#include "tests/fuzz/fuzz_target.h"
#include "tests/support/seed.h"

namespace {

constexpr int kInputs = 4000;

void Run(const std::string& input) {
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(input.data()),
                         input.size());
}

}  // namespace

int main(int argc, char** argv) {
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    Run({std::istreambuf_iterator<char>(file), {}});
  }
  if (argc > 1) return 0;
  std::mt19937_64 random(passerelle::testing::Seed());
  const std::string seeds[] = {
      "",
      "Abd el-Kader, Dr. Ould Mohamed",
      "محمد عبد القادر الحسن",
      "ኃይለ ሥላሴ Ig0r Sech1n",
      "贝拉克·奥巴马 Барак ហ៊ុន 😀",
      passerelle::matching::SerialiseModel(
          passerelle::matching::DefaultModel()),
  };
  for (int i = 0; i < kInputs; ++i) {
    std::string input = seeds[random() % std::size(seeds)];
    const size_t changes = random() % 12;
    for (size_t k = 0; k < changes; ++k) {
      const size_t at = input.empty() ? 0 : random() % input.size();
      const char byte = static_cast<char>(random());
      switch (random() % 3) {
        case 0:
          input.insert(at, 1 + random() % 3, byte);
          break;
        case 1:
          if (!input.empty()) input.erase(at, 1 + random() % 8);
          break;
        default:
          if (!input.empty()) input[at] = byte;
      }
    }
    Run(input);
  }
  return 0;
}
