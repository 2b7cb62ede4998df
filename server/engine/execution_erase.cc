// The end of a resource's content, or of a whole file's.

#include "server/engine/execution.h"

#include <string>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "server/domain/lifecycle.h"
#include "server/engine/erasure.h"
#include "server/vault/vault.h"

namespace passerelle::engine {
namespace {

constexpr size_t kPage = 100;

// The key of a record that is as it was written. What a damaged one says of
// its key may be a neighbour's.
void AddKey(const storage::Record& record, std::vector<int64_t>* keys) {
  if (!IsReadable(record) || record.data_key <= vault::kPlatformKey) return;
  for (const int64_t key : *keys) {
    if (key == record.data_key) return;
  }
  keys->push_back(record.data_key);
}

}  // namespace

absl::Status ChangeExecution::Erase() {
  std::vector<int64_t> keys;
  AddKey(target_.record, &keys);
  if (on_file()) PASSERELLE_RETURN_IF_ERROR(EraseContent(&keys));
  // What stays says nothing of anybody, and is read for as long as evidence.
  if (target_.record.data_key != 0) {
    target_.record.data_key = vault::kPlatformKey;
  }
  return keys.empty() ? absl::OkStatus() : OrderErasure(std::move(keys));
}

// Overwrites everything in the file: FILE_FULL bounds how much that is.
absl::Status ChangeExecution::EraseContent(std::vector<int64_t>* keys) {
  for (const auto& kind : context_.core.contract.kinds()) {
    if (!kind->in_case() || kind->is_root()) continue;
    std::vector<storage::Record> records;
    std::string after;
    do {
      PASSERELLE_RETURN_IF_ERROR(
          context_.tx.List(key_.scope, kind->collection, after,
                           static_cast<int>(kPage), &records));
      for (storage::Record& record : records) {
        after = record.key.id;
        AddKey(record, keys);
        record.wake_time =
            kind->part == nullptr ? absl::InfiniteFuture() : context_.now;
        effects_->wake_time = std::min(effects_->wake_time, record.wake_time);
        if (IsReadable(record)) {
          record.message.clear();
          record.internal.clear();
          ++record.version;
        }
        PASSERELLE_RETURN_IF_ERROR(context_.tx.Update(record));
      }
    } while (records.size() == kPage);
  }
  return absl::OkStatus();
}

absl::Status ChangeExecution::OrderErasure(std::vector<int64_t> keys) {
  internal::ErasureOrder order;
  order.set_subject(target_.message->GetReflection()->GetString(
      *target_.message, kind_->name));
  *order.mutable_order_time() = domain::ToTimestamp(context_.now);
  order.mutable_keys()->Add(keys.begin(), keys.end());
  storage::Record record;
  record.key = {kErasures, context_.ids.Next(kErasureLetter, context_.now)};
  record.kind = kPendingErasures;
  record.state = 1;
  record.version = 1;
  record.wake_time = context_.now + kErasureRetry;
  order.SerializeToString(&record.message);
  effects_->erasure = {record.key.id, std::move(keys)};
  effects_->wake_time = std::min(effects_->wake_time, record.wake_time);
  return context_.tx.Insert(record);
}

}  // namespace passerelle::engine
