#include "server/app/calendars.h"

#include <functional>
#include <map>
#include <set>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "common/file_reader.h"
#include "toml++/toml.h"

namespace passerelle::app {
namespace {

using domain::Calendar;

constexpr size_t kMaxFileBytes = 4 << 20;
// No feast is counted from an Easter further away.
constexpr int64_t kMaxEasterOffset = 100;

struct DayName {
  const char* name;
  absl::Weekday day;
};
constexpr DayName kDays[] = {{"monday", absl::Weekday::monday},
                             {"tuesday", absl::Weekday::tuesday},
                             {"wednesday", absl::Weekday::wednesday},
                             {"thursday", absl::Weekday::thursday},
                             {"friday", absl::Weekday::friday},
                             {"saturday", absl::Weekday::saturday},
                             {"sunday", absl::Weekday::sunday}};

bool IsCountry(absl::string_view code) {
  return code.size() == 2 &&
         absl::ascii_isupper(static_cast<unsigned char>(code[0])) &&
         absl::ascii_isupper(static_cast<unsigned char>(code[1]));
}

// Reads one country after the other and keeps every problem it meets.
class Reader {
 public:
  explicit Reader(absl::string_view source) : source_(source) {}

  void Read(const toml::table& root) {
    for (const auto& [name, node] : root) {
      country_ = std::string(name.str());
      if (!IsCountry(country_) || !node.is_table()) {
        Problem(node, "a country is a section named by its two-letter code");
        continue;
      }
      calendars_.emplace(country_, Calendar(Country(*node.as_table())));
    }
  }

  absl::StatusOr<domain::Calendars> Take() {
    if (!problems_.empty()) {
      return absl::InvalidArgumentError(absl::StrJoin(problems_, "\n"));
    }
    return domain::Calendars(std::move(calendars_));
  }

 private:
  void Problem(const toml::node& node, absl::string_view what) {
    problems_.push_back(absl::StrCat(source_, ":", node.source().begin.line,
                                     ": [", country_, "] ", what));
  }

  Calendar::Data Country(const toml::table& table) {
    Calendar::Data data;
    if (!table.contains("time_zone")) Problem(table, "time_zone is missing");
    for (const auto& [name, node] : table) {
      const std::string_view key = name.str();
      if (key == "time_zone") {
        if (!node.is_string() ||
            !absl::LoadTimeZone(node.as_string()->get(), &data.time_zone)) {
          Problem(node, "time_zone must be one of the IANA database");
        }
      } else if (key == "weekend") {
        data.weekend.clear();
        Each(node, [&](const toml::node& item) { return Day(item, &data); });
        if (data.weekend.size() == 7) Problem(node, "some day must be worked");
      } else if (key == "fixed") {
        Each(node, [&](const toml::node& item) { return Fixed(item, &data); });
      } else if (key == "dates") {
        Each(node, [&](const toml::node& item) { return Dated(item, &data); });
      } else if (key == "easter") {
        Each(node, [&](const toml::node& item) {
          return Offset(item, &data.easter_holidays);
        });
      } else if (key == "orthodox_easter") {
        Each(node, [&](const toml::node& item) {
          return Offset(item, &data.orthodox_easter_holidays);
        });
      } else {
        Problem(node, absl::StrCat("unknown key ",
                                   absl::string_view(key.data(), key.size())));
      }
    }
    return data;
  }

  // Calls `read` for every item; it returns what is wrong with the item.
  void Each(const toml::node& node,
            const std::function<std::string(const toml::node&)>& read) {
    if (!node.is_array()) return Problem(node, "must be a list");
    for (const toml::node& item : *node.as_array()) {
      const std::string fault = read(item);
      if (!fault.empty()) Problem(item, fault);
    }
  }

  static std::string Day(const toml::node& item, Calendar::Data* data) {
    for (const DayName& entry : kDays) {
      if (item.is_string() && item.as_string()->get() == entry.name) {
        data->weekend.insert(entry.day);
        return "";
      }
    }
    return "weekend lists days such as \"friday\"";
  }

  // "05-01", read as a day of a leap year so that 29 February is one.
  static std::string Fixed(const toml::node& item, Calendar::Data* data) {
    absl::CivilDay day;
    if (!item.is_string() || item.as_string()->get().size() != 5 ||
        !absl::ParseCivilTime(absl::StrCat("2000-", item.as_string()->get()),
                              &day)) {
      return "fixed lists days such as \"05-01\"";
    }
    data->fixed_holidays.insert({day.month(), day.day()});
    return "";
  }

  static std::string Dated(const toml::node& item, Calendar::Data* data) {
    if (!item.is_date()) return "dates lists dates such as 2025-03-31";
    const toml::date& date = item.as_date()->get();
    data->dated_holidays.insert(
        absl::CivilDay(date.year, date.month, date.day));
    return "";
  }

  static std::string Offset(const toml::node& item, std::set<int>* offsets) {
    if (!item.is_integer() || item.as_integer()->get() > kMaxEasterOffset ||
        item.as_integer()->get() < -kMaxEasterOffset) {
      return "days after Easter are whole numbers between -100 and 100";
    }
    offsets->insert(static_cast<int>(item.as_integer()->get()));
    return "";
  }

  const std::string source_;
  std::string country_;
  std::map<std::string, Calendar, std::less<>> calendars_;
  std::vector<std::string> problems_;
};

}  // namespace

absl::StatusOr<domain::Calendars> LoadCalendars(const std::string& path) {
  if (path.empty()) {
    return ParseCalendars(BuiltInCalendarText(), "built-in calendars");
  }
  const auto text = ReadSmallFile(path, FilePrivacy::kAny, kMaxFileBytes);
  if (!text.ok()) return text.status();
  return ParseCalendars(*text, path);
}

absl::StatusOr<domain::Calendars> ParseCalendars(absl::string_view text,
                                                 absl::string_view source) {
  toml::table root;
  try {
    root = toml::parse(std::string_view(text.data(), text.size()),
                       std::string(source));
  } catch (const toml::parse_error& error) {
    const std::string_view what = error.description();
    return absl::InvalidArgumentError(
        absl::StrCat(source, ":", error.source().begin.line, ": ",
                     absl::string_view(what.data(), what.size())));
  }
  Reader reader(source);
  reader.Read(root);
  return reader.Take();
}

}  // namespace passerelle::app
