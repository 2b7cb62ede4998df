#include "server/matching/keys.h"

#include <algorithm>
#include <array>

#include "absl/time/civil_time.h"

namespace passerelle::matching {
namespace {

constexpr size_t kMaxKeys = 48;
// Words of a name that make keys, and skeletons of each.
constexpr size_t kMaxWords = 5;
constexpr size_t kMaxAlternatives = 6;
// Birth intervals of more years say too little to be a key.
constexpr int kMaxYears = 5;

absl::CivilDay ToDay(int32_t number) {
  return absl::CivilDay(1970, 1, 1) + number;
}

// Words that carry the name; initials only where there is nothing else.
Few<const TokenEntry*, kMaxWords> Words(const RecordView& view) {
  Few<const TokenEntry*, kMaxWords> words;
  for (const NameWord& word : view.names) {
    if (word.token->prepared.kind != TokenKind::kInitial)
      words.push_back(word.token);
  }
  if (words.empty()) {
    for (const NameWord& word : view.names) words.push_back(word.token);
  }
  return words;
}

Few<int64_t, 32> Years(const RecordView& view, bool spread) {
  Few<int64_t, 32> years;
  if (!view.has_birth) return years;
  const int64_t first = ToDay(view.birth_first).year();
  const int64_t last = ToDay(view.birth_last).year();
  if (last - first >= kMaxYears) return years;
  for (int64_t year = first; year <= last; ++year) years.push_back(year);
  if (spread) {
    for (const int64_t off : {1, 2, 7, 8}) {
      years.push_back(first - off);
      years.push_back(last + off);
    }
  }
  return years;
}

class Collector {
 public:
  Collector(KeyKind kind, std::vector<uint64_t>* keys)
      : seed_(MixHash(0x6B657973ULL, static_cast<uint64_t>(kind))),
        keys_(keys) {}

  void Add(uint64_t value) {
    if (keys_->size() < kMaxKeys) keys_->push_back(MixHash(seed_, value));
  }
  void Add(uint64_t a, uint64_t b) { Add(MixHash(a, b)); }
  // The same for (a, b) and (b, a).
  void AddUnordered(uint64_t a, uint64_t b) {
    Add(std::min(a, b), std::max(a, b));
  }
  ~Collector() {
    std::sort(keys_->begin(), keys_->end());
    keys_->erase(std::unique(keys_->begin(), keys_->end()), keys_->end());
  }

