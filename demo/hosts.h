#ifndef PASSERELLE_DEMO_HOSTS_H_
#define PASSERELLE_DEMO_HOSTS_H_

#include <string>

namespace passerelle::demo {

// The host missions: open the files of the caseload, ask for studies, answer
// questions, take note of opinions or contest them. What the origin mission did
// they learn from their mailboxes only. Serves ServeDays and returns its exit
// status.
int RunHosts(const std::string& profiles, const std::string& caseload);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_HOSTS_H_
