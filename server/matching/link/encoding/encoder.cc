#include "server/matching/link/encoding/encoder.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace passerelle::link {
namespace {

// Bounds the memory for draws: 100 bytes each.
constexpr size_t kMaxRemembered = 500'000;

// A key of its own for each use, so that no hash of one tells of another.
Digest Subkey(const EncodingKey& key, absl::string_view use) {
  return KeyedHash(key.secret)
      .Of(absl::StrCat("key\n", kEncodingVersion, "\n", key.purpose, "\n",
                       use));
}

absl::string_view Bytes(const Filter& filter) {
  return absl::string_view(reinterpret_cast<const char*>(filter.words.data()),
                           filter.size * sizeof(uint64_t));
}

}  // namespace

Encoder::Encoder(const EncodingKey& key)
    : hardening_(key.hardening),
      filter_hash_(Subkey(key, "filter")),
      block_hash_(Subkey(key, "block")),
      noise_hash_(Subkey(key, "noise")) {}

const std::vector<uint16_t>& Encoder::Draws(const std::string& gram,
                                            int count) {
  const auto found = draws_.find(gram);
  if (found != draws_.end()) return found->second;
  if (draws_.size() >= kMaxRemembered) draws_.clear();
  std::vector<uint16_t> bits;
  for (int i = 0; i < count; ++i) {
    const Digest digest = filter_hash_.Of(absl::StrCat(gram, "\n", i));
    bits.push_back(static_cast<uint16_t>(First64(digest) % kFilterBits));
  }
  return draws_.emplace(gram, std::move(bits)).first->second;
}

Filter Encoder::FilterOf(const std::vector<Gram>& grams,
                         const std::string& salt) {
  Filter filter;
  for (const Gram& gram : grams) {
    for (const uint16_t bit :
         Draws(salt.empty() ? gram.text : absl::StrCat(salt, "\n", gram.text),
               gram.draws)) {
      filter.Set(bit);
    }
  }
  return hardening_.fold ? Fold(filter) : filter;
}

Encoding Encoder::Encode(const matching::Record& record) {
  Encoding encoding;
  encoding.id = record.id;
  const std::vector<Gram> grams = GramsOf(record, normaliser_);
  std::vector<std::string> salts = {""};
  if (hardening_.salt) salts = SaltsOf(record);
  for (const std::string& salt : salts) {
    const Filter filter = FilterOf(grams, salt);
    // The id is part of the seed: two people who are written alike get noise
    // of their own.
    const Digest seed =
        noise_hash_.Of(absl::StrCat(record.id, "\n", Bytes(filter)));
    encoding.filters.push_back(Flip(filter, hardening_.flip_percent, seed));
  }
  for (const std::string& key : BlockKeysOf(record, normaliser_)) {
    encoding.blocks.push_back(First64(block_hash_.Of(key)));
  }
  std::sort(encoding.blocks.begin(), encoding.blocks.end());
  return encoding;
}

}  // namespace passerelle::link
