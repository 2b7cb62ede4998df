#include "demo/figures.h"

#include <map>
#include <set>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;

// Columns that hold words, not figures.
bool IsFigure(absl::string_view column) {
  return column == "women_girls" || column == "men_boys" || column == "total" ||
         column == "persons";
}

// Counts by row key and column.
using Cells = std::map<std::string, std::map<std::string, int>>;

std::string BandOf(int age, const Table& bands) {
  for (const std::vector<std::string>& row : bands.rows) {
    const std::pair<std::string, std::string> ends =
        absl::StrSplit(row[0], '-');
    int low = 0;
    int high = 0;
    if (absl::SimpleAtoi(ends.first, &low) &&
        absl::SimpleAtoi(ends.second, &high) && low <= age && age <= high) {
      return row[0];
    }
  }
  return absl::StrCat(age);
}

// Of a date that is known to the year the last day counts: it is the day of
// reference.
int AgeOnReferenceDay(const google::type::Date& birth) {
  if (birth.month() == 0) {
    return static_cast<int>(kReferenceDay.year() - birth.year());
  }
  return AgeOn(kReferenceDay,
               absl::CivilDay(birth.year(), birth.month(), birth.day()));
}

// A table with the rows of `form` and the figures of `cells`.
Table Fill(const Table& form, Cells cells) {
  Table table;
  table.header = form.header;
  const auto add = [&](std::vector<std::string> row) {
    for (size_t i = 1; i < row.size(); ++i) {
      if (IsFigure(table.header[i])) {
        row[i] = absl::StrCat(cells[row[0]][table.header[i]]);
      }
    }
    cells.erase(row[0]);
    table.rows.push_back(std::move(row));
  };
  for (const std::vector<std::string>& row : form.rows) add(row);
  while (!cells.empty()) {
    std::vector<std::string> row(table.header.size());
    row[0] = cells.begin()->first;
    add(std::move(row));
  }
  return table;
}

std::string Worded(absl::string_view column) {
  return absl::StrReplaceAll(column, {{"_", "/"}});
}

// Figures of a table by row and column, with the sums in a row `sum`. A cell
// that is no number becomes -1: it agrees with nothing.
Cells FiguresOf(const Table& table) {
  Cells cells;
  std::map<std::string, int> sums;
  for (const std::vector<std::string>& row : table.rows) {
    for (size_t i = 1; i < row.size(); ++i) {
      if (!IsFigure(table.header[i])) continue;
      int value = 0;
      if (!absl::SimpleAtoi(row[i], &value)) value = -1;
      // A row that comes twice is one figure too many.
      cells[row[0]][table.header[i]] += value;
      sums[table.header[i]] += value;
    }
  }
  if (!sums.empty()) cells["sum"] = std::move(sums);
  return cells;
}

void CompareTables(absl::string_view what, const Table& published,
                   const Table& counted, Comparison* result) {
  const Cells expected = FiguresOf(published);
  Cells found = FiguresOf(counted);
  const auto line = [&](const std::string& row, const std::string& column,
                        absl::string_view said, int number, bool agrees) {
    ++result->figures;
    if (!agrees) ++result->disagreeing;
    result->lines.push_back(
        absl::StrCat(row == "sum" ? absl::StrCat(what, " sum") : row, " ",
                     Worded(column), ": published ", said, ", counted ", number,
                     agrees ? ", agrees" : ", DISAGREES"));
  };
  std::vector<std::string> order;
  for (const std::vector<std::string>& row : published.rows) {
    order.push_back(row[0]);
  }
  order.push_back("sum");
  std::set<std::string> seen;
  for (const std::string& row : order) {
    if (!seen.insert(row).second || expected.count(row) == 0) continue;
    for (const std::string& column : published.header) {
      if (!IsFigure(column)) continue;
      const int number = expected.at(row).at(column);
      const int other = found[row][column];
      line(row, column, absl::StrCat(number), other,
           number >= 0 && number == other);
    }
    found.erase(row);
  }
  for (const auto& [row, columns] : found) {
    for (const auto& [column, number] : columns) {
      if (number != 0) line(row, column, "nothing", number, false);
    }
  }
  if (expected.empty()) {
    line(absl::StrCat(what), "table", "nothing",
         static_cast<int>(counted.rows.size()), false);
  }
}

}  // namespace

Margins CountFiles(const KeptFiles& files, const Margins& published) {
  Cells hosts;
  Cells ages;
  Cells regions;
  Cells categories;
  for (const auto& [reference, kept] : files) {
    for (const pb::Person& person : kept.persons) {
      const bool female = person.sex() == pb::PersonSummary::FEMALE;
      std::map<std::string, int>& host = hosts[kept.host_country];
      ++host[female ? "women_girls" : "men_boys"];
      ++host["total"];
      const int age = AgeOnReferenceDay(person.birth_date().date());
      ++ages[BandOf(age, published.by_age)]["persons"];
      const char* const category =
          age < 18 ? (female ? "girls" : "boys") : (female ? "women" : "men");
      ++categories[category]["persons"];
      const std::string& region = person.return_region();
      ++regions[region.empty() ? kNotNamed : region]["persons"];
    }
  }
  Margins counted;
  counted.by_host = Fill(published.by_host, std::move(hosts));
  counted.by_age = Fill(published.by_age, std::move(ages));
  counted.by_region = Fill(published.by_region, std::move(regions));
  counted.by_category = Fill(published.by_category, std::move(categories));
  return counted;
}

absl::Status WriteMargins(const std::string& folder, const Margins& margins) {
  PASSERELLE_RETURN_IF_ERROR(
      WriteCsv(absl::StrCat(folder, "/", kByHost), margins.by_host));
  PASSERELLE_RETURN_IF_ERROR(
      WriteCsv(absl::StrCat(folder, "/", kByAge), margins.by_age));
  PASSERELLE_RETURN_IF_ERROR(
      WriteCsv(absl::StrCat(folder, "/", kByRegion), margins.by_region));
  return WriteCsv(absl::StrCat(folder, "/", kByCategory), margins.by_category);
}

Comparison Compare(const Margins& published, const Margins& counted) {
  Comparison result;
  CompareTables("hosts", published.by_host, counted.by_host, &result);
  CompareTables("ages", published.by_age, counted.by_age, &result);
  CompareTables("regions", published.by_region, counted.by_region, &result);
  CompareTables("categories", published.by_category, counted.by_category,
                &result);
  return result;
}

}  // namespace passerelle::demo
