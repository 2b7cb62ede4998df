// passerelle-demo: the parts of the demonstration; demo/run-demo plays them.

#include <cstdio>
#include <iostream>
#include <string>

#include "CLI/CLI.hpp"
#include "common/status_macros.h"
#include "demo/caseload.h"
#include "demo/figures.h"
#include "demo/hosts.h"
#include "demo/origin.h"
#include "demo/registration.h"
#include "demo/tour.h"

namespace {

namespace demo = passerelle::demo;

struct Arguments {
  std::string profiles;
  std::string caseload;
  std::string published;
  std::string counted;
  std::string names;
  std::string out;
  uint64_t seed = 0;
};

absl::Status Invent(const Arguments& arguments) {
  PASSERELLE_ASSIGN_OR_RETURN(const demo::Margins margins,
                              demo::ReadMargins(arguments.published));
  PASSERELLE_ASSIGN_OR_RETURN(const demo::Table names,
                              demo::ReadCsv(arguments.names));
  PASSERELLE_ASSIGN_OR_RETURN(
      const demo::Table table,
      demo::InventCaseload(margins, names, arguments.seed));
  PASSERELLE_RETURN_IF_ERROR(demo::WriteCsv(
      arguments.out, table,
      "Invented persons; nobody in this file exists. Made by `passerelle-demo "
      "invent --seed " +
          std::to_string(arguments.seed) + "`."));
  std::printf("%zu persons, seed %llu\n", table.rows.size(),
              static_cast<unsigned long long>(arguments.seed));
  return absl::OkStatus();
}

absl::Status Check(const Arguments& arguments) {
  PASSERELLE_ASSIGN_OR_RETURN(const demo::Margins published,
                              demo::ReadMargins(arguments.published));
  PASSERELLE_ASSIGN_OR_RETURN(const demo::Margins counted,
                              demo::ReadMargins(arguments.counted));
  const demo::Comparison result = demo::Compare(published, counted);
  for (const std::string& line : result.lines) std::puts(line.c_str());
  std::printf("%d published figures, %d disagree\n", result.figures,
              result.disagreeing);
  return result.disagreeing == 0
             ? absl::OkStatus()
             : absl::FailedPreconditionError(
                   "the published figures and the counted ones disagree");
}

absl::Status Register(const Arguments& arguments) {
  PASSERELLE_RETURN_IF_ERROR(
      demo::RegisterMissions(arguments.profiles, arguments.caseload));
  return demo::RegisterPartners(arguments.profiles);
}

int ExitStatus(const absl::Status& status) {
  if (status.ok()) return 0;
  std::fflush(stdout);
  std::cerr << "passerelle-demo: " << status << std::endl;
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App command("passerelle-demo: the parts of the demonstration");
  command.require_subcommand(1);
  Arguments arguments;
  const auto add = [&](CLI::App* part, const char* name, std::string* value,
                       const char* help) {
    part->add_option(name, *value, help)->required();
  };
  CLI::App* const invent = command.add_subcommand(
      "invent", "Make the caseload: persons with the published margins");
  CLI::App* const enrol = command.add_subcommand(
      "register", "Register the missions and officers, as the operator");
  CLI::App* const hosts = command.add_subcommand(
      "hosts", "Be the host missions, day by day (standard input)");
  CLI::App* const origin = command.add_subcommand(
      "origin", "Be the origin mission, day by day (standard input)");
  CLI::App* const check = command.add_subcommand(
      "check", "Compare counted figures with the published ones");
  CLI::App* const tour =
      command.add_subcommand("tour", "Show one file as five partners see it");
  for (CLI::App* part : {enrol, hosts, origin, tour}) {
    add(part, "--profiles", &arguments.profiles, "Profiles, one a mission");
  }
  for (CLI::App* part : {enrol, hosts}) {
    add(part, "--caseload", &arguments.caseload, "Invented persons (CSV)");
  }
  for (CLI::App* part : {invent, origin, check}) {
    add(part, "--published", &arguments.published, "Folder of figures (CSV)");
  }
  add(check, "--counted", &arguments.counted, "Folder of counts (CSV)");
  add(invent, "--names", &arguments.names, "Names to draw from (CSV)");
  invent->add_option("--seed", arguments.seed, "Seed")->required();
  add(invent, "--out", &arguments.out, "File to write");
  add(origin, "--out", &arguments.out, "Folder for counts and report");
  CLI11_PARSE(command, argc, argv);

  if (*invent) return ExitStatus(Invent(arguments));
  if (*check) return ExitStatus(Check(arguments));
  if (*tour) return ExitStatus(demo::ShowTour(arguments.profiles));
  if (*enrol) {
    return ExitStatus(Register(arguments));
  }
  if (*hosts) return demo::RunHosts(arguments.profiles, arguments.caseload);
  return demo::RunOrigin(arguments.profiles, arguments.published,
                         arguments.out);
}
