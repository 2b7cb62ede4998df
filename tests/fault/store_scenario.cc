#include "tests/fault/store_scenario.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "common/status_macros.h"

namespace passerelle::testing {
namespace {

// More than a page, so that a change is many writes.
std::string Content(int number, char part) {
  return absl::StrCat(number, std::string(3000, part));
}

storage::Record Part(int number, char part) {
  storage::Record record;
  record.key = {"c1", absl::StrCat("r", 1000 + number, std::string(1, part))};
  record.kind = "referrals";
  record.version = 1;
  record.message = Content(number, part);
  return record;
}

}  // namespace

absl::Status StoreScenario::Change(int number) {
  return store_->Write([&](storage::WriteTransaction& tx) {
    PASSERELLE_RETURN_IF_ERROR(tx.Insert(Part(number, 'a')));
    PASSERELLE_RETURN_IF_ERROR(tx.Insert(Part(number, 'b')));
    PASSERELLE_RETURN_IF_ERROR(
        tx.PutMeta(absl::StrCat("change", number), "done"));
    storage::Record before = Part(number - 1, 'a');
    const absl::Status found = tx.Get(before.key, &before);
    if (found.ok()) {
      before.version = 2;
      PASSERELLE_RETURN_IF_ERROR(tx.Update(before));
    } else if (!absl::IsNotFound(found)) {
      return found;
    }
    return absl::OkStatus();
  });
}

absl::Status StoreScenario::Find(storage::Store* store, int most,
                                 std::set<int>* changes) {
  return store->Read([&](storage::ReadTransaction& tx) {
    changes->clear();
    for (int number = 1; number <= most; ++number) {
      int parts = 0;
      for (const char part : {'a', 'b'}) {
        storage::Record record = Part(number, part);
        const std::string content = record.message;
        const absl::Status found = tx.Get(record.key, &record);
        if (absl::IsNotFound(found)) continue;
        PASSERELLE_RETURN_IF_ERROR(found);
        if (record.message != content) return absl::DataLossError("altered");
        ++parts;
      }
      std::string value;
      const absl::Status found =
          tx.GetMeta(absl::StrCat("change", number), &value);
      if (!found.ok() && !absl::IsNotFound(found)) return found;
      parts += found.ok() ? 1 : 0;
      if (parts != 0 && parts != 3) {
        return absl::DataLossError(absl::StrCat(number, " is there in part"));
      }
      if (parts == 3) changes->insert(number);
    }
    return absl::OkStatus();
  });
}

}  // namespace passerelle::testing
