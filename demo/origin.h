#ifndef PASSERELLE_DEMO_ORIGIN_H_
#define PASSERELLE_DEMO_ORIGIN_H_

#include <string>

namespace passerelle::demo {

// The origin mission: works from its mailbox only. It accepts files, studies
// plans, confirms arrivals and reports visits; at the end it writes into the
// folder `out` what it counted of what it fetched (CountFiles) and its report
// (report.txt). `published` gives rows and labels of the tables, no figures.
// Serves ServeDays and returns its exit status.
int RunOrigin(const std::string& profiles, const std::string& published,
              const std::string& out);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_ORIGIN_H_
