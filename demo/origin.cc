#include "demo/origin.h"

#include <fstream>
#include <iostream>
#include <utility>

#include "common/status_macros.h"
#include "demo/caseload.h"
#include "demo/figures.h"
#include "demo/office.h"
#include "demo/origin_desk.h"
#include "demo/report.h"
#include "server/app/calendars.h"

namespace passerelle::demo {
namespace {

absl::StatusOr<int> Run(const std::string& profiles,
                        const std::string& published, const std::string& out) {
  PASSERELLE_ASSIGN_OR_RETURN(const domain::Calendars calendars,
                              app::LoadCalendars(""));
  const domain::Calendar& calendar = calendars.Of(kOriginCountry);
  PASSERELLE_ASSIGN_OR_RETURN(const Margins form, ReadMargins(published));
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<Office> office,
                              Office::Open(profiles, kOriginCountry, calendar));
  OriginDesk desk(std::move(office));
  absl::CivilDay today;
  const auto work = [&](absl::CivilDay day) {
    today = day;
    return desk.Work(day);
  };
  const auto finish = [&]() -> absl::Status {
    PASSERELLE_RETURN_IF_ERROR(desk.Finish());
    const Margins counted = CountFiles(desk.kept(), form);
    PASSERELLE_RETURN_IF_ERROR(WriteMargins(out, counted));
    std::ofstream file(absl::StrCat(out, "/report.txt"));
    file << Report(desk.kept(), counted, calendar, today) << "  ("
         << desk.mail_read() << " entries of the mailbox read, " << desk.calls()
         << " calls made for them)\n";
    file.close();
    if (!file) return absl::UnavailableError("report.txt: cannot be written");
    return absl::OkStatus();
  };
  return ServeDays(
      work, [&] { return desk.calls(); }, finish);
}

}  // namespace

int RunOrigin(const std::string& profiles, const std::string& published,
              const std::string& out) {
  const absl::StatusOr<int> done = Run(profiles, published, out);
  if (done.ok()) return *done;
  std::cerr << done.status() << std::endl;
  return 1;
}

}  // namespace passerelle::demo
