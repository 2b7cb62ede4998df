#ifndef PASSERELLE_DEMO_CASELOAD_H_
#define PASSERELLE_DEMO_CASELOAD_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/civil_time.h"
#include "demo/csv.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/person.pb.h"

namespace passerelle::demo {

// Ages are taken on this day, the last of the year the figures are of.
inline constexpr absl::CivilDay kReferenceDay(2022, 12, 31);

// What stands for a region that is not known.
inline constexpr char kNotNamed[] = "(not named)";

// Completed years on `day`.
int AgeOn(absl::CivilDay day, absl::CivilDay birth);

// One invented person of the caseload.
struct Invented {
  int number = 0;  // 1, 2, 3 …; of a principal, decides what happens to the
                   // file (rules.h)
  int family = 0;  // number of the principal, the person's own for one
  passerelle::v1::Person::Relation relation = passerelle::v1::Person::PRINCIPAL;
  std::string host;  // ISO 3166-1 alpha-2
  passerelle::v1::PersonSummary person;
  std::string arabic_given;
  std::string arabic_family;

  // The host mission's own reference of the file, e.g. `TR-2022-017`.
  std::string Reference() const;
};

// What the returnee file of the person says, as far as a case manager writes
// it.
passerelle::v1::Person FullPerson(const Invented& one);

// Number at the end of a reference; 0 when it is none of ours.
int NumberOf(const std::string& reference);

// The published tables a caseload is made from.
struct Margins {
  Table by_host;
  Table by_age;
  Table by_region;
  Table by_category;
};

// Names of the files below data/published/.
inline constexpr char kByHost[] = "inbound_2022_assisted_by_host.csv";
inline constexpr char kByAge[] = "inbound_2022_by_age.csv";
inline constexpr char kByRegion[] = "inbound_2022_by_region.csv";
inline constexpr char kByCategory[] = "inbound_2022_by_category.csv";

absl::StatusOr<Margins> ReadMargins(const std::string& folder);

// Invents persons whose margins equal the published ones, the same for the same
// seed everywhere; no child travels without a parent. Names come from `names`
// (columns kind, name and arabic; kinds female, male and family). Returns a
// table as ReadCaseload reads it, or kInvalidArgument when the margins do not
// sum to the same total or leave a child alone.
absl::StatusOr<Table> InventCaseload(const Margins& margins, const Table& names,
                                     uint64_t seed);

// Returns: errors of ReadCsv, kInvalidArgument for a row that is no person.
absl::StatusOr<std::vector<Invented>> ReadCaseload(const std::string& path);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_CASELOAD_H_
