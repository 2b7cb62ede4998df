#ifndef PASSERELLE_SERVER_MATCHING_LINK_COLUMN_MAP_H_
#define PASSERELLE_SERVER_MATCHING_LINK_COLUMN_MAP_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/link/csv_reader.h"

namespace passerelle::link {

// What a column says of a person.
enum class Role : uint8_t {
  kId,
  kGiven,
  kFamily,
  kFullName,
  kBirthDate,
  kBirthYear,
  kSex,
  kPlace,
  kPostcode,
  kAddress,
  kPhone,
  kIdentifier,
  kOccupation,
  kMother,
  kFather,
  kSpouse,
  kKnownDistinct,
};
inline constexpr size_t kRoleCount = 17;

// "birth_date"
absl::string_view RoleName(Role role);

// The mapping file: which columns hold what, and how it is written.
//
//   [columns]
//   id = "rec_id"
//   given = "given_name"
//   family = ["surname", "maiden_name"]
//   [formats]
//   birth_date = "%Y%m%d"
//   encoding = "windows-1252"
//   delimiter = ";"
struct ColumnMap {
  std::string path;  // for messages
  std::array<std::vector<std::string>, kRoleCount> columns;
  std::vector<std::string> birth_date_formats;  // empty: the usual ones
  CsvOptions csv;

  const std::vector<std::string>& operator[](Role role) const {
    return columns[static_cast<size_t>(role)];
  }
};

// Reads a mapping file. Returns: reason kMap for what is not TOML, unknown
// keys, values of another kind, no id, no name, or a format that says no year;
// errors of the system.
absl::StatusOr<ColumnMap> LoadColumnMap(const std::string& path);

// The same of a text already read; `path` is for messages.
absl::StatusOr<ColumnMap> ParseColumnMap(absl::string_view text,
                                         const std::string& path);

// Where the columns of a map are in one table.
struct Columns {
  std::array<std::vector<size_t>, kRoleCount> at;

  const std::vector<size_t>& operator[](Role role) const {
    return at[static_cast<size_t>(role)];
  }
};

// Whether a table may lack columns of the map.
enum class Absent : uint8_t {
  kAllowed,    // one of two tables; id and a name are needed all the same
  kForbidden,  // the only table; alternatives for the id excepted
};

// Finds the columns in the header of `table`. Of several for the id, the first
// that is there is the id. Returns: reasons kMissingColumn, kDuplicateColumn.
absl::StatusOr<Columns> FindColumns(const ColumnMap& map,
                                    const CsvReader& table, Absent absent);

// Columns of the map that are in neither table; FindColumns allowed them for
// each alone. Returns: reason kMissingColumn.
absl::Status CheckInEither(const ColumnMap& map, const CsvReader& a,
                           const CsvReader& b);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_COLUMN_MAP_H_
