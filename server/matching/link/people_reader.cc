#include "server/matching/link/people_reader.h"

#include <map>
#include <utility>

#include "absl/memory/memory.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/status_macros.h"

namespace passerelle::link {
namespace {

using matching::Relation;
using matching::Sex;

struct SexWord {
  const char* word;
  Sex sex;
};
constexpr SexWord kSexWords[] = {
    {"f", Sex::kFemale},        {"female", Sex::kFemale},
    {"woman", Sex::kFemale},    {"girl", Sex::kFemale},
    {"w", Sex::kFemale},        {"femme", Sex::kFemale},
    {"fille", Sex::kFemale},    {"féminin", Sex::kFemale},
    {"feminin", Sex::kFemale},  {"fem", Sex::kFemale},
    {"أنثى", Sex::kFemale},     {"انثى", Sex::kFemale},
    {"امرأة", Sex::kFemale},    {"ሴት", Sex::kFemale},
    {"m", Sex::kMale},          {"male", Sex::kMale},
    {"man", Sex::kMale},        {"boy", Sex::kMale},
    {"h", Sex::kMale},          {"homme", Sex::kMale},
    {"garçon", Sex::kMale},     {"masculin", Sex::kMale},
    {"masc", Sex::kMale},       {"ذكر", Sex::kMale},
    {"رجل", Sex::kMale},        {"ወንድ", Sex::kMale},
    {"other", Sex::kOther},     {"autre", Sex::kOther},
    {"x", Sex::kOther},         {"", Sex::kUnknown},
    {"u", Sex::kUnknown},       {"unknown", Sex::kUnknown},
    {"inconnu", Sex::kUnknown}, {"n/a", Sex::kUnknown},
    {"na", Sex::kUnknown},      {"-", Sex::kUnknown},
    {"?", Sex::kUnknown},
};

struct RelativeRole {
  Role role;
  Relation relation;
};
constexpr RelativeRole kRelatives[] = {{Role::kMother, Relation::kMother},
                                       {Role::kFather, Relation::kFather},
                                       {Role::kSpouse, Relation::kSpouse}};

}  // namespace

std::optional<Sex> ReadSex(absl::string_view text) {
  const std::string word =
      absl::AsciiStrToLower(absl::StripAsciiWhitespace(text));
  for (const SexWord& entry : kSexWords) {
    if (word == entry.word) return entry.sex;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<PeopleReader>> PeopleReader::Open(
    const std::string& path, const ColumnMap& map, Absent absent,
    Remarks& remarks) {
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<CsvReader> table,
                              CsvReader::Open(path, map.csv));
  PASSERELLE_ASSIGN_OR_RETURN(Columns columns,
                              FindColumns(map, *table, absent));
  auto reader =
      absl::WrapUnique(new PeopleReader(std::move(table), map, remarks));
  reader->columns_ = std::move(columns);
  return reader;
}

PeopleReader::PeopleReader(std::unique_ptr<CsvReader> table,
                           const ColumnMap& map, Remarks& remarks)
    : table_(std::move(table)),
      dates_(map.birth_date_formats),
      years_({}),
      remarks_(remarks) {}

absl::string_view PeopleReader::Cell(size_t column) const {
  return absl::StripAsciiWhitespace(table_->fields()[column]);
}

std::string PeopleReader::Joined(Role role) const {
  std::string joined;
  for (const size_t column : columns_[role]) {
    const absl::string_view cell = Cell(column);
    if (cell.empty()) continue;
    absl::StrAppend(&joined, joined.empty() ? "" : " ", cell);
  }
  return joined;
}

std::vector<std::string> PeopleReader::Split(Role role,
                                             absl::string_view between) const {
  std::vector<std::string> values;
  for (const size_t column : columns_[role]) {
    for (const absl::string_view value : absl::StrSplit(
             Cell(column), absl::ByAnyChar(between), absl::SkipWhitespace())) {
      values.emplace_back(absl::StripAsciiWhitespace(value));
    }
  }
  return values;
}

Place PeopleReader::IdPlace() const {
  return table_->Here(columns_[Role::kId][0]);
}

absl::StatusOr<std::optional<matching::BirthInterval>> PeopleReader::ReadDate(
    const BirthDateReader& reader, size_t column) {
  const BirthReading reading = reader.Read(Cell(column));
  if (reading.quality == BirthReading::kUnreadable) {
    PASSERELLE_RETURN_IF_ERROR(
        remarks_.Add(Reason::kBadDate, table_->Here(column),
                     "not a date that can be read; counts as unknown"));
  }
  if (reading.quality == BirthReading::kPartly) {
    PASSERELLE_RETURN_IF_ERROR(
        remarks_.Add(Reason::kBadDate, table_->Here(column),
                     "there is no such day; only what is possible is used"));
  }
  return reading.birth;
}

absl::Status PeopleReader::ReadBirth(matching::Record* record) {
  for (const size_t column : columns_[Role::kBirthDate]) {
    PASSERELLE_ASSIGN_OR_RETURN(record->birth, ReadDate(dates_, column));
    if (record->birth.has_value()) return absl::OkStatus();
  }
  for (const size_t column : columns_[Role::kBirthYear]) {
    PASSERELLE_ASSIGN_OR_RETURN(record->birth, ReadDate(years_, column));
    if (record->birth.has_value()) return absl::OkStatus();
  }
  return absl::OkStatus();
}

absl::StatusOr<bool> PeopleReader::Next(matching::Record* record) {
  PASSERELLE_ASSIGN_OR_RETURN(const bool found, table_->Next());
  if (!found) return false;
  *record = {};
  record->id = std::string(Cell(columns_[Role::kId][0]));
  if (record->id.empty()) {
    return Problem(Reason::kEmptyId, IdPlace(), "every row needs an id");
  }
  record->given = Joined(Role::kGiven);
  record->family = Joined(Role::kFamily);
  record->full_name = Joined(Role::kFullName);
  PASSERELLE_RETURN_IF_ERROR(ReadBirth(record));
  for (const size_t column : columns_[Role::kSex]) {
    const std::optional<Sex> sex = ReadSex(Cell(column));
    if (!sex.has_value()) {
      PASSERELLE_RETURN_IF_ERROR(
          remarks_.Add(Reason::kBadSex, table_->Here(column),
                       "not a sex that is known; counts as unknown"));
    } else if (record->sex == Sex::kUnknown) {
      record->sex = *sex;
    }
  }
  record->place = Joined(Role::kPlace);
  record->postcode = Joined(Role::kPostcode);
  record->address = Joined(Role::kAddress);
  record->phones = Split(Role::kPhone, ";,/|\n");
  record->identifiers = Split(Role::kIdentifier, ";|\n");
  record->occupation = Joined(Role::kOccupation);
  for (const RelativeRole& relative : kRelatives) {
    std::string name = Joined(relative.role);
    if (name.empty()) continue;
    record->relatives.push_back({std::move(name), relative.relation});
  }
  record->known_distinct = Joined(Role::kKnownDistinct);
  return true;
}

}  // namespace passerelle::link
