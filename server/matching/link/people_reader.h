#ifndef PASSERELLE_SERVER_MATCHING_LINK_PEOPLE_READER_H_
#define PASSERELLE_SERVER_MATCHING_LINK_PEOPLE_READER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/link/birth_date.h"
#include "server/matching/link/column_map.h"
#include "server/matching/link/csv_reader.h"
#include "server/matching/link/remarks.h"
#include "server/matching/record.h"

namespace passerelle::link {

// Female, male or other in the words that files of this trade use (English,
// French, Arabic, Amharic; "f", "m"); nullopt for a word that says nothing.
// Empty, "u", "unknown" and the like are kUnknown.
std::optional<matching::Sex> ReadSex(absl::string_view text);

// Reads people from a table, one a row, as the engine wants them. Values that
// cannot be read count as unknown and go to `remarks`. Not thread safe.
class PeopleReader {
 public:
  // Errors: those of CsvReader::Open and FindColumns. `map` and `remarks` must
  // outlive it.
  static absl::StatusOr<std::unique_ptr<PeopleReader>> Open(
      const std::string& path, const ColumnMap& map, Absent absent,
      Remarks& remarks);

  // The next person; false at the end. Errors: those of CsvReader::Next,
  // reason kEmptyId, and remarks where they are errors.
  absl::StatusOr<bool> Next(matching::Record* record);

  const CsvReader& table() const { return *table_; }
  // Where the id of the current row is.
  Place IdPlace() const;

 private:
  PeopleReader(std::unique_ptr<CsvReader> table, const ColumnMap& map,
               Remarks& remarks);

  absl::string_view Cell(size_t column) const;
  // All cells of a role, joined by spaces.
  std::string Joined(Role role) const;
  std::vector<std::string> Split(Role role, absl::string_view between) const;
  absl::Status ReadBirth(matching::Record* record);
  absl::StatusOr<std::optional<matching::BirthInterval>> ReadDate(
      const BirthDateReader& reader, size_t column);

  const std::unique_ptr<CsvReader> table_;
  Columns columns_;
  const BirthDateReader dates_;
  const BirthDateReader years_;
  Remarks& remarks_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_PEOPLE_READER_H_
