#ifndef PASSERELLE_SERVER_DOMAIN_LIFECYCLE_H_
#define PASSERELLE_SERVER_DOMAIN_LIFECYCLE_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "google/protobuf/timestamp.pb.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/actor.h"
#include "server/domain/calendar.h"
#include "server/domain/contract.h"
#include "server/domain/visibility.h"

namespace passerelle::domain {

google::protobuf::Timestamp ToTimestamp(absl::Time time);
absl::Time FromTimestamp(const google::protobuf::Timestamp& timestamp);

// State number of a resource; 0 when its kind has none.
int StateOf(const KindSpec& kind, const google::protobuf::Message& resource);

// State in which a mission with these positions finds the resource: where it
// stands, or, for its owner, the state that covers it.
int StateFor(const KindSpec& kind, const google::protobuf::Message& resource,
             EnumSet roles);

// Number of the life cycle of a resource; 0 when its kind has only one.
int VariantOf(const KindSpec& kind, const google::protobuf::Message& resource);

// True when the method exists in the life cycle and may be called in the state.
bool StateAdmits(const MethodSpec& method, int state, int variant);

// The header of an exchange; null for other kinds.
::passerelle::v1::Exchange* MutableHeader(const KindSpec& kind,
                                          google::protobuf::Message* resource);
const ::passerelle::v1::Exchange* HeaderOf(
    const KindSpec& kind, const google::protobuf::Message& resource);

// The parts of one exchange on its way from one state to the next.
struct Course {
  const KindSpec& kind;
  google::protobuf::Message* resource;
  ::passerelle::v1::Exchange* header;
  ::passerelle::internal::v1::ExchangeFacts* facts;
  const Calendar& initiator_calendar;
  const Calendar& counterpart_calendar;
  absl::Time now;
};

// Enters `state` (for kPreviousState the state left before), sets the phase
// and, in phase ENDED, the end time; stops the clock when nothing more can be
// awaited, and forgets a request to close that can no longer be granted. What
// is no exchange gets the due time that its timers give the state, or none. A
// state that covers others is not entered: its field is what says it.
void EnterState(const Course& course, int state);

// Starts, pauses, resumes or stops the clock as the contract says.
void MoveClock(const Course& course, const options::Clock& clock);

// Computes when time would move the exchange by itself, and where to.
void ArmTimedMove(const Course& course);

// When a timer has to look at the exchange next: it falls due, or time moves
// it. InfiniteFuture for never.
absl::Time NextWake(const ::passerelle::v1::Exchange& header,
                    const ::passerelle::internal::v1::ExchangeFacts& facts);

// When time moves a resource that is no exchange; InfiniteFuture for never.
absl::Time NextMove(const KindSpec& kind,
                    const google::protobuf::Message& resource);

// The kind of partner and the role of the officer that a method asks for.
// Returns: OFFICER_NOT_AUTHORIZED, MISSION_KIND_NOT_AUTHORIZED.
absl::Status CheckCaller(const MethodSpec& method, const Actor& actor);

// True when the position admits the method.
bool PositionAdmits(const MethodSpec& method, EnumSet roles);

// The administrative message as the exchange's kind restricts it further.
// Returns: NOT_VISIBLE, OFFICER_NOT_AUTHORIZED.
absl::Status CheckAdministrative(const AdministrativeMove& move,
                                 const Actor& actor, EnumSet roles);

// Names of the methods that `actor` may call on the resource in its present
// state, in the order of the contract. `variant` as VariantOf has it.
std::vector<std::string> AllowedActions(const KindSpec& kind, int state,
                                        const Actor& actor, EnumSet roles,
                                        int variant = 0);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_LIFECYCLE_H_
