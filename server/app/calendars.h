#ifndef PASSERELLE_SERVER_APP_CALENDARS_H_
#define PASSERELLE_SERVER_APP_CALENDARS_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/domain/calendar.h"

namespace passerelle::app {

// data/calendars.toml as it was when the program was built.
absl::string_view BuiltInCalendarText();

// The calendars of `path`; those built in when it is empty. A file replaces
// the built-in ones whole, it does not add to them.
// Returns: kInvalidArgument with every problem, one a line; errors of the file
// system.
absl::StatusOr<domain::Calendars> LoadCalendars(const std::string& path);

// Reads a text; `source` names it in messages. data/calendars.toml describes
// the format.
absl::StatusOr<domain::Calendars> ParseCalendars(absl::string_view text,
                                                 absl::string_view source);

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_CALENDARS_H_
