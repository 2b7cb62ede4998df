#ifndef PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODER_H_
#define PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "server/matching/link/encoding/filter.h"
#include "server/matching/link/encoding/grams.h"
#include "server/matching/link/encoding/key.h"
#include "server/matching/link/encoding/keyed_hash.h"
#include "server/matching/normaliser.h"
#include "server/matching/record.h"

namespace passerelle::link {

// A person as a partner without the key may hold them. Still personal data:
// who has the key can test any name against it.
struct Encoding {
  std::string id;
  std::vector<Filter> filters;   // one; with Hardening::salt up to three
  std::vector<uint64_t> blocks;  // sorted
};

// Encodes people under one key. Not thread safe (it remembers draws).
class Encoder {
 public:
  explicit Encoder(const EncodingKey& key);

  Encoding Encode(const matching::Record& record);

 private:
  Filter FilterOf(const std::vector<Gram>& grams, const std::string& salt);
  // The bits that a gram sets, each drawn apart by HMAC of gram and number.
  const std::vector<uint16_t>& Draws(const std::string& gram, int count);

  const Hardening hardening_;
  const matching::NameNormaliser normaliser_;
  const KeyedHash filter_hash_;
  const KeyedHash block_hash_;
  const KeyedHash noise_hash_;
  // The same few thousand grams come again and again.
  absl::flat_hash_map<std::string, std::vector<uint16_t>> draws_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_ENCODING_ENCODER_H_