 private:
  const uint64_t seed_;
  std::vector<uint64_t>* const keys_;
};

template <typename F>
void ForSkeletons(const TokenEntry& word, F f) {
  const size_t most = std::min(word.skeletons.size(), kMaxAlternatives);
  for (size_t i = 0; i < most; ++i) f(word.skeletons[i]);
}

}  // namespace

void MakeKeys(const RecordView& view, KeyKind kind, bool spread,
              std::vector<uint64_t>* keys) {
  keys->clear();
  Collector collect(kind, keys);
  const auto words = Words(view);
  // Each skeleton of each word with something else.
  const auto with_words = [&](uint64_t other) {
    for (const TokenEntry* word : words)
      ForSkeletons(*word, [&](uint64_t k) { collect.Add(k, other); });
  };
  const auto with_field = [&](const auto& field) {
    for (const TokenEntry* other : field)
      ForSkeletons(*other, [&](uint64_t k) { with_words(k); });
  };
  switch (kind) {
    case KeyKind::kIdentifier:
      for (const ValueEntry* value : view.identifiers)
        collect.Add(HashText(value->text));
      break;
    case KeyKind::kPhone:
      for (const ValueEntry* value : view.phones) {
        const absl::string_view text = value->text;
        collect.Add(
            HashText(text.size() > 8 ? text.substr(text.size() - 8) : text));
      }
      break;
    case KeyKind::kTwoWords:
      for (size_t i = 0; i < words.size; ++i) {
        for (size_t j = i + 1; j < words.size; ++j) {
          ForSkeletons(*words[i], [&](uint64_t a) {
            ForSkeletons(*words[j],
                         [&](uint64_t b) { collect.AddUnordered(a, b); });
          });
        }
      }
      break;
    case KeyKind::kWordAndYear:
      for (const int64_t year : Years(view, spread))
        with_words(static_cast<uint64_t>(year));
      break;
    case KeyKind::kWordAndMonthDay:
      if (view.has_birth && view.birth_first == view.birth_last) {
        const absl::CivilDay day = ToDay(view.birth_first);
        if (day.month() != 1 || day.day() != 1)
          with_words(static_cast<uint64_t>(day.month() * 32 + day.day()));
      }
      break;
    case KeyKind::kWordAndPlace:
      with_field(view.place);
      break;
    case KeyKind::kWordAndPostcode:
      if (view.postcode != nullptr) with_words(HashText(view.postcode->text));
      break;
    case KeyKind::kWordAndSlip:
      for (size_t i = 0; i < words.size; ++i) {
        for (size_t j = 0; j < words.size; ++j) {
          if (i == j || words[i]->skeletons.empty()) continue;
          for (const uint64_t deletion : words[j]->deletions)
            collect.Add(words[i]->skeletons[0], deletion);
        }
      }
      break;
    case KeyKind::kWordAndPhone:
      for (const ValueEntry* value : view.phones) {
        const absl::string_view text = value->text;
        with_words(HashText(text.substr(text.size() - 4)));
      }
      break;
    case KeyKind::kWordAndRelative:
      for (const RelativeWord& word : view.relatives)
        ForSkeletons(*word.token, [&](uint64_t k) { with_words(k); });
      break;
    case KeyKind::kWordAndJob:
      with_field(view.occupation);
      break;
    case KeyKind::kAddress: {
      std::vector<const TokenEntry*> rare(view.address.begin(),
                                          view.address.end());
      std::sort(rare.begin(), rare.end(),
                [](const TokenEntry* x, const TokenEntry* y) {
                  if (x->shares[0][0] != y->shares[0][0])
                    return x->shares[0][0] < y->shares[0][0];
                  return x->prepared.text < y->prepared.text;
                });
      if (rare.size() > 4) rare.resize(4);
      for (size_t i = 0; i < rare.size(); ++i)
        for (size_t j = i + 1; j < rare.size(); ++j)
          collect.AddUnordered(HashText(rare[i]->prepared.text),
                               HashText(rare[j]->prepared.text));
      break;
    }
    case KeyKind::kBirthDay:
      if (view.has_birth && view.birth_first == view.birth_last)
        collect.Add(static_cast<uint64_t>(view.birth_first));
      break;
    case KeyKind::kPlaceAndYear:
      for (const int64_t year : Years(view, spread)) {
        for (const TokenEntry* place : view.place)
          ForSkeletons(*place, [&](uint64_t k) {
            collect.Add(k, static_cast<uint64_t>(year));
          });
      }
      break;
    case KeyKind::kPostcodeAndYear:
      if (view.postcode == nullptr) break;
      for (const int64_t year : Years(view, spread))
        collect.Add(HashText(view.postcode->text), static_cast<uint64_t>(year));
      break;
    case KeyKind::kWord:
      for (const TokenEntry* word : words)
        ForSkeletons(*word, [&](uint64_t k) { collect.Add(k); });
      break;
  }
}

uint64_t SplitKey(const RecordView& view, int step) {
  switch (step) {
    case 0:
      return view.has_birth
                 ? static_cast<uint64_t>(ToDay(view.birth_first).year())
                 : 0;
    case 1:
      return view.place.empty() || view.place[0]->skeletons.empty()
                 ? 0
                 : view.place[0]->skeletons[0];
    default: {
      const TokenEntry* rarest = nullptr;
      for (const NameWord& word : view.names) {
        if (rarest == nullptr ||
            word.token->shares[0][0] < rarest->shares[0][0] ||
            (word.token->shares[0][0] == rarest->shares[0][0] &&
             word.token->prepared.text < rarest->prepared.text))
          rarest = word.token;
      }
      return rarest == nullptr || rarest->skeletons.empty()
                 ? 0
                 : rarest->skeletons[0];
    }
  }
}

}  // namespace passerelle::matching
