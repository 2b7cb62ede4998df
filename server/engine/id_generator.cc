#include "server/engine/id_generator.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "sodium.h"

namespace passerelle::engine {
namespace {

constexpr char kDigits[] = "0123456789abcdefghjkmnpqrstvwxyz";
constexpr uint32_t kCounterLimit = 1 << 12;

}  // namespace

std::string IdGenerator::Next(absl::string_view letter, absl::Time now) {
  const int64_t millis = std::max(absl::ToUnixMillis(now), last_millis_);
  if (millis > last_millis_) {
    last_millis_ = millis;
    counter_ = 0;
  } else if (++counter_ == kCounterLimit) {
    ++last_millis_;  // borrow from the next millisecond
    counter_ = 0;
  }
  uint64_t random = 0;
  randombytes_buf(&random, sizeof(random));
  const uint64_t high = (static_cast<uint64_t>(last_millis_) << 16) |
                        (uint64_t{7} << 12) | counter_;
  const uint64_t low = (uint64_t{2} << 62) | (random >> 2);
  // 128 bits as 26 digits of 5 bits from the low end; the first digit holds
  // the top 3 bits.
  char text[26];
  uint64_t top = high;
  uint64_t bottom = low;
  for (int i = 25; i >= 0; --i) {
    text[i] = kDigits[bottom & 31];
    bottom = (bottom >> 5) | (top << 59);
    top >>= 5;
  }
  return absl::StrCat(letter, absl::string_view(text, sizeof(text)));
}

}  // namespace passerelle::engine
