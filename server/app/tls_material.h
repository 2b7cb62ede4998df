#ifndef PASSERELLE_SERVER_APP_TLS_MATERIAL_H_
#define PASSERELLE_SERVER_APP_TLS_MATERIAL_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/clock.h"
#include "common/mutex.h"
#include "server/app/tls_pair.h"

namespace grpc {
class ServerCredentials;
}  // namespace grpc

namespace passerelle::app {

// The server's certificate, key and client authorities, replaced while running.
//
// gRPC 1.51's own file watcher aborts the process on an empty certificate and
// refuses every handshake on a wrong key, so it is never shown the operator's
// files. They are read and validated here, written into a new private folder,
// and a symbolic link is turned to it in one step; the watcher follows the
// link. Faulty files change nothing: the old pair stays, an alarm
// (`tls_material_rejected`) is logged once per distinct fault, and counted.
//
// Thread safe. Must outlive the server built with its credentials.
class TlsMaterial {
 public:
  struct Options {
    std::string certificate_path;
    std::string key_path;        // must give group and others no permission
    std::string client_ca_path;  // authorities that sign clients
    // Authorities the server's own chain must lead to, when others than the
    // clients'. May be empty.
    std::string issuer_ca_path;
    // Where validated copies live, mode 0700, for this process alone. Best in
    // memory (/run): the copies hold the key. Made when missing.
    std::string staging_dir;
  };

  // Loads and stages the first pair. `clock` must outlive the result.
  // Returns: kInvalidArgument for what ValidateTls refuses; kPermissionDenied
  // for an open key file; kFailedPrecondition when another process uses
  // `staging_dir`; errors of the file system.
  static absl::StatusOr<std::unique_ptr<TlsMaterial>> Load(Options options,
                                                           const Clock* clock);
  ~TlsMaterial();
  TlsMaterial(const TlsMaterial&) = delete;
  TlsMaterial& operator=(const TlsMaterial&) = delete;

  // Credentials that demand and verify a client certificate. New connections
  // see a new pair within two seconds of CheckNow; open ones live on.
  std::shared_ptr<grpc::ServerCredentials> Credentials();

  // Looks at the operator's files and takes them over if they changed and are
  // good. Called by a Poller.
  void CheckNow();

  struct Status {
    int64_t reloads = 0;   // pairs taken over after the first
    int64_t rejected = 0;  // distinct faults
    TlsValidity in_force;
  };
  Status status() const;

 private:
  TlsMaterial(Options options, const Clock* clock);

  absl::Status PrepareStaging();
  absl::StatusOr<TlsContents> ReadFiles() const;
  absl::Status Stage(const TlsContents& contents)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  void WarnBeforeExpiry(absl::Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(check_mutex_);
  std::string GenerationDir(int64_t generation) const;

  const Options options_;
  const Clock* const clock_;
  int lock_fd_ = -1;  // holds the staging folder's lock

  Mutex check_mutex_;  // one check at a time
  TlsContents contents_ ABSL_GUARDED_BY(check_mutex_);
  int64_t generation_ ABSL_GUARDED_BY(check_mutex_) = 0;
  int64_t first_mtime_ ABSL_GUARDED_BY(check_mutex_) = 0;
  std::string alarmed_ ABSL_GUARDED_BY(check_mutex_);  // digest of last fault
  std::string expiry_warned_ ABSL_GUARDED_BY(check_mutex_);  // serial
  mutable Mutex mutex_;
  Status status_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_TLS_MATERIAL_H_
