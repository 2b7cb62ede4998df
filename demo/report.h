#ifndef PASSERELLE_DEMO_REPORT_H_
#define PASSERELLE_DEMO_REPORT_H_

#include <string>

#include "absl/time/civil_time.h"
#include "demo/caseload.h"
#include "demo/origin_desk.h"
#include "server/domain/calendar.h"

namespace passerelle::demo {

// What an officer of the origin mission wants to see on `day`, of the files the
// mission keeps. `counted` is CountFiles of the same files; `calendar` the
// mission's own.
std::string Report(const KeptFiles& files, const Margins& counted,
                   const domain::Calendar& calendar, absl::CivilDay day);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_REPORT_H_
