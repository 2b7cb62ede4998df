#ifndef PASSERELLE_SERVER_MATCHING_LINK_COMMAND_LINE_H_
#define PASSERELLE_SERVER_MATCHING_LINK_COMMAND_LINE_H_

#include <string>
#include <vector>

#include "server/matching/link/console.h"

namespace passerelle::link {

// Runs `passerelle-link` with the words after its name. Returns an ExitCode;
// what is wrong is on console.err.
int RunLink(std::vector<std::string> words, const Console& console);

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_COMMAND_LINE_H_
