#include "server/matching/value_table.h"

#include <algorithm>

#include "absl/strings/ascii.h"

namespace passerelle::matching {
namespace {

bool IsAlnum(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}

std::string UpperAlnum(absl::string_view text, size_t most) {
  std::string out;
  for (const char c : text) {
    if (out.size() == most) break;
    // Letters beyond ASCII keep their bytes: they are compared as they are.
    if (IsAlnum(c) || static_cast<unsigned char>(c) >= 0x80)
      out += absl::ascii_toupper(static_cast<unsigned char>(c));
  }
  return out;
}

}  // namespace

std::string CleanPhone(absl::string_view phone) {
  std::string digits;
  for (const char c : phone) {
    if (absl::ascii_isdigit(static_cast<unsigned char>(c))) digits += c;
  }
  // The trunk zero or 00 before the country; both ways of writing end alike.
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  if (digits.size() > 15) digits.resize(15);
  return digits.size() < 5 ? std::string() : digits;
}

std::string CleanIdentifier(absl::string_view identifier) {
  std::string out = UpperAlnum(identifier, 64);
  return out.size() < 3 ? std::string() : out;
}

std::string CleanPostcode(absl::string_view postcode) {
  return UpperAlnum(postcode, 12);
}

ValueEntry& ValueTable::Intern(absl::string_view text) {
  return entries_[IdOf(text)];
}

uint32_t ValueTable::IdOf(absl::string_view text) {
  const auto [it, inserted] =
      ids_.emplace(std::string(text), static_cast<uint32_t>(entries_.size()));
  if (inserted) entries_.push_back({std::string(text), 0});
  return it->second;
}

const ValueEntry* ValueTable::Find(absl::string_view text) const {
  const auto it = ids_.find(std::string(text));
  return it == ids_.end() ? nullptr : &entries_[it->second];
}

}  // namespace passerelle::matching
