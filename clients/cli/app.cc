#include "clients/cli/app.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <sstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/clock.h"
#include "clients/cli/audit.h"
#include "clients/cli/documents.h"
#include "clients/cli/errors.h"
#include "clients/cli/flags.h"
#include "clients/cli/naming.h"
#include "clients/cli/options.h"
#include "clients/cli/text.h"
#include "clients/cli/values.h"
#include "clients/cpp/profile_check.h"
#include "clients/cpp/request_id.h"
#include "clients/cpp/tls_probe.h"
#include "common/status_macros.h"

namespace passerelle::cli {
namespace {

constexpr char kFooter[] =
    "Exit status: 0 ok, 1 server error, 2 usage, 3 unavailable, 4 not found or "
    "not visible, 5 conflict, 6 denied.";

// What a call, once parsed, needs besides the global options.
struct CommandState {
  Command command;
  std::vector<Flag> flags;
  std::vector<std::vector<std::string>> values;  // of each flag
  std::vector<CLI::Option*> options;             // of each flag
  std::string file;
  bool all = false;
  bool wait = false;
  std::string wait_timeout = "1h";
  CLI::App* app = nullptr;
};

// The command line of the whole contract, and what was written on it.
class CommandLine {
 public:
  explicit CommandLine(const Contract& contract)
      : contract_(contract),
        app_("Coordinates assisted voluntary return files.", "passerelle") {
    app_.fallthrough();
    app_.require_subcommand(1);
    app_.footer(kFooter);
    app_.set_version_flag("--version",
                          std::string("passerelle ") + PASSERELLE_VERSION);
    AddGlobalOptions();
    AddBuiltIns();
    for (Command& command : CommandsOf(contract)) AddCommand(command);
    documents_ = std::make_unique<DocumentCommands>(
        nouns_.at("document"), nouns_.at("document")->get_subcommand("get"),
        nouns_.at("document-key"));
  }

  // Returns an exit code when there is nothing left to do.
  std::optional<int> Parse(std::vector<std::string> words, Streams& streams) {
    std::reverse(words.begin(), words.end());
    try {
      app_.parse(words);
    } catch (const CLI::ParseError& error) {
      std::ostringstream news;
      const int code = app_.exit(error, streams.out, news);
      streams.err << news.str();
      return code == 0 ? kOk : kUsage;
    }
    return std::nullopt;
  }

  CommandState* Chosen() {
    for (const auto& state : states_) {
      if (state->app->parsed()) return state.get();
    }
    return nullptr;
  }

  const GlobalOptions& options() const { return options_; }
  bool wants_health() const { return health_->parsed(); }
  bool wants_profile_check() const { return profile_check_->parsed(); }
  bool wants_version() const { return version_->parsed(); }
  AuditCommands& audit() { return *audit_; }
  DocumentCommands& documents() { return *documents_; }
  bool offline() const { return offline_; }
  const std::string& health_service() const { return health_service_; }

  // The Get method of the resource that the command returns.
  const google::protobuf::MethodDescriptor* GetOf(
      const Command& command) const {
    for (const auto& state : states_) {
      if (state->command.noun == command.noun && state->command.verb == "get") {
        return state->command.method;
      }
    }
    return nullptr;
  }

 private:
  void AddGlobalOptions() {
    app_.add_option("--profile", options_.profile, "Profile to use")
        ->envname("PASSERELLE_PROFILE");
    app_.add_option(
            "--config", options_.config,
            "File with profiles, instead of " + client::DefaultProfilesPath())
        ->envname("PASSERELLE_CONFIG");
    app_.add_option("--address", options_.address, "host:port of the server");
    app_.add_option("--cert", options_.certificate, "Certificate file, PEM");
    app_.add_option("--key", options_.key, "Key file, PEM");
    app_.add_option("--ca", options_.ca, "CA file, PEM");
    app_.add_option("--officer", options_.officer,
                    "Officer on whose behalf to call, "
                    "missions/{mission}/officers/{officer}");
    app_.add_option("--output", options_.output,
                    "table, or json: proto JSON, where an absent field has "
                    "its default")
        ->check(CLI::IsMember({"table", "json"}))
        ->capture_default_str();
    app_.add_option("--deadline", options_.deadline,
                    "Time for the call with all its attempts")
        ->capture_default_str();
  }

