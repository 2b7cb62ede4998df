// What a change of one resource does to others of the same file.

#include "server/engine/execution.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/log.h"
#include "common/status_macros.h"
#include "server/domain/lifecycle.h"
#include "server/engine/class_updates.h"
#include "server/engine/parts.h"

namespace passerelle::engine {
namespace {

constexpr size_t kPage = 100;

}  // namespace

absl::Status ChangeExecution::RunSweep(const domain::AnyChange::Sweep& sweep) {
  for (const auto& kind : context_.core.contract.kinds()) {
    const bool wanted = sweep.prototype == nullptr
                            ? kind->is_exchange()
                            : kind->message == sweep.prototype->GetDescriptor();
    if (!wanted) continue;
    std::vector<storage::Record> records;
    std::string after;
    do {
      PASSERELLE_RETURN_IF_ERROR(
          context_.tx.List(key_.scope, kind->collection, after,
                           static_cast<int>(kPage), &records));
      for (storage::Record& record : records) {
        after = record.key.id;
        if (record.key == target_.record.key) continue;  // changed already
        PASSERELLE_RETURN_IF_ERROR(
            SweepRecord(*kind, sweep, std::move(record)));
      }
    } while (records.size() == kPage);
  }
  return absl::OkStatus();
}

absl::Status ChangeExecution::SweepRecord(const domain::KindSpec& kind,
                                          const domain::AnyChange::Sweep& sweep,
                                          storage::Record record) {
  Loaded loaded;
  loaded.record = std::move(record);
  if (WasErased(loaded.record)) return absl::OkStatus();
  if (!ParseRecord(kind, &loaded).ok()) {
    // Nobody can read it; it must not keep the change from being made.
    Log(LogLevel::kError, "damaged_resource_not_changed",
        {{"kind", kind.collection}});
    return absl::OkStatus();
  }
  const auto before = NewMessage(kind.message);
  before->CopyFrom(*loaded.message);
  if (!sweep.change(*loaded.message)) return absl::OkStatus();
  loaded.record.state = domain::StateOf(kind, *loaded.message);
  ++loaded.record.version;
  SetUpdateTimes(
      kind,
      ChangedClasses(kind, context_.core.answers.RedactorOf(kind.message),
                     *before, *loaded.message),
      context_.now, loaded.message.get());
  if (!kind.is_exchange()) {
    loaded.record.wake_time = WakeOf(kind, *loaded.message, context_.now);
  }
  effects_->wake_time = std::min(effects_->wake_time, loaded.record.wake_time);
  loaded.message->SerializeToString(&loaded.record.message);
  PASSERELLE_RETURN_IF_ERROR(context_.tx.Update(loaded.record));
  MailAll(kind, *loaded.message, sweep.event);
  return absl::OkStatus();
}

}  // namespace passerelle::engine
