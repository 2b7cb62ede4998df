#ifndef PASSERELLE_SERVER_ENGINE_READING_H_
#define PASSERELLE_SERVER_ENGINE_READING_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "server/engine/core.h"
#include "server/engine/record_cache.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// What a reading call is about to disclose of one file. The writer decides:
// it admits the disclosure only while `epoch` is still the file's.
struct Disclosure {
  std::string case_id;  // empty outside files
  int64_t epoch = 0;
  ::passerelle::internal::v1::Leaf leaf;
};

// Where a reading call takes records from.
struct ReadSource {
  // A snapshot; null when `found` is all that the call needs.
  storage::ReadTransaction* tx = nullptr;
  // Keeps what a Get read in the snapshot. Null: nothing is kept.
  RecordCache* cache = nullptr;
  RecordCache::Found found;  // before the snapshot began
};

// What the cache holds for a call; nothing for other calls than a Get in a
// file.
RecordCache::Found FindCached(const Call& call, RecordCache* cache);
// Whether that is enough to answer.
bool IsWhole(const Call& call, const RecordCache::Found& found);

// Fills the response of a Get, List or evidence call from one snapshot and
// tells what it would disclose. Nothing may be answered before that was
// admitted.
absl::Status ExecuteRead(const Core& core, const Directory& directory,
                         const Call& call, absl::Time now,
                         const ReadSource& source,
                         std::vector<Disclosure>* disclosures);

// Classes whose disclosure is answered only after its line of evidence is
// flushed; others as soon as it is admitted.
bool IsRestricted(const std::vector<Disclosure>& disclosures);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_READING_H_
