#include <signal.h>
#include <sodium.h>
#include <unistd.h>

#include <iostream>
#include <string>
#include <vector>

#include "server/matching/link/command_line.h"

namespace {

// Set by the first interruption; the second ends the program at once.
volatile sig_atomic_t stop_asked = 0;

void AskToStop(int) { stop_asked = 1; }

}  // namespace

int main(int argc, char** argv) {
  if (sodium_init() < 0) return 1;
  struct sigaction action {};
  action.sa_handler = AskToStop;
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
  const passerelle::link::Console console{std::cout, std::cerr,
                                          isatty(STDERR_FILENO) == 1,
                                          [] { return stop_asked != 0; }};
  return passerelle::link::RunLink(
      std::vector<std::string>(argv + 1, argv + argc), console);
}
