#ifndef PASSERELLE_SERVER_APP_SOURCE_LIMITS_H_
#define PASSERELLE_SERVER_APP_SOURCE_LIMITS_H_

#include <cstddef>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace passerelle::app {

// Counts connections and their arrival rate per source address. Not thread
// safe: the accept loop owns it.
class SourceLimits {
 public:
  enum class Verdict { kAdmitted, kTooManyOpen, kTooFast };

  SourceLimits(int max_open, double new_per_second, double burst)
      : max_open_(max_open), new_per_second_(new_per_second), burst_(burst) {}

  // kAdmitted counts the connection as open until Closed.
  Verdict Admit(absl::string_view source, absl::Time now);
  void Closed(absl::string_view source);

  size_t size() const { return sources_.size(); }

 private:
  struct Source {
    int open = 0;
    double tokens = 0;  // connections that may arrive now
    absl::Time refilled;
  };

  void Refill(absl::Time now, Source* source) const;
  void Prune(absl::Time now);

  const int max_open_;
  const double new_per_second_;
  const double burst_;
  absl::flat_hash_map<std::string, Source> sources_;
  size_t prune_at_ = 1024;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_SOURCE_LIMITS_H_
