#include "server/matching/link/people.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace passerelle::link {
namespace {

// People between two looks at whether to stop.
constexpr uint64_t kPeopleBetweenLooks = 1024;

}  // namespace

absl::Status Stopped() {
  return absl::CancelledError("stopped; nothing was written");
}

absl::Status ForEachPerson(
    PeopleReader& reader, Remarks& remarks, const Console& console,
    const std::function<absl::Status(const matching::Record&)>& take) {
  ProgressLine progress(console);
  const std::string stage = absl::StrCat("reading ", reader.table().path());
  matching::Record record;
  uint64_t done = 0;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const bool found, reader.Next(&record));
    if (!found) break;
    PASSERELLE_RETURN_IF_ERROR(take(record));
    if (++done % kPeopleBetweenLooks == 0 && !progress.Show(stage, done, 0)) {
      return Stopped();
    }
  }
  progress.Clear();
  if (!reader.table().note().empty()) {
    console.err << "note: " << reader.table().note() << "\n";
  }
  for (const std::string& line : remarks.Lines()) {
    console.err << "note: " << line << "\n";
  }
  remarks.Clear();
  return absl::OkStatus();
}

absl::StatusOr<matching::Population> ReadPopulation(PeopleReader& reader,
                                                    Remarks& remarks,
                                                    const Console& console) {
  matching::Population population;
  PASSERELLE_RETURN_IF_ERROR(ForEachPerson(
      reader, remarks, console,
      [&](const matching::Record& record) -> absl::Status {
        const absl::Status added = population.Add(record).status();
        switch (added.code()) {
          case absl::StatusCode::kAlreadyExists:
            return Problem(Reason::kDuplicateId, reader.IdPlace(),
                           "this id was in a row before");
          case absl::StatusCode::kResourceExhausted:
            return Problem(Reason::kTooManyRows, reader.IdPlace(),
                           added.message());
          case absl::StatusCode::kInvalidArgument:
            return Problem(Reason::kTooLong, reader.IdPlace(),
                           "the id is too long");
          default:
            return added;
        }
      }));
  return population;
}

absl::StatusOr<std::map<matching::Row, Fields>> ReadFields(
    const std::string& path, const ColumnMap& map, Absent absent,
    const std::set<matching::Row>& rows) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<CsvReader> table,
                              CsvReader::Open(path, map.csv));
  PASSERELLE_ASSIGN_OR_RETURN(const Columns columns,
                              FindColumns(map, *table, absent));
  std::set<size_t> shown;
  for (size_t role = 0; role < kRoleCount; ++role) {
    if (role == static_cast<size_t>(Role::kId)) continue;
    shown.insert(columns.at[role].begin(), columns.at[role].end());
  }
  std::map<matching::Row, Fields> fields;
  auto wanted = rows.begin();
  for (matching::Row row = 0; wanted != rows.end(); ++row) {
    PASSERELLE_ASSIGN_OR_RETURN(const bool found, table->Next());
    if (!found) {
      return Problem(Reason::kEmptyFile, {path, table->row(), ""},
                     "the file became shorter while it was read");
    }
    if (row != *wanted) continue;
    ++wanted;
    for (const size_t column : shown) {
      fields[row].emplace_back(
          table->header()[column],
          absl::StripAsciiWhitespace(table->fields()[column]));
    }
  }
  return fields;
}

}  // namespace passerelle::link
