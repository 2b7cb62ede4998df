#include "server/app/config.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/file_reader.h"
#include "toml++/toml.h"

namespace passerelle::app {
namespace {

constexpr size_t kMaxFileBytes = 1 << 20;

struct LogLevelName {
  LogLevel level;
  const char* name;
};
constexpr LogLevelName kLogLevels[] = {{LogLevel::kDebug, "debug"},
                                       {LogLevel::kInfo, "info"},
                                       {LogLevel::kWarning, "warning"},
                                       {LogLevel::kError, "error"}};

// How a value is stored and what bounds it.
struct Number {
  int64_t* value;
  int64_t min;
  int64_t max;
};
struct Span {
  absl::Duration* value;
  absl::Duration min;
  absl::Duration max;
};
enum class Emptiness { kAllowed, kForbidden };
struct Text {
  std::string* value;
  Emptiness emptiness;
};

struct Option {
  const char* section;
  const char* key;
  std::variant<Number, Span, Text, bool*, LogLevel*> target;
};

// The one list of options: loading, unknown keys and documentation follow it.
std::vector<Option> Bind(ServerConfig* c) {
  constexpr int64_t kBillion = 1'000'000'000;
  const auto text = [](std::string* value) {
    return Text{value, Emptiness::kForbidden};
  };
  const auto optional_text = [](std::string* value) {
    return Text{value, Emptiness::kAllowed};
  };
  return {
      {"listen", "address", text(&c->listen.address)},
      {"listen", "port", Number{&c->listen.port, 0, 65535}},
      {"tls", "certificate", text(&c->tls.certificate)},
      {"tls", "key", text(&c->tls.key)},
      {"tls", "client_ca", text(&c->tls.client_ca)},
      {"tls", "staging_dir", text(&c->tls.staging_dir)},
      {"tls", "trust_domain", text(&c->tls.trust_domain)},
      {"tls", "poll_interval",
       Span{&c->tls.poll_interval, absl::Milliseconds(100), absl::Hours(1)}},
      {"revocation", "file", optional_text(&c->revocation.file)},
      {"store", "path", text(&c->store.path)},
      {"store", "readers", Number{&c->store.readers, 1, 64}},
      {"vault", "key_file", text(&c->vault.key_file)},
      {"vault", "key_store", text(&c->vault.key_store)},
      {"vault", "erasure_ledger", text(&c->vault.erasure_ledger)},
      {"evidence", "key", optional_text(&c->evidence.key)},
      {"evidence", "checkpoint_interval",
       Span{&c->evidence.checkpoint_interval, absl::Seconds(1),
            absl::Hours(1)}},
      {"limits", "max_receive_bytes",
       Number{&c->limits.max_receive_bytes, 64 << 10, 64 << 20}},
      {"limits", "request_bytes",
       Number{&c->limits.request_bytes, 4 << 10, 4 << 20}},
      {"limits", "live_calls_per_mission",
       Number{&c->limits.live_calls_per_mission, 1, 10'000}},
      {"limits", "watches_per_mission",
       Number{&c->limits.watches_per_mission, 1, 1'000}},
      {"limits", "calls_per_second_per_mission",
       Number{&c->limits.calls_per_second_per_mission, 1, kBillion}},
      {"limits", "burst", Number{&c->limits.burst, 1, kBillion}},
      {"limits", "connections", Number{&c->limits.connections, 1, 100'000}},
      {"limits", "connections_per_source",
       Number{&c->limits.connections_per_source, 1, 100'000}},
      {"limits", "new_connections_per_second_per_source",
       Number{&c->limits.new_connections_per_second_per_source, 1, 100'000}},
      {"limits", "default_deadline",
       Span{&c->limits.default_deadline, absl::Milliseconds(100),
            absl::Hours(1)}},
      {"limits", "max_deadline",
       Span{&c->limits.max_deadline, absl::Milliseconds(100), absl::Hours(1)}},
      {"limits", "watch_duration",
       Span{&c->limits.watch_duration, absl::Seconds(1), absl::Hours(24)}},
      {"engine", "max_batch", Number{&c->engine.max_batch, 1, 4096}},
      {"engine", "max_queue", Number{&c->engine.max_queue, 1, 1'000'000}},
      {"calendars", "file", optional_text(&c->calendars.file)},
      {"bootstrap", "operator_mission", text(&c->bootstrap.operator_mission)},
      {"bootstrap", "operator_officer", text(&c->bootstrap.operator_officer)},
      {"log", "level", &c->log.level},
      {"server", "reflection", &c->server.reflection},
      {"server", "drain",
       Span{&c->server.drain, absl::Seconds(3), absl::Minutes(10)}},
  };
}

absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

// Reads one table of sections and keeps every problem it meets.
class Loader {
 public:
  Loader(ServerConfig* config, absl::string_view source)
      : options_(Bind(config)), source_(source) {}

  void Load(const toml::table& root) {
    std::set<std::string> sections;
    for (const Option& option : options_) sections.insert(option.section);
    for (const auto& [name, node] : root) {
      const std::string section(name.str());
      if (sections.count(section) == 0) {
        Problem(node, section, "", "unknown section");
      } else if (!node.is_table()) {
        Problem(node, section, "", "must be a section");
      } else {
        LoadSection(section, *node.as_table());
      }
    }
  }

  void Problem(const toml::node& node, absl::string_view section,
               absl::string_view key, absl::string_view what) {
    problems_.push_back(absl::StrCat(source_, ":", node.source().begin.line,
                                     ": [", section, "] ", key,
                                     key.empty() ? "" : ": ", what));
  }

  void Require(bool holds, absl::string_view what) {
    if (!holds) problems_.push_back(absl::StrCat(source_, ": ", what));
  }

  const std::vector<std::string>& problems() const { return problems_; }

 private:
  void LoadSection(const std::string& section, const toml::table& table) {
    for (const auto& [name, node] : table) {
      const std::string key(name.str());
      const auto option = std::find_if(
          options_.begin(), options_.end(), [&](const Option& candidate) {
            return section == candidate.section && key == candidate.key;
          });
      if (option == options_.end()) {
        Problem(node, section, key, "unknown key");
        continue;
      }
      const std::string fault =
          std::visit([&](const auto& target) { return Read(node, target); },
                     option->target);
      if (!fault.empty()) Problem(node, section, key, fault);
    }
  }

  // Each Read returns what is wrong; empty when the value was taken.
  static std::string Read(const toml::node& node, const Number& target) {
    if (!node.is_integer()) return "must be a whole number";
    const int64_t value = node.as_integer()->get();
    if (value < target.min || value > target.max) {
      return absl::StrCat("must be between ", target.min, " and ", target.max);
    }
    *target.value = value;
    return "";
  }

  static std::string Read(const toml::node& node, const Span& target) {
    absl::Duration value;
    if (!node.is_string() ||
        !absl::ParseDuration(ToAbsl(node.as_string()->get()), &value)) {
      return "must be a duration in quotes, such as \"30s\" or \"5m\"";
    }
    if (value < target.min || value > target.max) {
      return absl::StrCat("must be between ", absl::FormatDuration(target.min),
                          " and ", absl::FormatDuration(target.max));
    }
    *target.value = value;
    return "";
  }

  static std::string Read(const toml::node& node, const Text& target) {
    if (!node.is_string()) return "must be a text in quotes";
    const std::string& value = node.as_string()->get();
    if (value.empty() && target.emptiness == Emptiness::kForbidden) {
      return "must not be empty";
    }
    *target.value = value;
    return "";
  }

  static std::string Read(const toml::node& node, bool* target) {
    if (!node.is_boolean()) return "must be true or false";
    *target = node.as_boolean()->get();
    return "";
  }

  static std::string Read(const toml::node& node, LogLevel* target) {
    if (node.is_string()) {
      for (const LogLevelName& entry : kLogLevels) {
        if (node.as_string()->get() == entry.name) {
          *target = entry.level;
          return "";
        }
      }
    }
    return "must be \"debug\", \"info\", \"warning\" or \"error\"";
  }

  const std::vector<Option> options_;
  const std::string source_;
  std::vector<std::string> problems_;
};

std::string Quote(absl::string_view text) {
  return absl::StrCat("\"", text, "\"");
}

std::string Write(const Number& target) { return absl::StrCat(*target.value); }
std::string Write(const Span& target) {
  return Quote(absl::FormatDuration(*target.value));
}
std::string Write(const Text& target) { return Quote(*target.value); }
std::string Write(const bool* target) { return *target ? "true" : "false"; }
std::string Write(const LogLevel* target) {
  for (const LogLevelName& entry : kLogLevels) {
    if (entry.level == *target) return Quote(entry.name);
  }
  return "";
}

}  // namespace

Listener::Options ServerConfig::ListenerOptions() const {
  Listener::Options options;
  options.address = listen.address;
  options.port = static_cast<int>(listen.port);
  options.max_connections = static_cast<int>(limits.connections);
  options.max_connections_per_source =
      static_cast<int>(limits.connections_per_source);
  const auto rate =
      static_cast<double>(limits.new_connections_per_second_per_source);
  options.new_per_second_per_source = rate;
  options.new_burst_per_source = rate;
  return options;
}

TlsMaterial::Options ServerConfig::TlsOptions() const {
  TlsMaterial::Options options;
  options.certificate_path = tls.certificate;
  options.key_path = tls.key;
  options.client_ca_path = tls.client_ca;
  options.staging_dir = tls.staging_dir;
  return options;
}

ServerSettings ServerConfig::TransportSettings() const {
  ServerSettings settings;
  settings.max_receive_message_bytes =
      static_cast<int>(limits.max_receive_bytes);
  return settings;
}

DrainOptions ServerConfig::DrainSettings() const {
  DrainOptions options;
  options.deadline = server.drain;
  return options;
}

std::string ServerConfig::CheckpointKeyPath() const {
  if (!evidence.key.empty()) return evidence.key;
  const size_t slash = store.path.rfind('/');
  return absl::StrCat(
      slash == std::string::npos ? "" : store.path.substr(0, slash + 1),
      "checkpoint.key");
}

absl::StatusOr<ServerConfig> LoadConfig(const std::string& path) {
  const auto text = ReadSmallFile(path, FilePrivacy::kAny, kMaxFileBytes);
  if (!text.ok()) return text.status();
  return ParseConfig(*text, path);
}

absl::StatusOr<ServerConfig> ParseConfig(absl::string_view text,
                                         absl::string_view source) {
  toml::table root;
  try {
    root = toml::parse(std::string_view(text.data(), text.size()),
                       std::string(source));
  } catch (const toml::parse_error& error) {
    return absl::InvalidArgumentError(
        absl::StrCat(source, ":", error.source().begin.line, ": ",
                     ToAbsl(error.description())));
  }
  ServerConfig config;
  Loader loader(&config, source);
  loader.Load(root);
  const ServerConfig::Limits& limits = config.limits;
  loader.Require(limits.request_bytes <= limits.max_receive_bytes,
                 "[limits] request_bytes must not exceed max_receive_bytes");
  loader.Require(config.store.path != config.vault.key_store,
                 "[vault] key_store must not be the file of [store] path");
  loader.Require(limits.default_deadline <= limits.max_deadline,
                 "[limits] default_deadline must not exceed max_deadline");
  loader.Require(limits.connections_per_source <= limits.connections,
                 "[limits] connections_per_source must not exceed connections");
  loader.Require(config.engine.max_batch <= config.engine.max_queue,
                 "[engine] max_batch must not exceed max_queue");
  if (!loader.problems().empty()) {
    return absl::InvalidArgumentError(absl::StrJoin(loader.problems(), "\n"));
  }
  return config;
}

std::vector<ConfigOption> OptionsOf(const ServerConfig& config) {
  ServerConfig copy = config;
  std::vector<ConfigOption> options;
  for (const Option& option : Bind(&copy)) {
    options.push_back(
        {option.section, option.key,
         std::visit([](const auto& t) { return Write(t); }, option.target)});
  }
  return options;
}

}  // namespace passerelle::app
