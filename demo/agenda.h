#ifndef PASSERELLE_DEMO_AGENDA_H_
#define PASSERELLE_DEMO_AGENDA_H_

#include <functional>
#include <map>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/civil_time.h"
#include "server/domain/calendar.h"

namespace passerelle::demo {

// What a mission means to do, by day. Not thread safe.
class Agenda {
 public:
  using Task = std::function<absl::Status()>;

  explicit Agenda(domain::Calendar calendar) : calendar_(std::move(calendar)) {}

  // The day that Run was last given.
  absl::CivilDay today() const { return today_; }

  // Enters a task `working_days` working days from today; 0 is today itself,
  // or the next working day.
  void In(int working_days, Task task);
  // Enters a task for the first working day from `day` on.
  void On(absl::CivilDay day, Task task);

  // Makes it `day`.
  void Begin(absl::CivilDay day) { today_ = day; }
  bool IsWorkingDay() const { return calendar_.IsWorkingDay(today_); }
  // Does everything due, including what tasks enter for today, in the order in
  // which it was entered. The first error ends it.
  absl::Status Run();

 private:
  const domain::Calendar calendar_;
  absl::CivilDay today_;
  std::map<absl::CivilDay, std::vector<Task>> tasks_;
};

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_AGENDA_H_
