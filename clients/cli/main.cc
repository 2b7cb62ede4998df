#include <unistd.h>
#include <iostream>
#include <string>
#include <vector>

#include "clients/cli/app.h"

int main(int argc, char** argv) {
  passerelle::cli::CliEnvironment environment = {
      std::cin,
      {std::cout, std::cerr, isatty(STDERR_FILENO) == 1},
      [](const passerelle::client::Profile& profile) {
        return passerelle::client::Client::Open(profile);
      }};
  return passerelle::cli::RunCli(
      std::vector<std::string>(argv + 1, argv + argc), environment);
}
