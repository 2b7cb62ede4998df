#ifndef PASSERELLE_SERVER_APP_REVOCATION_H_
#define PASSERELLE_SERVER_APP_REVOCATION_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "common/mutex.h"
#include "common/peer_identity.h"

namespace passerelle::app {

// Who is shut out although the certificate is good. A file of the operator,
// one entry a line:
//
//   serial <hex>     one certificate
//   uri <spiffe uri> one workload
//   mission <id>     all workloads of a mission
//
// `#` starts a comment. The pipeline asks on every call; long streams ask
// again when OnChange fires.
//
// A file that cannot be read or has a malformed line changes nothing: the old
// list stays and an alarm (`revocation_list_rejected`) is logged once per
// distinct content. Thread safe.
class RevocationList {
 public:
  // An empty `path` gives a list that revokes nobody.
  // Returns: kInvalidArgument for a malformed line, or an error of the file: a
  // list that was configured and is missing must not mean "accept all".
  static absl::StatusOr<std::unique_ptr<RevocationList>> Open(std::string path);

  bool IsRevoked(const PeerIdentity& peer) const;

  // Reads the file again if its content changed. Called by a Poller.
  void CheckNow();

  // `listener` runs on the polling thread after each change of the list. Set
  // before polling starts; must outlive it.
  void OnChange(std::function<void()> listener);

  int64_t reloads() const;
  int64_t rejected() const;

 private:
  struct Entries {
    absl::flat_hash_set<std::string> serials;
    absl::flat_hash_set<std::string> uris;
    absl::flat_hash_set<std::string> missions;
  };

  explicit RevocationList(std::string path);
  static absl::StatusOr<Entries> Parse(absl::string_view text);

  const std::string path_;
  Mutex check_mutex_;                                  // one check at a time
  std::string seen_ ABSL_GUARDED_BY(check_mutex_);     // content in force
  std::string alarmed_ ABSL_GUARDED_BY(check_mutex_);  // last bad content
  std::function<void()> listener_ ABSL_GUARDED_BY(check_mutex_);

  // Held for the copy of one pointer. Not std::atomic<std::shared_ptr>:
  // libstdc++ 12's is a spin lock that ThreadSanitizer cannot see through.
  mutable Mutex mutex_;
  std::shared_ptr<const Entries> entries_ ABSL_GUARDED_BY(mutex_);
  int64_t reloads_ ABSL_GUARDED_BY(mutex_) = 0;
  int64_t rejected_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_REVOCATION_H_
