#ifndef PASSERELLE_SERVER_ENGINE_SCOPE_COUNTS_H_
#define PASSERELLE_SERVER_ENGINE_SCOPE_COUNTS_H_

#include <cstdint>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "server/storage/store.h"

namespace passerelle::engine {

// How many resources of each kind the files and missions at work hold: counted
// in the store once, then kept up, so that a creation need not count again. Of
// the writer thread alone.
class ScopeCounts {
 public:
  // As CountIds; `limit` is always the same.
  absl::Status Count(storage::WriteTransaction* tx, const std::string& scope,
                     const std::string& letter, int limit, int64_t* count);

  // One was created, in a commit that is not yet certain.
  void Added(const std::string& scope, const std::string& letter);

  // The commit failed.
  void Forget() { counts_.clear(); }

 private:
  absl::flat_hash_map<std::string, int64_t> counts_;  // by letter and scope
};

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_SCOPE_COUNTS_H_
