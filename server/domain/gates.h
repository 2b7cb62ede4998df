#ifndef PASSERELLE_SERVER_DOMAIN_GATES_H_
#define PASSERELLE_SERVER_DOMAIN_GATES_H_

#include <vector>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/type/date.pb.h"
#include "passerelle/v1/case.pb.h"

namespace passerelle::domain {

// The five gates of an OUTBOUND return, and the hold for protection.
//
// A hold, and the protection gate behind it, are for the owner mission alone.
// So that nothing in the file betrays them, the stage stays as it was while a
// hold lasts, and goes on moving as if the protection gate were as before
// (`ProtectionHold.gate_before`). See docs/adr/0015.

// Gives a new file its gates, nothing known of any.
void AddGates(::passerelle::v1::Case* file);

// The gate of a kind, in a file that has gates: one that was counselled.
::passerelle::v1::Gate* MutableGate(::passerelle::v1::Case* file,
                                    ::passerelle::v1::Gate::Kind kind);

// Every gate is green, and valid on the day of travel, which is planned.
bool GatesAdmitTravel(const ::passerelle::v1::Case& file);

// The stage that the gates ask for: READY as soon as they admit travel,
// IN_PREPARATION, without the booking, when they no longer do; 0 when the file
// may stay where it stands.
int StageByGates(::passerelle::v1::Case* file);

// Holds a file for the sake of protection, or adds the concerns to a hold that
// lasts. Does nothing without a concern, or when the return can no longer be
// stopped: an INBOUND file, one that departed or ended. `officer` is the one
// whose record shows the concern. Returns whether the file is on hold.
//
// Adding a person's flag calls it on the file in the same transaction; by a
// verb of the file, the change is for the owner mission alone
// (`AnyChange::for_owner_only`).
bool HoldIfFlagged(
    ::passerelle::v1::Case* file,
    const std::vector<::passerelle::v1::ProtectionHold::Concern>& concerns,
    absl::string_view officer, absl::Time now);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_GATES_H_