  void AddBuiltIns() {
    health_ = app_.add_subcommand("health", "Asks whether the server serves");
    health_->add_option("service", health_service_,
                        "Full name of a service; without it the process");
    version_ = app_.add_subcommand("version", "Prints the version");
    CLI::App* profile = app_.add_subcommand("profile", "Your own profile");
    profile->require_subcommand(1);
    profile_check_ = profile->add_subcommand(
        "check", "Checks the profile's files, then the connection");
    profile_check_->add_flag("--offline", offline_, "Check the files only");
    audit_ = std::make_unique<AuditCommands>(&app_);
  }

  void AddCommand(Command& command) {
    auto [noun, fresh] = nouns_.try_emplace(command.noun, nullptr);
    if (fresh) {
      noun->second = app_.add_subcommand(
          command.noun, FirstSentence(NounComment(command.method)));
      noun->second->require_subcommand(1);
    }
    states_.push_back(std::make_unique<CommandState>());
    CommandState& state = *states_.back();
    state.command = command;
    state.app = noun->second->add_subcommand(
        command.verb, FirstSentence(CommentOf(command.method)));
    state.flags = FlagsOf(command.method->input_type());
    state.values.resize(state.flags.size());
    for (size_t i = 0; i < state.flags.size(); ++i) AddFlag(state, i);
    state.app->add_option("--file", state.file,
                          "Request as proto JSON; - reads standard input. "
                          "Options replace what it says");
    if (ListField(command.method->output_type()) != nullptr) {
      state.app->add_flag("--all", state.all, "Fetch every page");
    }
    if (IsExchange(command.method->output_type())) {
      state.app->add_flag("--wait", state.wait,
                          "Wait until the exchange is decided or ended");
      state.app
          ->add_option("--wait-timeout", state.wait_timeout, "How long to wait")
          ->capture_default_str();
    }
  }

  void AddFlag(CommandState& state, size_t i) {
    const Flag& flag = state.flags[i];
    const auto* field = flag.field();
    std::vector<std::string> names;
    for (const std::string& name : flag.names) names.push_back("--" + name);
    const std::string name =
        flag.positional.empty() ? absl::StrJoin(names, ",") : flag.positional;
    const bool boolean =
        !field->is_repeated() &&
        field->type() == google::protobuf::FieldDescriptor::TYPE_BOOL;
    CLI::Option* option =
        boolean ? state.app->add_flag(name, flag.help)
                : state.app->add_option(name, state.values[i], flag.help);
    if (!boolean) {
      option->allow_extra_args(false)->type_name(ValueHint(field));
      if (!field->is_repeated()) option->expected(1);
    }
    state.options.push_back(option);
  }

