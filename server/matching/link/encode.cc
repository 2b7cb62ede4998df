#include <sodium.h>

#include <algorithm>
#include <utility>

#include "absl/container/flat_hash_set.h"
#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/status_macros.h"
#include "server/matching/link/commands.h"
#include "server/matching/link/encoding/encoded_comparison.h"
#include "server/matching/link/encoding/encoded_file.h"
#include "server/matching/link/encoding/encoder.h"
#include "server/matching/link/outputs.h"
#include "server/matching/link/people.h"
#include "server/matching/link/problem.h"
#include "server/matching/link/row_writer.h"

namespace passerelle::link {
namespace {

// 32 random hexadecimal digits.
std::string RandomHandle() {
  std::string bytes(16, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return absl::BytesToHexString(bytes);
}

}  // namespace

absl::Status CreateKey(const KeyOptions& options, const Console& console) {
  PASSERELLE_ASSIGN_OR_RETURN(const EncodingKey key,
                              MakeKey(options.purpose, options.hardening));
  PASSERELLE_RETURN_IF_ERROR(SaveKey(key, options.out));
  console.err << "key " << key.Fingerprint() << " ("
              << HardeningText(key.hardening) << ")\n";
  return absl::OkStatus();
}

absl::Status EncodeTable(const EncodeOptions& options, const Console& console) {
  PASSERELLE_RETURN_IF_ERROR(
      CheckOutputs({options.table, options.input.map, options.key},
                   {options.out, options.handles}));
  PASSERELLE_ASSIGN_OR_RETURN(const EncodingKey key, LoadKey(options.key));
  PASSERELLE_ASSIGN_OR_RETURN(const ColumnMap map,
                              LoadColumnMap(options.input.map));
  Remarks remarks(options.input.strictness);
  PASSERELLE_ASSIGN_OR_RETURN(
      const std::unique_ptr<PeopleReader> reader,
      PeopleReader::Open(options.table, map, Absent::kForbidden, remarks));
  std::unique_ptr<RowWriter> handles;
  if (!options.handles.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(
        handles, RowWriter::Open(options.handles, {"handle", "id"}));
  }
  Encoder encoder(key);
  std::vector<Encoding> people;
  absl::flat_hash_set<std::string> ids;
  PASSERELLE_RETURN_IF_ERROR(ForEachPerson(
      *reader, remarks, console,
      [&](const matching::Record& record) -> absl::Status {
        if (!ids.insert(record.id).second) {
          return Problem(Reason::kDuplicateId, reader->IdPlace(),
                         "this id was in a row before");
        }
        if (people.size() == kMaxBatch) {
          return Problem(Reason::kTooManyRows, reader->IdPlace(),
                         absl::StrCat("more than ", kMaxBatch, " people"));
        }
        people.push_back(encoder.Encode(record));
        if (handles) {
          people.back().id = RandomHandle();
          const Value values[] = {people.back().id, record.id};
          handles->Row(values);
        }
        return absl::OkStatus();
      }));
  const size_t count = people.size();
  PASSERELLE_RETURN_IF_ERROR(
      SaveEncodings(key, std::move(people), options.out));
  if (handles) PASSERELLE_RETURN_IF_ERROR(handles->Commit());
  console.err << absl::StrFormat(
      "%d people encoded under key %s; encodings are still personal data\n",
      count, key.Fingerprint());
  return absl::OkStatus();
}

absl::Status CompareEncoded(const CompareOptions& options,
                            const Console& console) {
  PASSERELLE_RETURN_IF_ERROR(
      CheckOutputs({options.a, options.b}, {options.pairs}));
  std::vector<std::string> columns = {"id_a", "id_b", "band"};
  if (!options.bands_only) columns.push_back("likeness");
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<RowWriter> writer,
                              RowWriter::Open(options.pairs, columns));
  PASSERELLE_ASSIGN_OR_RETURN(const EncodedFile a, LoadEncodings(options.a));
  PASSERELLE_ASSIGN_OR_RETURN(const EncodedFile b, LoadEncodings(options.b));
  PASSERELLE_RETURN_IF_ERROR(CheckComparable(a, b));
  const EncodedComparison comparison =
      CompareEncodings(a, b, options.min_likeness);
  uint64_t strong = 0;
  for (const EncodedPair& pair : comparison.pairs) {
    strong += pair.band() == Band::kStrong ? 1 : 0;
    std::vector<Value> values = {a.people[pair.a].id, b.people[pair.b].id,
                                 std::string(BandName(pair.band()))};
    if (!options.bands_only) values.emplace_back(Real{pair.shown()});
    writer->Row(values);
  }
  PASSERELLE_RETURN_IF_ERROR(writer->Commit());
  console.err << absl::StrFormat(
      "%d and %d people, %d pairs compared: %d strong, %d possible\n",
      a.people.size(), b.people.size(), comparison.compared, strong,
      comparison.pairs.size() - strong);
  if (comparison.capped_blocks > 0) {
    console.err << absl::StrFormat(
        "note: %d groups were too large to compare; some pairs may be "
        "missing\n",
        comparison.capped_blocks);
  }
  return absl::OkStatus();
}

}  // namespace passerelle::link
