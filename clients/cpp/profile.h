#ifndef PASSERELLE_CLIENTS_CPP_PROFILE_H_
#define PASSERELLE_CLIENTS_CPP_PROFILE_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::client {

// Where the platform is and as whom it is called. A plain value.
//
// In a file each profile is a table; relative paths start at the file's folder,
// `~/` at the home folder:
//
//     default_profile = "ma"            # may be left out with one profile
//
//     [profiles.ma]
//     address = "passerelle.example.org:8443"
//     certificate = "ma/client.pem"     # leaf first, then intermediates
//     key = "ma/client.key"             # readable by its owner only
//     ca = "ca.pem"                     # who signs servers and clients
//     officer = "missions/iom-ma/officers/amina"   # optional
//     trust_domain = "passerelle.example.org"      # optional
//     server_name = "passerelle.internal"          # optional
//     checkpoint_file = "ma/checkpoint"            # optional
//     document_keys = "ma/documents.key"           # optional
//     platform_key = "passerelle.example.org/journal+1a2b3c4d+AX…"  # optional
struct Profile {
  // Name of the table; empty for a profile made by hand.
  std::string name = {};
  // `host:port`, `[IPv6]:port`.
  std::string address = {};
  // Paths of PEM files.
  std::string certificate = {};
  std::string key = {};
  std::string ca = {};
  // Officer on whose behalf calls are made, unless a call names another.
  // Format: `missions/{mission}/officers/{officer}`. Empty: none.
  std::string officer = {};
  // When given, the certificate must name this trust domain.
  std::string trust_domain = {};
  // Name the server's certificate must bear when it is not the address's host.
  std::string server_name = {};
  // Where the newest checkpoint of the platform's journal is kept. When given,
  // a client demands proof before its first call that the journal begins with
  // it (clients/cpp/evidence.h). Empty: none is kept.
  std::string checkpoint_file = {};
  // Private keys that open sealed documents sent to the mission: an identity
  // file of age, readable by its owner only. Empty: none.
  std::string document_keys = {};
  // The platform's key for checkpoints. Empty: that of the first contact.
  std::string platform_key = {};
};

// `$XDG_CONFIG_HOME/passerelle/profiles.toml`, or below `~/.config`.
std::string DefaultProfilesPath();

// Reads the profile called `name` from `path`; an empty name stands for
// `default_profile`, or for the only profile there is.
//
// Returns: PROFILE_INVALID when the file cannot be read or is not TOML, has an
// unknown key or one of a wrong type, or lacks the profile or one of address,
// certificate, key and ca. The files it names are not looked at: that is
// CheckProfile.
absl::StatusOr<Profile> LoadProfile(const std::string& path,
                                    absl::string_view name);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_PROFILE_H_
