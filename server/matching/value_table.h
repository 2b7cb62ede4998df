#ifndef PASSERELLE_SERVER_MATCHING_VALUE_TABLE_H_
#define PASSERELLE_SERVER_MATCHING_VALUE_TABLE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <unordered_map>

#include "absl/strings/string_view.h"

namespace passerelle::matching {

// A text that is compared letter by letter, and how many records have it.
struct ValueEntry {
  std::string text;
  uint32_t records = 0;
};

// Distinct texts of one field.
class ValueTable {
 public:
  ValueEntry& Intern(absl::string_view text);
  const ValueEntry* Find(absl::string_view text) const;
  const ValueEntry& at(uint32_t id) const { return entries_[id]; }
  ValueEntry& at(uint32_t id) { return entries_[id]; }
  uint32_t IdOf(absl::string_view text);
  size_t size() const { return entries_.size(); }

 private:
  std::deque<ValueEntry> entries_;
  std::unordered_map<std::string, uint32_t> ids_;
};

// Digits of a telephone number without its prefixes, at most 15; empty when
// there are fewer than 5.
std::string CleanPhone(absl::string_view phone);
// Capital letters and digits alone, at most 64; empty when fewer than 3.
std::string CleanIdentifier(absl::string_view identifier);
// Letters and digits in capitals, at most 12.
std::string CleanPostcode(absl::string_view postcode);

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_VALUE_TABLE_H_
