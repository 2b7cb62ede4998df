#include "server/engine/timers.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "common/status_macros.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/change.h"
#include "server/domain/lifecycle.h"
#include "server/engine/audience.h"
#include "server/engine/class_updates.h"
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

// Tells of what time did: the missions that see the resource, and the journal.
void Announce(const WriterContext& context, const domain::KindSpec& kind,
              const google::protobuf::Message& resource,
              const std::string& event,
              const std::vector<std::string>& missions, Effects* effects) {
  for (const std::string& mission : missions) {
    effects->mail.emplace_back(
        mission, MailEntryOf(kind, resource, event, "", context.now));
  }
  internal::Leaf leaf;
  *leaf.mutable_time() = domain::ToTimestamp(context.now);
  leaf.set_method(event);
  leaf.set_resource(resource.GetReflection()->GetString(resource, kind.name));
  effects->leaves.push_back(std::move(leaf));
}

// What the store holds of the resource and its file, as far as it can be read.
absl::Status Load(const WriterContext& context, const domain::KindSpec& kind,
                  File* file, Loaded* loaded, bool* damaged) {
  const std::string& scope = loaded->record.key.scope;
  const absl::Status found = context.tx.Get({scope, scope}, &file->record);
  if (!found.ok() && !absl::IsNotFound(found)) return found;
  *damaged =
      !found.ok() || !ParseFile(file).ok() || !ParseRecord(kind, loaded).ok();
  return absl::OkStatus();
}

// Nothing is left that time could act on.
absl::Status Forget(const WriterContext& context, storage::Record record) {
  record.wake_time = absl::InfiniteFuture();
  return context.tx.Update(record);
}

absl::Status SetAside(const WriterContext& context,
                      const domain::KindSpec& kind, storage::Record record,
                      Effects* effects, std::string* set_aside) {
  *set_aside = kind.collection;
  record.wake_time = context.now + kSetAside;
  effects->wake_time = record.wake_time;
  return context.tx.Update(record);
}

// How missions are told of a timer.
std::string EventOf(const domain::ResourceMove& timer) {
  if (timer.time_field == nullptr) return "Lapse";
  return timer.time_field->name() == "expire_time" ? "Expire" : "Overdue";
}

// Moves a file, or a resource in it that is no exchange, if its time in its
// state is over.
bool MoveInTime(const WriterContext& context, const domain::KindSpec& kind,
                const File& file, Loaded* loaded, Effects* effects) {
  const domain::Course course = MakeCourse(context, kind, loaded);
  google::protobuf::Message* const message = loaded->message.get();
  const uint64_t from = uint64_t{1} << domain::StateOf(kind, *message);
  for (const domain::ResourceMove& timer : kind.timers) {
    const absl::Time due = domain::NextMove(kind, *message);
    if ((timer.from_states & from) == 0 || due > context.now) continue;
    // Who no longer sees what ended is told that it did.
    std::vector<std::string> missions =
        WhoIsToldAt(timer.time_field == nullptr
                        ? context.now
                        : std::min(context.now, due - absl::Microseconds(1)),
                    context, file, kind, *message);
    const auto before = NewMessage(kind.message);
    before->CopyFrom(*message);
    domain::EnterState(course, timer.to_state);
    kind.guards->TimePassed(message, context.now);
    SetUpdateTimes(
        kind,
        ChangedClasses(kind, context.core.answers.RedactorOf(kind.message),
                       *before, *message),
        context.now, message);
    missions.erase(std::remove_if(missions.begin(), missions.end(),
                                  [&](const std::string& mission) {
                                    return !kind.guards->Reminds(*message,
                                                                 mission);
                                  }),
                   missions.end());
    Announce(context, kind, *message, EventOf(timer), missions, effects);
    return true;
  }
  return false;
}

absl::Status RunResourceTimer(const WriterContext& context,
                              const domain::KindSpec& kind,
                              storage::Record record, Effects* effects,
                              std::string* set_aside) {
  File file;
  Loaded loaded;
  loaded.record = std::move(record);
  bool damaged = false;
  PASSERELLE_RETURN_IF_ERROR(Load(context, kind, &file, &loaded, &damaged));
  if (WasErased(loaded.record) || WasErased(file.record)) {
    return Forget(context, std::move(loaded.record));
  }
  if (damaged) {
    return SetAside(context, kind, std::move(loaded.record), effects,
                    set_aside);
  }
  if (MoveInTime(context, kind, file, &loaded, effects)) {
    ++loaded.record.version;
  }
  loaded.record.wake_time = domain::NextMove(kind, *loaded.message);
  loaded.record.state = domain::StateOf(kind, *loaded.message);
  loaded.message->SerializeToString(&loaded.record.message);
  effects->wake_time = loaded.record.wake_time;
  return context.tx.Update(loaded.record);
}

// Gives up what was not completed in time, and removes parts that are no longer
// kept, some in each commit; also of what was erased.
absl::Status RunPartsTimer(const WriterContext& context,
                           const domain::KindSpec& kind, Loaded loaded,
                           Effects* effects, std::string* set_aside) {
  bool drops = WasErased(loaded.record);
  absl::Time wake = absl::InfiniteFuture();
  if (!drops) {
    File file;
    bool damaged = false;
    PASSERELLE_RETURN_IF_ERROR(Load(context, kind, &file, &loaded, &damaged));
    if (damaged) {
      return SetAside(context, kind, std::move(loaded.record), effects,
                      set_aside);
    }
    if (MoveInTime(context, kind, file, &loaded, effects)) {
      ++loaded.record.version;
      loaded.record.state = domain::StateOf(kind, *loaded.message);
      loaded.message->SerializeToString(&loaded.record.message);
    }
    drops = !KeepsParts(kind, loaded.record.state);
    wake = domain::NextMove(kind, *loaded.message);
  }
  bool all = true;
  if (drops) {
    PASSERELLE_RETURN_IF_ERROR(DropParts(context, loaded.record.key, &all));
  }
  loaded.record.wake_time = all ? wake : context.now;
  effects->wake_time = loaded.record.wake_time;
  return context.tx.Update(loaded.record);
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
    return RunPartsTimer(context, *kind, std::move(loaded), effects, set_aside);
  }
  if (kind != nullptr && !kind->timers.empty()) {
    return RunResourceTimer(context, *kind, std::move(loaded.record), effects,
                            set_aside);
  }
  if (kind == nullptr || !kind->is_exchange()) {
    return Forget(context, std::move(loaded.record));
  }
  bool damaged = false;
  PASSERELLE_RETURN_IF_ERROR(Load(context, *kind, &file, &loaded, &damaged));
  if (WasErased(loaded.record) || WasErased(file.record)) {
    return Forget(context, std::move(loaded.record));
  }
  if (damaged) {
    return SetAside(context, *kind, std::move(loaded.record), effects,
                    set_aside);
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
    std::vector<std::string> missions;
    for (const std::string& mission :
         {course.header->initiator(), course.header->counterpart()}) {
      if (IsTold(context, file, *kind, *loaded.message, mission)) {
        missions.push_back(mission);
      }
    }
    Announce(context, *kind, *loaded.message, event, missions, effects);
  }
  loaded.message->SerializeToString(&loaded.record.message);
  loaded.facts.SerializeToString(&loaded.record.internal);
  effects->wake_time = loaded.record.wake_time;
  return context.tx.Update(loaded.record);
}

}  // namespace passerelle::engine
