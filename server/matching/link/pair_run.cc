#include "server/matching/link/pair_run.h"

#include <set>
#include <utility>

#include "common/status_macros.h"
#include "server/matching/link/model_file.h"

namespace passerelle::link {

absl::StatusOr<Tables> ReadTables(const InputOptions& options,
                                  const std::string& a, const std::string& b,
                                  const Console& console) {
  Tables tables;
  tables.a_path = a;
  tables.b_path = b;
  PASSERELLE_ASSIGN_OR_RETURN(tables.map, LoadColumnMap(options.map));
  const Absent absent = b.empty() ? Absent::kForbidden : Absent::kAllowed;
  Remarks remarks(options.strictness);
  PASSERELLE_ASSIGN_OR_RETURN(
      const std::unique_ptr<PeopleReader> first,
      PeopleReader::Open(a, tables.map, absent, remarks));
  if (b.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(tables.a,
                                ReadPopulation(*first, remarks, console));
    return tables;
  }
  PASSERELLE_ASSIGN_OR_RETURN(
      const std::unique_ptr<PeopleReader> second,
      PeopleReader::Open(b, tables.map, absent, remarks));
  PASSERELLE_RETURN_IF_ERROR(
      CheckInEither(tables.map, first->table(), second->table()));
  PASSERELLE_ASSIGN_OR_RETURN(tables.a,
                              ReadPopulation(*first, remarks, console));
  PASSERELLE_ASSIGN_OR_RETURN(tables.b,
                              ReadPopulation(*second, remarks, console));
  return tables;
}

absl::StatusOr<matching::Model> ModelFor(
    const Tables& tables, const std::string& path,
    const matching::LinkageOptions& options) {
  if (!path.empty()) return LoadModel(path);
  const matching::Model prior = matching::DefaultModel();
  return tables.b ? matching::Train(tables.a, *tables.b, prior, options)
                  : matching::Train(tables.a, prior, options);
}

matching::LinkageOptions EngineOptions(int threads, ProgressLine& progress) {
  matching::LinkageOptions options;
  options.threads = threads;
  options.progress = progress.Callback();
  return options;
}

absl::StatusOr<PairFields> FieldsOf(const Tables& tables,
                                    const std::vector<matching::Pair>& pairs) {
  std::set<matching::Row> a;
  std::set<matching::Row> b;
  for (const matching::Pair& pair : pairs) {
    a.insert(pair.a);
    (tables.b ? b : a).insert(pair.b);
  }
  PairFields fields;
  PASSERELLE_ASSIGN_OR_RETURN(
      fields.a, ReadFields(tables.a_path, tables.map, tables.absent(), a));
  if (tables.b) {
    PASSERELLE_ASSIGN_OR_RETURN(
        fields.b, ReadFields(tables.b_path, tables.map, tables.absent(), b));
  } else {
    fields.b = fields.a;
  }
  return fields;
}

}  // namespace passerelle::link
