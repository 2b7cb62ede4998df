#ifndef PASSERELLE_SERVER_MATCHING_LINK_BIRTH_DATE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_BIRTH_DATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "server/matching/record.h"

namespace passerelle::link {

// Year, month and day as written, not yet checked. 0: not said.
struct DateParts {
  int year = 0;
  int month = 0;
  int day = 0;
};

// A date as strptime writes it: %Y (four digits), %y (two; 00 to 29 are of this
// century), %m and %d (one or two digits), %b (the month's English name or its
// first three letters), %% and plain text.
class DateFormat {
 public:
  // nullopt: an unknown conversion, one twice, or no year.
  static std::optional<DateFormat> Parse(absl::string_view format);

  // nullopt: `text` is not written so. Digits may be those of any script.
  std::optional<DateParts> Read(absl::string_view text) const;

 private:
  // A conversion ('Y', 'y', 'm', 'b', 'd'), or text to be met.
  struct Item {
    char conversion = 0;
    std::string text;
  };
  std::vector<Item> items_;
};

struct BirthReading {
  enum Quality : uint8_t {
    kNothing,  // empty
    kRead,
    kPartly,      // no such day or month: the month or the year was taken
    kUnreadable,  // not written as a date, or no possible year: unknown
  };
  Quality quality = kNothing;
  std::optional<matching::BirthInterval> birth;
};

// Reads what columns of birth dates hold. Immutable.
class BirthDateReader {
 public:
  // Formats of a mapping file, each checked before. Beside them, ISO dates and
  // bare years are always understood; with none given also 19840203,
  // 03/02/1984 (the day first), 03.02.1984 and 1984/02/03. A time of day after
  // the date is ignored. Month or day 00 means not known.
  explicit BirthDateReader(const std::vector<std::string>& formats);

  BirthReading Read(absl::string_view text) const;

 private:
  std::vector<DateFormat> formats_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_BIRTH_DATE_H_
