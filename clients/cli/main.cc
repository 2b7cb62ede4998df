#include <unistd.h>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "clients/cli/app.h"

int main(int argc, char** argv) {
  // What gRPC would log is said by our own errors, and more clearly.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  passerelle::cli::CliEnvironment environment = {
      std::cin,
      {std::cout, std::cerr, isatty(STDERR_FILENO) == 1},
      [](const passerelle::client::Profile& profile) {
        return passerelle::client::Client::Open(profile);
      }};
  return passerelle::cli::RunCli(
      std::vector<std::string>(argv + 1, argv + argc), environment);
}
