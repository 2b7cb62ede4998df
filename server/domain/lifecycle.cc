#include "server/domain/lifecycle.h"

#include <algorithm>

#include "server/domain/errors.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;
using google::protobuf::Message;
using ::passerelle::internal::v1::ExchangeFacts;

bool Admits(EnumSet wanted, EnumSet held) {
  return wanted == 0 || (wanted & held) != 0;
}

absl::Status OfficerNotAuthorized(const MethodSpec& method) {
  return Failure(pb::OFFICER_NOT_AUTHORIZED,
                 "The call needs an officer with a role that admits it, "
                 "asserted in the metadata key passerelle-officer.",
                 {{"method", method.full_name}});
}

bool Applies(const KindSpec& kind, options::AdministrativeVerb verb,
             int state) {
  const AdministrativeMove* move = kind.Find(verb);
  return move != nullptr && (move->from_states & (uint64_t{1} << state)) != 0;
}

// How long a resource that is no exchange may stand in `state`.
absl::Duration TimeIn(const KindSpec& kind, int state) {
  for (const ResourceMove& timer : kind.timers) {
    if ((timer.from_states & (uint64_t{1} << state)) != 0) {
      return absl::Hours(24) * timer.calendar_days;
    }
  }
  return absl::InfiniteDuration();
}

void SetDueTime(const Course& course, int state) {
  if (course.kind.timers.empty()) return;
  const auto* reflection = course.resource->GetReflection();
  const absl::Duration time = TimeIn(course.kind, state);
  if (time == absl::InfiniteDuration()) {
    reflection->ClearField(course.resource, course.kind.due_time);
    return;
  }
  static_cast<google::protobuf::Timestamp&>(*reflection->MutableMessage(
      course.resource, course.kind.due_time)) = ToTimestamp(course.now + time);
}

void StopClock(pb::Exchange* header, ExchangeFacts* facts) {
  header->clear_due_time();
  header->clear_awaited_mission();
  header->set_overdue(false);
  facts->set_paused(false);
  facts->set_paused_micros(0);
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  google::protobuf::Timestamp timestamp;
  const int64_t micros = absl::ToUnixMicros(time);
  int64_t seconds = micros / 1000000;
  int64_t rest = micros % 1000000;
  if (rest < 0) {
    rest += 1000000;
    --seconds;
  }
  timestamp.set_seconds(seconds);
  timestamp.set_nanos(static_cast<int32_t>(rest * 1000));
  return timestamp;
}

absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp) {
  return absl::FromUnixSeconds(timestamp.seconds()) +
         absl::Nanoseconds(timestamp.nanos());
}

int StateOf(const KindSpec& kind, const Message& resource) {
  return kind.state == nullptr
             ? 0
             : resource.GetReflection()->GetEnumValue(resource, kind.state);
}

int StateFor(const KindSpec& kind, const Message& resource, EnumSet roles) {
  const bool covered = kind.cover != nullptr &&
                       (roles & Bit(options::OWNER)) != 0 &&
                       resource.GetReflection()->HasField(resource, kind.cover);
  return covered ? kind.covered_state : StateOf(kind, resource);
}

int VariantOf(const KindSpec& kind, const Message& resource) {
  return kind.variant == nullptr
             ? 0
             : resource.GetReflection()->GetEnumValue(resource, kind.variant);
}

bool StateAdmits(const MethodSpec& method, int state, int variant) {
  return method.transition == nullptr ||
         ((method.from_states & (uint64_t{1} << state)) != 0 &&
          Admits(method.variants, Bit(variant)));
}

pb::Exchange* MutableHeader(const KindSpec& kind, Message* resource) {
  if (!kind.is_exchange()) return nullptr;
  return static_cast<pb::Exchange*>(
      resource->GetReflection()->MutableMessage(resource, kind.exchange));
}

const pb::Exchange* HeaderOf(const KindSpec& kind, const Message& resource) {
  if (!kind.is_exchange()) return nullptr;
  return static_cast<const pb::Exchange*>(
      &resource.GetReflection()->GetMessage(resource, kind.exchange));
}

void EnterState(const Course& course, int state) {
  const int before = StateOf(course.kind, *course.resource);
  if (state == kPreviousState) state = course.facts->previous_state();
  if (state == before) return;
  if (course.kind.cover != nullptr && state == course.kind.covered_state) {
    return;
  }
  course.resource->GetReflection()->SetEnumValue(course.resource,
                                                 course.kind.state, state);
  if (course.header == nullptr) return SetDueTime(course, state);
  course.facts->set_previous_state(before);
  if (!Applies(course.kind, options::REQUEST_CLOSE, state) &&
      !Applies(course.kind, options::CLOSE, state)) {
    course.header->clear_close_requester();
  }
  const options::Phase phase = course.kind.PhaseOf(state);
  course.header->set_phase(phase);
  if (!course.header->has_send_time() && phase != options::DRAFT &&
      phase != options::ENDED) {
    *course.header->mutable_send_time() = ToTimestamp(course.now);
  }
  if (phase == options::ENDED) {
    *course.header->mutable_end_time() = ToTimestamp(course.now);
    StopClock(course.header, course.facts);
  } else {
    course.header->clear_end_time();
  }
}

