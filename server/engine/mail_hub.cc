#include "server/engine/mail_hub.h"

#include <algorithm>
#include <utility>

namespace passerelle::engine {

int64_t MailHub::Wait(absl::string_view mission, int64_t after,
                      std::function<void()> wake) {
  {
    MutexLock lock(&mutex_);
    const int64_t handle = next_handle_++;
    const auto head = heads_.find(mission);
    if (head == heads_.end() || head->second <= after) {
      by_mission_[std::string(mission)].push_back(handle);
      waiters_[handle] = {std::string(mission), after, std::move(wake)};
      return handle;
    }
  }
  wake();
  return 0;
}

bool MailHub::Cancel(int64_t handle) {
  MutexLock lock(&mutex_);
  const auto it = waiters_.find(handle);
  if (it == waiters_.end()) return false;
  auto& handles = by_mission_[it->second.mission];
  handles.erase(std::remove(handles.begin(), handles.end(), handle),
                handles.end());
  waiters_.erase(it);
  return true;
}

void MailHub::Delivered(absl::string_view mission, int64_t last_sequence) {
  std::vector<std::function<void()>> woken;
  {
    MutexLock lock(&mutex_);
    heads_[std::string(mission)] = last_sequence;
    const auto it = by_mission_.find(mission);
    if (it == by_mission_.end()) return;
    for (const int64_t handle : it->second) {
      const auto waiter = waiters_.find(handle);
      if (waiter == waiters_.end()) continue;
      woken.push_back(std::move(waiter->second.wake));
      waiters_.erase(waiter);
    }
    by_mission_.erase(it);
  }
  for (const auto& wake : woken) wake();
}

}  // namespace passerelle::engine
