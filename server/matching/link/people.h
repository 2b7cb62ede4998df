#ifndef PASSERELLE_SERVER_MATCHING_LINK_PEOPLE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_PEOPLE_H_

#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/matching/link/column_map.h"
#include "server/matching/link/console.h"
#include "server/matching/link/fields.h"
#include "server/matching/link/people_reader.h"
#include "server/matching/link/remarks.h"
#include "server/matching/population.h"

namespace passerelle::link {

// CANCELLED: the program was asked to stop.
absl::Status Stopped();

// Calls `take` for every person of an opened table, in order, until it fails.
// Notes and remarks are printed at the end. Errors: those of PeopleReader::Next
// and of `take`; CANCELLED.
absl::Status ForEachPerson(
    PeopleReader& reader, Remarks& remarks, const Console& console,
    const std::function<absl::Status(const matching::Record&)>& take);

// All people of a table. Errors: as above, and reasons kDuplicateId,
// kTooManyRows.
absl::StatusOr<matching::Population> ReadPopulation(PeopleReader& reader,
                                                    Remarks& remarks,
                                                    const Console& console);

// Reads a table again for the fields of some of its people. Errors: those of
// PeopleReader; reason kMissingColumn where it changed meanwhile.
absl::StatusOr<std::map<matching::Row, Fields>> ReadFields(
    const std::string& path, const ColumnMap& map, Absent absent,
    const std::set<matching::Row>& rows);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_PEOPLE_H_
