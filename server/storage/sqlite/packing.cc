#include "server/storage/sqlite/packing.h"

#include <cstdint>

namespace passerelle::storage::sqlite {
namespace {

// Five groups of seven bits: far above the largest column SQLite may hold.
constexpr size_t kMaxLengthBytes = 5;
// Nine groups: every number that is not negative.
constexpr size_t kMaxNumberBytes = 9;

// Base 128, low group first.
void PutVarint(uint64_t value, std::string* packed) {
  while (value >= 0x80) {
    packed->push_back(static_cast<char>((value & 0x7f) | 0x80));
    value >>= 7;
  }
  packed->push_back(static_cast<char>(value));
}

bool TakeVarint(size_t max_bytes, absl::string_view* rest, uint64_t* value) {
  *value = 0;
  for (size_t i = 0; i < max_bytes && i < rest->size(); ++i) {
    const auto byte = static_cast<uint8_t>((*rest)[i]);
    *value |= static_cast<uint64_t>(byte & 0x7f) << (7 * i);
    if ((byte & 0x80) != 0) continue;
    rest->remove_prefix(i + 1);
    return true;
  }
  return false;
}

}  // namespace

void Pack(absl::string_view item, std::string* packed) {
  PutVarint(item.size(), packed);
  packed->append(item.data(), item.size());
}

bool Unpacker::Next(absl::string_view* item) {
  if (rest_.empty() || damaged_) return false;
  uint64_t length = 0;
  if (!TakeVarint(kMaxLengthBytes, &rest_, &length) || length > rest_.size()) {
    damaged_ = true;
    return false;
  }
  *item = rest_.substr(0, length);
  rest_ = rest_.substr(length);
  return true;
}

void PackNumbers(const std::vector<int64_t>& numbers, std::string* packed) {
  int64_t before = 0;
  for (const int64_t number : numbers) {
    PutVarint(static_cast<uint64_t>(number - before), packed);
    before = number;
  }
}

bool UnpackNumbers(absl::string_view packed, std::vector<int64_t>* numbers) {
  numbers->clear();
  uint64_t number = 0;
  while (!packed.empty()) {
    uint64_t step = 0;
    if (!TakeVarint(kMaxNumberBytes, &packed, &step)) return false;
    number += step;
    numbers->push_back(static_cast<int64_t>(number));
  }
  return true;
}

}  // namespace passerelle::storage::sqlite
