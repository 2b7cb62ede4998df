#ifndef PASSERELLE_SERVER_MATCHING_RECORD_H_
#define PASSERELLE_SERVER_MATCHING_RECORD_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"

namespace passerelle::matching {

// When a person was born, as far as it is known: any day from `first` to
// `last`, both included. A day has first == last, a year spans it, "about 20"
// spans several years.
struct BirthInterval {
  absl::CivilDay first;
  absl::CivilDay last;
  // Read from a document rather than told. Documents err less often.
  bool documented = false;

  bool is_day() const { return first == last; }
  // Within one calendar year.
  bool is_year() const { return first.year() == last.year(); }

  friend bool operator==(const BirthInterval& a, const BirthInterval& b) {
    return a.first == b.first && a.last == b.last;
  }
};

// Years a person may be born in. Others are place-holders (0, 1, 9999).
inline constexpr int kFirstBirthYear = 1000;
inline constexpr int kLastBirthYear = 2200;

// INVALID_ARGUMENT when there is no such day, or its year is out of range.
absl::StatusOr<BirthInterval> BirthDay(int64_t year, int month, int day);
// All of the years; INVALID_ARGUMENT when out of range or out of order.
absl::StatusOr<BirthInterval> BirthYears(int64_t first, int64_t last);

enum class Sex : uint8_t { kUnknown, kFemale, kMale, kOther };

enum class Relation : uint8_t {
  kUnknown,
  kMother,
  kFather,
  kSpouse,
  kChild,
  kSibling,
  kGrandparent,
  kOther,
};

// A relative as the person named them.
struct Relative {
  std::string name;  // UTF-8, any script
  Relation relation = Relation::kUnknown;
};

// One person as one mission wrote them down. Text is UTF-8 in any script;
// invalid bytes are read as U+FFFD and never fail. Empty means unknown.
//
// Give `given` and `family` when the source keeps them apart reliably,
// `full_name` when it does not. All three may be set: a word of `full_name`
// that is also in `given` or `family` counts once.
struct Record {
  // Unique within its population, 1 to 512 bytes.
  std::string id;

  std::string given;
  std::string family;
  std::string full_name;

  std::optional<BirthInterval> birth;
  Sex sex = Sex::kUnknown;

  std::string place;  // of origin or birth; a settlement or "village, district"
  std::string postcode;
  std::string address;
  // As written; with or without the country's prefix.
  std::vector<std::string> phones;
  // Numbers of documents or cases, e-mail addresses: what few others share.
  std::vector<std::string> identifiers;
  std::string occupation;
  std::vector<Relative> relatives;

  // Records with the same value, unless empty, are known to be different
  // people (one case number, one household counted on one day). Their
  // probability is held below `kReviewCap`, so that a person looks.
  std::string known_distinct;
};

inline constexpr double kReviewCap = 0.5;

// What is read of one record; the rest is ignored, never an error.
inline constexpr int kMaxNameBytes = 4096;   // of each name
inline constexpr int kMaxNameTokens = 12;    // of one record
inline constexpr int kMaxTokenLetters = 48;  // of one token
inline constexpr int kMaxListedValues = 8;   // phones, identifiers, relatives

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_RECORD_H_
