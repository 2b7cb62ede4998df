#ifndef PASSERELLE_COMMON_LOG_H_
#define PASSERELLE_COMMON_LOG_H_

#include <cstdint>
#include <initializer_list>
#include <string>

#include "absl/strings/string_view.h"

namespace passerelle {

// Structured logging: one JSON object a line on standard error.
//
// Nothing about a person is ever logged: events carry mission ids, method
// names, codes, counts and file paths of the operator, never field contents,
// resource names of files, or request bodies.
//
// Levels: kDebug for developers; kInfo for what an operator wants to see in
// normal running (start, stop, rotation); kWarning for what was handled but
// should not happen often; kError for what needs a person.
enum class LogLevel { kDebug, kInfo, kWarning, kError };

struct LogField {
  LogField(absl::string_view k, absl::string_view v) : key(k), value(v) {}
  LogField(absl::string_view k, const std::string& v) : key(k), value(v) {}
  LogField(absl::string_view k, const char* v) : key(k), value(v) {}
  LogField(absl::string_view k, int64_t v)
      : key(k), value(std::to_string(v)), quoted(false) {}

  std::string key;
  std::string value;
  bool quoted = true;
};

// Writes {"time":…,"level":…,"event":…,fields…}. `event` is a stable
// snake_case word an operator may alert on. Thread safe.
void Log(LogLevel level, absl::string_view event,
         std::initializer_list<LogField> fields = {});

// Events below `level` are dropped. Default kInfo.
void SetLogLevel(LogLevel level);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_LOG_H_
