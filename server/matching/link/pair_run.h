#ifndef PASSERELLE_SERVER_MATCHING_LINK_PAIR_RUN_H_
#define PASSERELLE_SERVER_MATCHING_LINK_PAIR_RUN_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/matching/link/column_map.h"
#include "server/matching/link/console.h"
#include "server/matching/link/options.h"
#include "server/matching/link/people.h"
#include "server/matching/linkage.h"
#include "server/matching/model.h"
#include "server/matching/population.h"

namespace passerelle::link {

// From where on a pair is listed for review, and called probably the same
// (matching.md 4.8: show for review from even odds on).
inline constexpr double kReviewProbability = 0.5;
inline constexpr double kSureProbability = 0.99;

// One or two tables of people, read. With two, the first is a.
struct Tables {
  ColumnMap map;
  std::string a_path;
  std::string b_path;  // empty with one
  matching::Population a;
  std::optional<matching::Population> b;

  const matching::Population& second() const { return b ? *b : a; }
  Absent absent() const { return b ? Absent::kAllowed : Absent::kForbidden; }
};

// Reads the map and the tables; `b` may be empty. Errors: those of
// LoadColumnMap, PeopleReader, ReadPopulation and CheckInEither.
absl::StatusOr<Tables> ReadTables(const InputOptions& options,
                                  const std::string& a, const std::string& b,
                                  const Console& console);

// The model at `path`, or one learnt from the tables themselves.
absl::StatusOr<matching::Model> ModelFor(
    const Tables& tables, const std::string& path,
    const matching::LinkageOptions& options);

// Options of the engine for so many threads, with progress shown.
matching::LinkageOptions EngineOptions(int threads, ProgressLine& progress);

// What a run found, and how it is explained.
struct PairRun {
  const Tables& tables;
  const matching::Model& model;
  const matching::LinkageResult& result;
  const matching::Explainer& explainer;

  std::string IdA(const matching::Pair& pair) const {
    return std::string(tables.a.id(pair.a));
  }
  std::string IdB(const matching::Pair& pair) const {
    return std::string(tables.second().id(pair.b));
  }
};

// What two tables say of the people of some pairs.
struct PairFields {
  std::map<matching::Row, Fields> a;
  std::map<matching::Row, Fields> b;
};
absl::StatusOr<PairFields> FieldsOf(const Tables& tables,
                                    const std::vector<matching::Pair>& pairs);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_PAIR_RUN_H_
