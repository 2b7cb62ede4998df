#include "clients/cli/options.h"

#include "clients/cli/errors.h"
#include "common/status_macros.h"

namespace passerelle::cli {

absl::StatusOr<client::Profile> ChooseProfile(const GlobalOptions& options) {
  client::Profile profile;
  const bool complete = !options.address.empty() &&
                        !options.certificate.empty() && !options.key.empty() &&
                        !options.ca.empty();
  if (!complete || !options.profile.empty() || !options.config.empty()) {
    const std::string path =
        options.config.empty() ? client::DefaultProfilesPath() : options.config;
    PASSERELLE_ASSIGN_OR_RETURN(profile,
                                client::LoadProfile(path, options.profile));
  }
  if (!options.address.empty()) profile.address = options.address;
  if (!options.certificate.empty()) profile.certificate = options.certificate;
  if (!options.key.empty()) profile.key = options.key;
  if (!options.ca.empty()) profile.ca = options.ca;
  if (!options.officer.empty()) profile.officer = options.officer;
  return profile;
}

absl::StatusOr<absl::Duration> ParsePositiveDuration(const std::string& flag,
                                                     const std::string& text) {
  absl::Duration duration;
  if (!absl::ParseDuration(text, &duration) ||
      duration <= absl::ZeroDuration() ||
      duration == absl::InfiniteDuration()) {
    return UsageError("the command line cannot be understood",
                      {{flag, "expected a duration as 90s or 1h30m"}});
  }
  return duration;
}

}  // namespace passerelle::cli
