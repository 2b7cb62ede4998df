#include "server/engine/erasure.h"

#include <utility>
#include <vector>

#include "common/log.h"
#include "common/status_macros.h"
#include "server/domain/lifecycle.h"
#include "server/engine/file.h"

namespace passerelle::engine {
namespace {

constexpr int kPage = 100;
constexpr int kDone = 2;  // the state of an order, 1 before

absl::Status ReadOrder(const storage::Record& record,
                       internal::ErasureOrder* order) {
  if (!IsReadable(record) || !order->ParseFromString(record.message)) {
    return absl::DataLossError("an order of erasure is damaged");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status ReadErasure(const storage::Record& record,
                         PlannedErasure* erasure) {
  internal::ErasureOrder order;
  PASSERELLE_RETURN_IF_ERROR(ReadOrder(record, &order));
  erasure->id = record.key.id;
  erasure->keys.assign(order.keys().begin(), order.keys().end());
  return absl::OkStatus();
}

absl::Status RetryErasure(const WriterContext& context, storage::Record record,
                          Effects* effects) {
  if (!ReadErasure(record, &effects->erasure).ok()) {
    Log(LogLevel::kError, "erasure_order_damaged");
    effects->erasure = {};
  }
  record.wake_time = context.now + kErasureRetry;
  effects->wake_time = record.wake_time;
  return context.tx.Update(record);
}

absl::Status ConfirmErasure(const WriterContext& context, const std::string& id,
                            Effects* effects) {
  storage::Record record;
  PASSERELLE_RETURN_IF_ERROR(context.tx.Get({kErasures, id}, &record));
  if (record.kind == kDoneErasures) return absl::OkStatus();
  internal::ErasureOrder order;
  PASSERELLE_RETURN_IF_ERROR(ReadOrder(record, &order));
  record.kind = kDoneErasures;
  record.state = kDone;
  record.wake_time = absl::InfiniteFuture();
  ++record.version;
  internal::Leaf leaf;
  *leaf.mutable_time() = domain::ToTimestamp(context.now);
  leaf.set_method("DestroyKeys");
  leaf.set_resource(order.subject());
  effects->leaves.push_back(std::move(leaf));
  return context.tx.Update(record);
}

absl::Status ResumeErasures(storage::Store* store, vault::Vault* vault,
                            absl::Time now) {
  std::string after;
  while (true) {
    std::vector<storage::Record> orders;
    PASSERELLE_RETURN_IF_ERROR(store->Read([&](storage::ReadTransaction& tx) {
      return tx.List(kErasures, kPendingErasures, after, kPage, &orders);
    }));
    if (orders.empty()) return absl::OkStatus();
    for (const storage::Record& record : orders) {
      after = record.key.id;
      PlannedErasure erasure;
      if (!ReadErasure(record, &erasure).ok()) {
        Log(LogLevel::kError, "erasure_order_damaged");
        continue;
      }
      PASSERELLE_RETURN_IF_ERROR(
          vault->Erase({erasure.id, now, std::move(erasure.keys)}));
    }
  }
}

}  // namespace passerelle::engine
