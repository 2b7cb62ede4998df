# Writes the calendar data as one C++ string literal.
#   cmake -DINPUT=calendars.toml -DOUTPUT=x.cc -P this_file
file(READ "${INPUT}" text)
file(WRITE "${OUTPUT}" "// Made by embed_calendars.cmake.
#include \"server/app/calendars.h\"

namespace passerelle::app {

absl::string_view BuiltInCalendarText() {
  return R\"toml(${text})toml\";
}

}  // namespace passerelle::app
")
