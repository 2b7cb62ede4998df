#ifndef PASSERELLE_TESTS_SUPPORT_JOURNEY_H_
#define PASSERELLE_TESTS_SUPPORT_JOURNEY_H_

#include <map>
#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "tests/support/calls.h"
#include "tests/support/test_server.h"

namespace passerelle::testing {

// A resource and the file it is in.
struct Target {
  std::string name;
  TestServer::File file;
  absl::Time begun = absl::UnixEpoch();

  std::map<std::string, std::string> more;  // words of the kind's own

  // For MakeRequest: $name, $file, $consent, $plan; the day on which it was
  // begun as $today, and those of an OUTBOUND travel, 18 days later, as
  // $travel_day and $departure.
  std::map<std::string, std::string> words() const;
};

// Makes a new file with a resource in a state, by the calls that people would
// make. `wanted` is kind and state: `case:ARRIVED` (INBOUND, of host iom-tn and
// origin iom-ma), `outbound:READY`, `retroactive:PROPOSED`, `consent:GIVEN`,
// `plan:`, `person:` (a child), `partner:` (a consent towards ngo-tn),
// `grant:IN_FORCE` (towards ngo-tn), `emergency:IN_FORCE` (of iom-ma/po),
// `hold:IN_FORCE` (of iom-tn), `study:FIELD_CHECK`, `visit:SUBMITTED`,
// `mission:`, `officer:`, `document:AVAILABLE` (of iom-tn for iom-ma, two
// chunks, with $chunk the second; `document:` alone is not made, $document says
// how), `key:` (of iom-tn, with $new_key another), `checkpoint:` (with $size,
// and $key and $line of iom-tn). States that only time brings, and the
// departure, advance the clock. Ends the program when it cannot.
Target Bring(TestServer& server, absl::string_view wanted);

// The resource as `who` sees it now.
Reply Look(TestServer& server, absl::string_view who, const std::string& name);

// The events in a mission's mailbox about a resource, oldest first; all when
// `resource` is empty.
std::vector<std::string> Events(TestServer& server, absl::string_view mission,
                                absl::string_view resource = "");

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_JOURNEY_H_
