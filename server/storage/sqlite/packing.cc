#include "server/storage/sqlite/packing.h"

#include <cstdint>

namespace passerelle::storage::sqlite {
namespace {

// Five groups of seven bits: far above the largest column SQLite may hold.
constexpr int kMaxLengthBytes = 5;

}  // namespace

void Pack(absl::string_view item, std::string* packed) {
  uint64_t length = item.size();
  while (length >= 0x80) {
    packed->push_back(static_cast<char>((length & 0x7f) | 0x80));
    length >>= 7;
  }
  packed->push_back(static_cast<char>(length));
  packed->append(item.data(), item.size());
}

bool Unpacker::Next(absl::string_view* item) {
  if (rest_.empty() || damaged_) return false;
  uint64_t length = 0;
  for (size_t i = 0; i < kMaxLengthBytes && i < rest_.size(); ++i) {
    const auto byte = static_cast<uint8_t>(rest_[i]);
    length |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    absl::string_view body = rest_.substr(i + 1);
    if (length > body.size()) break;
    *item = body.substr(0, length);
    rest_ = body.substr(length);
    return true;
  }
  damaged_ = true;
  return false;
}

}  // namespace passerelle::storage::sqlite
