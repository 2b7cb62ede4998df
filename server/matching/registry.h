#ifndef PASSERELLE_SERVER_MATCHING_REGISTRY_H_
#define PASSERELLE_SERVER_MATCHING_REGISTRY_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/explanation.h"
#include "server/matching/model.h"
#include "server/matching/population.h"
#include "server/matching/record.h"

namespace passerelle::matching {

struct SearchOptions {
  int top = 20;                  // 1 to 1000
  double min_probability = 0.0;  // below it a candidate is not listed
  int max_candidates = 4000;     // compared in full, rarest keys first
  bool explain = false;
};

struct Candidate {
  std::string id;
  // That this person is the one sought. All candidates, nobody and, where
  // `truncated`, those that were not compared sum to 1.
  double probability = 0;
  double weight = 0;        // log2 odds of the pair alone, before normalising
  Explanation explanation;  // with SearchOptions::explain
};

struct SearchResult {
  std::vector<Candidate> candidates;  // most probable first
  double nobody = 1;        // that nobody registered is the one sought
  uint64_t registered = 0;  // people searched among
  uint64_t compared = 0;    // compared in full
  // More shared a key than may be compared: somebody may be missing.
  bool truncated = false;
};

// People who can be searched one request at a time, while others are added and
// removed. Readers share, writers exclude: thread safe.
class Registry {
 public:
  // Starts with the records of `population`.
  Registry(Population population, Model model);
  ~Registry();
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  // Errors: those of Population::Add.
  absl::Status Insert(const Record& record);
  // NOT_FOUND: no record has the id.
  absl::Status Remove(absl::string_view id);
  // Replaces the record of the same id, or inserts it.
  absl::Status Upsert(const Record& record);

  // INVALID_ARGUMENT: the request has nothing to search by (no name, phone,
  // identifier or birth date), or options are out of range.
  absl::StatusOr<SearchResult> Search(const Record& request,
                                      const SearchOptions& options) const;

  size_t size() const;
  const Model& model() const;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_REGISTRY_H_
