#include <algorithm>
#include <cstdlib>
#include <string>

#include "absl/time/civil_time.h"
#include "server/matching/compare.h"
#include "server/matching/edits.h"

namespace passerelle::matching {
namespace {

struct Date {
  int32_t year;
  int month;
  int day;
  bool first_of_january() const { return month == 1 && day == 1; }
};

Date ToDate(int32_t number) {
  const absl::CivilDay day = absl::CivilDay(1970, 1, 1) + number;
  return {static_cast<int32_t>(day.year()), day.month(), day.day()};
}

std::string Digits(const Date& date) {
  std::string text = "00000000";
  int32_t value = date.year * 10000 + date.month * 100 + date.day;
  for (size_t i = text.size(); i-- > 0; value /= 10)
    text[i] = static_cast<char>('0' + value % 10);
  return text;
}

bool HasEthiopicWord(const RecordView& view) {
  return std::any_of(view.names.begin(), view.names.end(),
                     [](const NameWord& w) {
                       return w.token->prepared.script == Script::kEthiopic;
                     });
}

}  // namespace

void Comparer::CompareBirths(const RecordView& a, const RecordView& b,
                             Observations* out) const {
  if (!a.has_birth || !b.has_birth) return;
  const auto observe = [out](int level, double share) {
    out->push_back({Comparison::kBirthDate, static_cast<uint8_t>(level), -1, -1,
                    static_cast<float>(share)});
  };
  const bool days =
      a.birth_first == a.birth_last && b.birth_first == b.birth_last;
  if (days && a.birth_first == b.birth_first) {
    // Lists hold 1 January where only the year is known: it is common, and its
    // share says so.
    observe(kBirthSameDay, population_.DayShare(a.birth_first));
    return;
  }
  const Date x = ToDate(a.birth_first);
  const Date y = ToDate(b.birth_first);
  int level = kBirthElse;
  if (days) {
    const bool placeholder = x.first_of_january() || y.first_of_january();
    if (!(x.first_of_january() && y.first_of_january())) {
      // One digit, or two neighbours: texts of one length.
      if (Edits(Digits(x), Digits(y)) <= 1 ||
          (x.year == y.year && x.month == y.day && x.day == y.month)) {
        observe(kBirthOneSlip, 0);
        return;
      }
    }
    if (x.year == y.year) {
      if (placeholder) {
        observe(kBirthWithin, population_.BirthShare(
                                  a.birth_first, b.birth_first > a.birth_first
                                                     ? b.birth_first
                                                     : a.birth_first));
        return;
      }
      observe(x.month == y.month || x.day == y.day ? kBirthYearAndPart
                                                   : kBirthSameYear,
              0);
      return;
    }
    if (!placeholder && x.month == y.month && x.day == y.day) {
      observe(kBirthSameDayOfYear, 0);
      return;
    }
  } else if (a.birth_first <= b.birth_last && b.birth_first <= a.birth_last) {
    // The wider interval is what agreement could have hit by chance.
    const bool a_wider =
        a.birth_last - a.birth_first >= b.birth_last - b.birth_first;
    const double share =
        a_wider ? population_.BirthShare(a.birth_first, a.birth_last)
                : population_.BirthShare(b.birth_first, b.birth_last);
    const double other =
        a_wider ? population_.BirthShare(b.birth_first, b.birth_last)
                : population_.BirthShare(a.birth_first, a.birth_last);
    observe(kBirthWithin, std::max(share, other));
    return;
  }
  // Years between the intervals.
  const int32_t apart =
      a.birth_first > b.birth_last   ? x.year - ToDate(b.birth_last).year
      : b.birth_first > a.birth_last ? y.year - ToDate(a.birth_last).year
                                     : std::abs(x.year - y.year);
  if (apart <= 2) {
    level = kBirthNear;
  } else if ((apart == 7 || apart == 8) &&
             (HasEthiopicWord(a) || HasEthiopicWord(b))) {
    level = kBirthCalendar;
  } else if (apart <= 10) {
    level = kBirthFar;
  }
  observe(level, 0);
}

}  // namespace passerelle::matching
