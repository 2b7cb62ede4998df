#include "server/engine/timers.h"

#include <string>
#include <utility>

#include "common/status_macros.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/lifecycle.h"
#include "server/engine/audience.h"
#include "server/engine/course.h"
#include "server/engine/erasure.h"
#include "server/engine/fields.h"
#include "server/engine/file.h"
#include "server/engine/mail_entry.h"
#include "server/engine/parts.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;

// By then somebody may have repaired it.
constexpr absl::Duration kSetAside = absl::Hours(24);

// What the store holds of the exchange and its file, as far as it can be read.
absl::Status Load(const WriterContext& context, const domain::KindSpec& kind,
                  File* file, Loaded* loaded, bool* damaged) {
  const std::string& scope = loaded->record.key.scope;
  const absl::Status found = context.tx.Get({scope, scope}, &file->record);
  if (!found.ok() && !absl::IsNotFound(found)) return found;
  *damaged =
      !found.ok() || !ParseFile(file).ok() || !ParseRecord(kind, loaded).ok();
  return absl::OkStatus();
}

}  // namespace

absl::Status RunTimer(const WriterContext& context,
                      const storage::RecordKey& key, Effects* effects,
                      std::string* set_aside) {
  set_aside->clear();
  File file;
  Loaded loaded;
  PASSERELLE_RETURN_IF_ERROR(context.tx.Get(key, &loaded.record));
  if (loaded.record.kind == kPendingErasures) {
    return RetryErasure(context, std::move(loaded.record), effects);
  }
  const domain::KindSpec* kind =
      context.core.contract.KindOf("cases", loaded.record.kind);
  if (kind != nullptr && kind->part != nullptr) {
    return RunPartsTimer(context, *kind, std::move(loaded.record), effects);
  }
  if (kind == nullptr || !kind->is_exchange()) {
    loaded.record.wake_time = absl::InfiniteFuture();
    return context.tx.Update(loaded.record);
  }
  bool damaged = false;
  PASSERELLE_RETURN_IF_ERROR(Load(context, *kind, &file, &loaded, &damaged));
  if (WasErased(loaded.record) || WasErased(file.record)) {
    // Nothing is left that time could act on.
    loaded.record.wake_time = absl::InfiniteFuture();
    return context.tx.Update(loaded.record);
  }
  if (damaged) {
    *set_aside = kind->collection;
    loaded.record.wake_time = context.now + kSetAside;
    effects->wake_time = loaded.record.wake_time;
    return context.tx.Update(loaded.record);
  }
  const domain::Course course = MakeCourse(context, *kind, &loaded);
  std::string event;
  if (loaded.facts.has_timed_time() &&
      domain::FromTimestamp(loaded.facts.timed_time()) <= context.now) {
    const int from = domain::StateOf(*kind, *loaded.message);
    event = "Lapse";
    for (const domain::TimedMove& move : kind->timed) {
      if (move.to_state == loaded.facts.timed_state() &&
          (move.from_states & (uint64_t{1} << from)) != 0 &&
          move.option->base() == domain::options::EXPIRE_TIME) {
        event = "Expire";
      }
    }
    domain::EnterState(course, loaded.facts.timed_state());
    course.header->set_end_reason(pb::TIME_PASSED);
    domain::ArmTimedMove(course);
  } else if (course.header->has_due_time() && !course.header->overdue() &&
             domain::FromTimestamp(course.header->due_time()) <= context.now) {
    event = "Overdue";
    course.header->set_overdue(true);
  }
  loaded.record.wake_time = domain::NextWake(*course.header, loaded.facts);
  loaded.record.state = domain::StateOf(*kind, *loaded.message);
  if (!event.empty()) {
    ++loaded.record.version;
    SetTimestamp(loaded.message.get(), kind->update_time, context.now);
    for (const std::string& mission :
         {course.header->initiator(), course.header->counterpart()}) {
      if (!IsTold(context, file, *kind, *loaded.message, mission)) continue;
      effects->mail.emplace_back(
          mission, MailEntryOf(*kind, *loaded.message, event, "", context.now));
    }
    internal::Leaf leaf;
    *leaf.mutable_time() = domain::ToTimestamp(context.now);
    leaf.set_method(event);
    leaf.set_resource(loaded.message->GetReflection()->GetString(
        *loaded.message, kind->name));
    effects->leaves.push_back(std::move(leaf));
  }
  loaded.message->SerializeToString(&loaded.record.message);
  loaded.facts.SerializeToString(&loaded.record.internal);
  effects->wake_time = loaded.record.wake_time;
  return context.tx.Update(loaded.record);
}

}  // namespace passerelle::engine
