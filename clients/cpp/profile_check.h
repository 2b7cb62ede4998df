#ifndef PASSERELLE_CLIENTS_CPP_PROFILE_CHECK_H_
#define PASSERELLE_CLIENTS_CPP_PROFILE_CHECK_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "clients/cpp/profile.h"

namespace passerelle::client {

// What a look at a profile's files found.
struct ProfileReport {
  // What keeps the profile from working, each a sentence that says what to do.
  // Empty when nothing does.
  std::vector<std::string> problems;
  // What will keep it from working soon.
  std::vector<std::string> warnings;
  // From the certificate, as far as it could be read.
  std::string uri;
  std::string mission;
  absl::Time valid_until = absl::InfinitePast();
};

// Checks a profile before anything is dialled: files readable and well formed,
// key for its owner's eyes only and belonging to the certificate, certificate
// valid at `now`, signed by the CA and naming a mission, officer of the same
// mission. A server refuses what fails here without saying why. Never fails;
// touches no network.
ProfileReport CheckProfile(const Profile& profile, absl::Time now);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_PROFILE_CHECK_H_