void MoveClock(const Course& course, const options::Clock& clock) {
  pb::Exchange* header = course.header;
  ExchangeFacts* facts = course.facts;
  if (clock.party() == options::CLOCK_PARTY_UNSPECIFIED) {
    return StopClock(header, facts);
  }
  const bool initiator = clock.party() == options::INITIATOR_CLOCK;
  const Calendar& calendar =
      initiator ? course.initiator_calendar : course.counterpart_calendar;
  absl::Duration working = kWorkingDay * clock.working_days();
  if (clock.pause()) {
    // What is left is measured in the calendar of the side that pauses.
    const Calendar& paused =
        initiator ? course.counterpart_calendar : course.initiator_calendar;
    const absl::Duration left =
        header->has_due_time()
            ? paused.Between(course.now, FromTimestamp(header->due_time()))
            : absl::ZeroDuration();
    facts->set_paused(header->has_due_time());
    facts->set_paused_micros(absl::ToInt64Microseconds(left));
  } else if (clock.resume()) {
    if (!facts->paused()) return StopClock(header, facts);
    working = absl::Microseconds(facts->paused_micros());
    facts->set_paused(false);
    facts->set_paused_micros(0);
  }
  *header->mutable_due_time() = ToTimestamp(calendar.Add(course.now, working));
  header->set_awaited_mission(initiator ? header->initiator()
                                        : header->counterpart());
  header->set_overdue(false);
}

void ArmTimedMove(const Course& course) {
  ExchangeFacts* facts = course.facts;
  facts->clear_timed_time();
  facts->clear_timed_state();
  const int state = StateOf(course.kind, *course.resource);
  absl::Time earliest = absl::InfiniteFuture();
  for (const TimedMove& move : course.kind.timed) {
    if ((move.from_states & (uint64_t{1} << state)) == 0) continue;
    const bool by_due = move.option->base() == options::DUE_TIME;
    if (by_due ? !course.header->has_due_time()
               : !course.header->has_expire_time()) {
      continue;
    }
    const bool initiator =
        course.header->awaited_mission() == course.header->initiator();
    const Calendar& calendar =
        initiator ? course.initiator_calendar : course.counterpart_calendar;
    const absl::Time base = FromTimestamp(
        by_due ? course.header->due_time() : course.header->expire_time());
    const absl::Time time =
        calendar.Add(base, kWorkingDay * move.option->grace_working_days());
    if (time < earliest) {
      earliest = time;
      *facts->mutable_timed_time() = ToTimestamp(time);
      facts->set_timed_state(move.to_state);
    }
  }
}

absl::Time NextWake(const pb::Exchange& header, const ExchangeFacts& facts) {
  absl::Time wake = absl::InfiniteFuture();
  if (header.has_due_time() && !header.overdue()) {
    wake = FromTimestamp(header.due_time());
  }
  if (facts.has_timed_time()) {
    wake = std::min(wake, FromTimestamp(facts.timed_time()));
  }
  return wake;
}

absl::Time NextMove(const KindSpec& kind, const Message& resource) {
  if (kind.timers.empty()) return absl::InfiniteFuture();
  const auto* reflection = resource.GetReflection();
  if (!reflection->HasField(resource, kind.due_time)) {
    return absl::InfiniteFuture();
  }
  return FromTimestamp(static_cast<const google::protobuf::Timestamp&>(
      reflection->GetMessage(resource, kind.due_time)));
}

bool CallerAdmitted(const MethodSpec& method, const Actor& actor) {
  return Admits(method.mission_kinds, Bit(actor.mission_kind)) &&
         Admits(method.officer_roles, actor.officer_roles);
}

absl::Status CheckCaller(const MethodSpec& method, const Actor& actor) {
  if (!Admits(method.mission_kinds, Bit(actor.mission_kind))) {
    return Failure(pb::MISSION_KIND_NOT_AUTHORIZED,
                   "Partners of this kind may not call the method.",
                   {{"method", method.full_name}});
  }
  if (!Admits(method.officer_roles, actor.officer_roles)) {
    return OfficerNotAuthorized(method);
  }
  return absl::OkStatus();
}

bool PositionAdmits(const MethodSpec& method, EnumSet roles) {
  return Admits(method.case_roles, roles) &&
         (method.except_case_roles & roles) == 0;
}

absl::Status CheckAdministrative(const AdministrativeMove& move,
                                 const Actor& actor, EnumSet roles) {
  if (!Admits(move.case_roles, roles)) return NotVisible();
  if (!Admits(move.officer_roles, actor.officer_roles)) {
    return OfficerNotAuthorized(*move.method);
  }
  return absl::OkStatus();
}

std::vector<std::string> AllowedActions(const KindSpec& kind, int state,
                                        const Actor& actor, EnumSet roles,
                                        int variant) {
  std::vector<std::string> actions;
  const uint64_t bit = uint64_t{1} << state;
  for (const MethodSpec* method : kind.verbs) {
    if (!StateAdmits(*method, state, variant)) continue;
    if (!PositionAdmits(*method, roles) || !CallerAdmitted(*method, actor)) {
      continue;
    }
    actions.push_back(method->descriptor->name());
  }
  for (const AdministrativeMove& move : kind.administrative) {
    if (move.method == nullptr || (move.from_states & bit) == 0) continue;
    if (!PositionAdmits(*move.method, roles) ||
        !CallerAdmitted(*move.method, actor) ||
        !Admits(move.case_roles, roles) ||
        !Admits(move.officer_roles, actor.officer_roles)) {
      continue;
    }
    actions.push_back(move.method->descriptor->name());
  }
  return actions;
}

}  // namespace passerelle::domain
