#ifndef PASSERELLE_TESTS_FAULT_STORE_SCENARIO_H_
#define PASSERELLE_TESTS_FAULT_STORE_SCENARIO_H_

#include <set>
#include <string>

#include "absl/status/status.h"
#include "server/storage/store.h"

namespace passerelle::testing {

// Work on a store whose outcome can be told from what is found later: a change
// inserts two records, puts a value, and updates one record of the change
// before it, all in one transaction.
class StoreScenario {
 public:
  explicit StoreScenario(storage::Store* store) : store_(store) {}

  // Change `number`, 1, 2, 3 …
  absl::Status Change(int number);

  // What a store holds. Returns: an error when anything is there in part.
  static absl::Status Find(storage::Store* store, int most,
                           std::set<int>* changes);

 private:
  storage::Store* store_;
};

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_FAULT_STORE_SCENARIO_H_