  const Contract& contract_;
  CLI::App app_;
  GlobalOptions options_;
  CLI::App* health_ = nullptr;
  CLI::App* version_ = nullptr;
  CLI::App* profile_check_ = nullptr;
  std::unique_ptr<AuditCommands> audit_;
  std::unique_ptr<DocumentCommands> documents_;
  std::string health_service_;
  bool offline_ = false;
  std::map<std::string, CLI::App*> nouns_;
  std::vector<std::unique_ptr<CommandState>> states_;
};

absl::StatusOr<std::string> ReadRequestFile(const std::string& path,
                                            std::istream& in) {
  if (path == "-") return std::string(std::istreambuf_iterator<char>(in), {});
  std::ifstream file(path, std::ios::binary);
  if (!file) return UsageError(absl::StrCat(path, " cannot be read"));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::StatusOr<Invocation> Prepare(const Contract& contract,
                                   const CommandLine& line, CommandState& state,
                                   std::istream& in) {
  std::vector<GivenFlag> given;
  for (size_t i = 0; i < state.flags.size(); ++i) {
    if (state.options[i]->count() == 0) continue;
    given.push_back({&state.flags[i], state.options[i]->results()});
  }
  std::optional<std::string> json;
  if (!state.file.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(json, ReadRequestFile(state.file, in));
  }
  Invocation invocation;
  invocation.command = state.command;
  invocation.all_pages = state.all;
  PASSERELLE_ASSIGN_OR_RETURN(
      invocation.request,
      BuildRequest(contract, state.command.method->input_type(), json, given));
  for (const Flag& flag : state.flags) {
    if (flag.positional.empty()) continue;
    std::vector<std::string> path;
    for (const auto* field : flag.path) path.push_back(field->name());
    if (ValueAt(*invocation.request, absl::StrJoin(path, ".")).empty()) {
      return UsageError("the command line cannot be understood",
                        {{flag.positional, "is missing"}});
    }
  }
  PASSERELLE_ASSIGN_OR_RETURN(
      invocation.deadline,
      ParsePositiveDuration("--deadline", line.options().deadline));
  invocation.format = line.options().output == "json" ? OutputFormat::kJson
                                                      : OutputFormat::kTable;
  if (state.wait) {
    PASSERELLE_ASSIGN_OR_RETURN(
        invocation.wait,
        ParsePositiveDuration("--wait-timeout", state.wait_timeout));
    invocation.get = line.GetOf(state.command);
  }
  return invocation;
}

absl::Status RunHealth(const CommandLine& line, CliEnvironment& environment) {
  PASSERELLE_ASSIGN_OR_RETURN(const client::Profile profile,
                              ChooseProfile(line.options()));
  PASSERELLE_ASSIGN_OR_RETURN(
      const absl::Duration deadline,
      ParsePositiveDuration("--deadline", line.options().deadline));
  PASSERELLE_ASSIGN_OR_RETURN(const auto client, environment.open(profile));
  PASSERELLE_ASSIGN_OR_RETURN(
      const bool serving,
      client->CheckHealth(line.health_service(), {.deadline = deadline}));
  environment.streams.out << (serving ? "SERVING" : "NOT_SERVING") << "\n";
  return serving ? absl::OkStatus()
                 : absl::UnavailableError("the server does not serve now");
}

absl::Status RunProfileCheck(const CommandLine& line, Streams& streams) {
  PASSERELLE_ASSIGN_OR_RETURN(const client::Profile profile,
                              ChooseProfile(line.options()));
  const client::ProfileReport report =
      client::CheckProfile(profile, absl::Now());
  if (!report.mission.empty()) {
    streams.out << "mission      " << Harmless(report.mission) << "\n"
                << "certificate  " << Harmless(report.uri) << "\n"
                << "valid until  "
                << absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", report.valid_until,
                                    absl::UTCTimeZone())
                << "\n";
  }
  for (const std::string& warning : report.warnings) {
    streams.err << "warning: " << Harmless(warning) << "\n";
  }
  if (!report.problems.empty()) {
    return UsageError(absl::StrJoin(report.problems, "\n"));
  }
  if (!line.offline()) {
    PASSERELLE_RETURN_IF_ERROR(client::ProbeTls(profile, absl::Seconds(10)));
    streams.out << "connection   ok\n";
  }
  return absl::OkStatus();
}

absl::Status RunCommand(const Contract& contract, CommandLine& line,
                        CliEnvironment& environment, std::string& request_id) {
  CommandState* state = line.Chosen();
  if (state == nullptr) return UsageError("no command is given");
  PASSERELLE_ASSIGN_OR_RETURN(Invocation invocation,
                              Prepare(contract, line, *state, environment.in));
  PASSERELLE_ASSIGN_OR_RETURN(const client::Profile profile,
                              ChooseProfile(line.options()));
  PASSERELLE_ASSIGN_OR_RETURN(const auto client, environment.open(profile));
  // Here rather than in the client, so that a failure can tell it.
  request_id = client::FillRequestId(*invocation.request, "");
  return Invoke(*client, contract, invocation, environment.streams);
}

}  // namespace

int RunCli(const std::vector<std::string>& words, CliEnvironment& environment) {
  const Contract& contract = Contract::Embedded();
  CommandLine line(contract);
  Streams& streams = environment.streams;
  if (const auto code = line.Parse(words, streams)) return *code;
  std::string request_id;
  absl::Status status;
  if (line.wants_version()) {
    streams.out << "passerelle " << PASSERELLE_VERSION << "\n";
  } else if (line.wants_profile_check()) {
    status = RunProfileCheck(line, streams);
  } else if (line.audit().chosen()) {
    status = line.audit().Run(line.options(), environment);
  } else if (line.documents().chosen()) {
    status = line.documents().Run(line.options(), environment);
  } else if (line.wants_health()) {
    status = RunHealth(line, environment);
  } else {
    status = RunCommand(contract, line, environment, request_id);
  }
  streams.out << std::flush;
  if (!status.ok()) PrintError(streams.err, contract, status, request_id);
  return ExitCodeOf(status);
}

}  // namespace passerelle::cli
