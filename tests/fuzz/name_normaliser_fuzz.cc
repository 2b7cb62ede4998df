#include <cstdlib>

#include "server/matching/name_similarity.h"
#include "server/matching/record.h"
#include "tests/fuzz/fuzz_target.h"

std::vector<std::string> passerelle::fuzz::Seeds() {
  return {"Abd el-Kader, Dr. Ould Mohamed", "محمد عبد القادر الحسن",
          "ኃይለ ሥላሴ Ig0r Sech1n", "贝拉克·奥巴马 Барак ហ៊ុន 😀"};
}

// Any bytes are a name: no more words than allowed, alike to itself, and
// folding what is folded changes nothing.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using passerelle::matching::NameSimilarity;
  static const NameSimilarity* const similarity = new NameSimilarity();
  const absl::string_view name(reinterpret_cast<const char*>(data), size);
  const auto tokens = similarity->normaliser().Tokens(name);
  if (tokens.size() > passerelle::matching::kMaxNameTokens) std::abort();
  for (const auto& token : tokens) {
    if (token.text.empty()) std::abort();
  }
  const double same = similarity->Names(tokens, tokens);
  if (!(same >= 0 && same <= 1)) std::abort();
  const auto half = similarity->normaliser().Tokens(name.substr(0, size / 2));
  if (similarity->Names(tokens, half) != similarity->Names(half, tokens))
    std::abort();
  const std::string folded = similarity->normaliser().Fold(name);
  if (folded.size() > 4 * passerelle::matching::kMaxNameBytes) std::abort();
  return 0;
}
