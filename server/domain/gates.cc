#include "server/domain/gates.h"

#include <algorithm>
#include <string>

#include "server/domain/dates.h"
#include "server/domain/lifecycle.h"
#include "server/domain/stages.h"

namespace passerelle::domain {
namespace {

namespace pb = ::passerelle::v1;

constexpr pb::Gate::Kind kOpenKinds[] = {
    pb::Gate::DECLARATION, pb::Gate::MEDICAL, pb::Gate::TRAVEL_DOCUMENT,
    pb::Gate::ORIGIN_MISSION};

bool Admits(const pb::Gate& gate, const google::type::Date& day) {
  return gate.state() == pb::Gate::GREEN &&
         (!gate.has_valid_until_date() ||
          DayOf(gate.valid_until_date()) >= DayOf(day));
}

}  // namespace

void AddGates(pb::Case* file) {
  for (const pb::Gate::Kind kind : kOpenKinds) {
    pb::Gate* gate = file->add_gates();
    gate->set_kind(kind);
    gate->set_state(pb::Gate::UNKNOWN);
  }
  file->mutable_protection_gate()->set_kind(pb::Gate::PROTECTION);
  file->mutable_protection_gate()->set_state(pb::Gate::UNKNOWN);
}

pb::Gate* MutableGate(pb::Case* file, pb::Gate::Kind kind) {
  for (pb::Gate& gate : *file->mutable_gates()) {
    if (gate.kind() == kind) return &gate;
  }
  return file->mutable_protection_gate();
}

bool GatesAdmitTravel(const pb::Case& file) {
  if (!file.has_travel_date() || file.gates().empty()) return false;
  const pb::Gate& protection = file.has_protection_hold()
                                   ? file.protection_hold().gate_before()
                                   : file.protection_gate();
  return Admits(protection, file.travel_date()) &&
         std::all_of(file.gates().begin(), file.gates().end(),
                     [&](const pb::Gate& gate) {
                       return Admits(gate, file.travel_date());
                     });
}

int StageByGates(pb::Case* file) {
  switch (file->stage()) {
    case pb::Case::IN_PREPARATION:
      return GatesAdmitTravel(*file) ? pb::Case::READY : 0;
    case pb::Case::READY:
    case pb::Case::BOOKED:
    case pb::Case::DEPARTING:
      if (GatesAdmitTravel(*file)) return 0;
      file->clear_departure_time();
      return pb::Case::IN_PREPARATION;
    default:
      return 0;
  }
}

bool HoldIfFlagged(pb::Case* file,
                   const std::vector<pb::ProtectionHold::Concern>& concerns,
                   absl::string_view officer, absl::Time now) {
  if (concerns.empty() || !CanBeHeld(*file)) {
    return file->has_protection_hold();
  }
  if (!file->has_protection_hold()) {
    pb::ProtectionHold* hold = file->mutable_protection_hold();
    *hold->mutable_hold_time() = ToTimestamp(now);
    hold->set_holder(std::string(officer));
    *hold->mutable_gate_before() = file->protection_gate();
  }
  auto* known = file->mutable_protection_hold()->mutable_concerns();
  for (const pb::ProtectionHold::Concern concern : concerns) {
    if (std::find(known->begin(), known->end(), concern) == known->end()) {
      known->Add(concern);
    }
  }
  return true;
}

}  // namespace passerelle::domain
