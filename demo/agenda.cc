#include "demo/agenda.h"

#include "common/status_macros.h"

namespace passerelle::demo {

void Agenda::In(int working_days, Task task) {
  absl::CivilDay day = today_;
  for (int left = working_days; left > 0;) {
    ++day;
    if (calendar_.IsWorkingDay(day)) --left;
  }
  On(day, std::move(task));
}

void Agenda::On(absl::CivilDay day, Task task) {
  while (!calendar_.IsWorkingDay(day)) ++day;
  tasks_[day].push_back(std::move(task));
}

absl::Status Agenda::Run() {
  while (!tasks_.empty() && tasks_.begin()->first <= today_) {
    std::vector<Task> due = std::move(tasks_.begin()->second);
    tasks_.erase(tasks_.begin());
    for (const Task& task : due) PASSERELLE_RETURN_IF_ERROR(task());
  }
  return absl::OkStatus();
}

}  // namespace passerelle::demo
