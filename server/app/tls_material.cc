#include "server/app/tls_material.h"

#include <fcntl.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <openssl/evp.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/str_cat.h"
#include "common/file_reader.h"
#include "common/log.h"
#include "common/status_macros.h"

namespace passerelle::app {
namespace {

constexpr size_t kMaxBytes = size_t{1} << 20;
constexpr unsigned int kWatchSeconds = 1;  // the least gRPC's watcher takes

// Names in a generation's folder; gRPC sees them through the link.
constexpr char kCertificate[] = "cert.pem";
constexpr char kKey[] = "key.pem";
constexpr char kClientCa[] = "client-ca.pem";
constexpr char kCurrent[] = "current";

absl::Status SystemError(absl::string_view what) {
  return absl::UnavailableError(absl::StrCat(what, ": ", strerror(errno)));
}

absl::Status WriteFile(const std::string& path, const std::string& content,
                       int64_t mtime) {
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return SystemError(path);
  const absl::Cleanup close_file = [fd] { close(fd); };
  for (size_t done = 0; done < content.size();) {
    const ssize_t count =
        write(fd, content.data() + done, content.size() - done);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return SystemError(path);
    done += static_cast<size_t>(count);
  }
  timespec times[2] = {};
  times[0].tv_sec = times[1].tv_sec = mtime;
  if (futimens(fd, times) != 0) return SystemError(path);
  return absl::OkStatus();
}

std::string Digest(const TlsContents& contents, absl::string_view fault) {
  std::string all;
  for (const std::string* part : {&contents.certificate, &contents.key,
                                  &contents.client_ca, &contents.issuer_ca}) {
    absl::StrAppend(&all, part->size(), ":", *part);
  }
  absl::StrAppend(&all, fault);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned int size = 0;
  EVP_Digest(all.data(), all.size(), digest, &size, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<const char*>(digest), size);
}

}  // namespace

TlsMaterial::TlsMaterial(Options options, const Clock* clock)
    : options_(std::move(options)), clock_(clock) {}

TlsMaterial::~TlsMaterial() {
  if (lock_fd_ < 0) return;
  // Keys do not outlive the process that needed them.
  std::error_code ignored;
  std::filesystem::remove_all(options_.staging_dir, ignored);
  close(lock_fd_);
}

absl::StatusOr<std::unique_ptr<TlsMaterial>> TlsMaterial::Load(
    Options options, const Clock* clock) {
  std::unique_ptr<TlsMaterial> material(
      new TlsMaterial(std::move(options), clock));
  PASSERELLE_ASSIGN_OR_RETURN(TlsContents contents, material->ReadFiles());
  PASSERELLE_ASSIGN_OR_RETURN(TlsValidity validity,
                              ValidateTls(contents, clock->Now()));
  PASSERELLE_RETURN_IF_ERROR(material->PrepareStaging());
  MutexLock check(&material->check_mutex_);
  material->first_mtime_ = time(nullptr);
  PASSERELLE_RETURN_IF_ERROR(material->Stage(contents));
  material->contents_ = std::move(contents);
  MutexLock lock(&material->mutex_);
  material->status_.in_force = std::move(validity);
  return material;
}

absl::Status TlsMaterial::PrepareStaging() {
  const std::string& dir = options_.staging_dir;
  if (mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
    return SystemError(dir);
  }
  const int fd =
      open(dir.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return SystemError(dir);
  struct stat info {};
  if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
    close(fd);
    return absl::FailedPreconditionError(
        absl::StrCat(dir, ": in use by another process"));
  }
  if (fstat(fd, &info) != 0 || info.st_uid != geteuid() ||
      (info.st_mode & 077) != 0) {
    close(fd);
    return absl::PermissionDeniedError(
        absl::StrCat(dir, ": must belong to this user with mode 0700"));
  }
  // What a killed predecessor left. Only our own names: a mistaken setting
  // must not empty somebody's folder.
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(dir, error)) {
    const std::string name = entry.path().filename().string();
    if (name.starts_with("gen-") || name.starts_with(kCurrent)) {
      std::filesystem::remove_all(entry.path(), error);
    } else {
      close(fd);
      return absl::FailedPreconditionError(
          absl::StrCat(dir, ": holds files that are not ours"));
    }
  }
  lock_fd_ = fd;
  return absl::OkStatus();
}

absl::StatusOr<TlsContents> TlsMaterial::ReadFiles() const {
  TlsContents contents;
  PASSERELLE_ASSIGN_OR_RETURN(
      contents.certificate,
      ReadSmallFile(options_.certificate_path, FilePrivacy::kAny, kMaxBytes));
  PASSERELLE_ASSIGN_OR_RETURN(
      contents.key,
      ReadSmallFile(options_.key_path, FilePrivacy::kOwnerOnly, kMaxBytes));
  PASSERELLE_ASSIGN_OR_RETURN(
      contents.client_ca,
      ReadSmallFile(options_.client_ca_path, FilePrivacy::kAny, kMaxBytes));
  if (!options_.issuer_ca_path.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(
        contents.issuer_ca,
        ReadSmallFile(options_.issuer_ca_path, FilePrivacy::kAny, kMaxBytes));
  }
  return contents;
}

std::string TlsMaterial::GenerationDir(int64_t generation) const {
  return absl::StrCat(options_.staging_dir, "/gen-", generation);
}

absl::Status TlsMaterial::Stage(const TlsContents& contents) {
  const int64_t generation = ++generation_;
  const std::string dir = GenerationDir(generation);
  if (mkdir(dir.c_str(), 0700) != 0) return SystemError(dir);
  // A full disk is tried again every second: leave nothing behind.
  absl::Cleanup remove_dir = [&dir] {
    std::error_code ignored;
    std::filesystem::remove_all(dir, ignored);
  };
  // The watcher reads key and certificate one after the other, and takes the
  // pair for whole when both files' times, in seconds, are the same before and
  // after. Giving each generation a second of its own makes that test sound
  // however fast the link is turned.
  const int64_t mtime = first_mtime_ + generation;
  PASSERELLE_RETURN_IF_ERROR(WriteFile(absl::StrCat(dir, "/", kCertificate),
                                       contents.certificate, mtime));
  PASSERELLE_RETURN_IF_ERROR(
      WriteFile(absl::StrCat(dir, "/", kKey), contents.key, mtime));
  PASSERELLE_RETURN_IF_ERROR(
      WriteFile(absl::StrCat(dir, "/", kClientCa), contents.client_ca, mtime));
  const std::string current = absl::StrCat(options_.staging_dir, "/", kCurrent);
  const std::string next = current + ".next";
  unlink(next.c_str());
  if (symlink(absl::StrCat("gen-", generation).c_str(), next.c_str()) != 0 ||
      rename(next.c_str(), current.c_str()) != 0) {
    return SystemError(current);
  }
  std::move(remove_dir).Cancel();
  // One generation stays for a watcher that is reading just now.
  std::error_code ignored;
  std::filesystem::remove_all(GenerationDir(generation - 2), ignored);
  return absl::OkStatus();
}

std::shared_ptr<grpc::ServerCredentials> TlsMaterial::Credentials() {
  const std::string current =
      absl::StrCat(options_.staging_dir, "/", kCurrent, "/");
  grpc::experimental::TlsServerCredentialsOptions options(
      std::make_shared<grpc::experimental::FileWatcherCertificateProvider>(
          current + kKey, current + kCertificate, current + kClientCa,
          kWatchSeconds));
  options.watch_root_certs();
  options.watch_identity_key_cert_pairs();
  options.set_cert_request_type(
      GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY);
  return grpc::experimental::TlsServerCredentials(options);
}

void TlsMaterial::CheckNow() {
  MutexLock check(&check_mutex_);
  const absl::Time now = clock_->Now();
  WarnBeforeExpiry(now);
  absl::StatusOr<TlsContents> contents = ReadFiles();
  absl::Status fault = contents.status();
  TlsValidity validity;
  if (fault.ok()) {
    if (*contents == contents_) {
      alarmed_.clear();
      return;
    }
    absl::StatusOr<TlsValidity> checked = ValidateTls(*contents, now);
    fault = checked.status();
    if (checked.ok()) validity = *std::move(checked);
  }
  if (fault.ok()) fault = Stage(*contents);
  if (!fault.ok()) {
    std::string digest =
        Digest(contents.ok() ? *contents : TlsContents{}, fault.message());
    if (digest == alarmed_) return;
    alarmed_ = std::move(digest);
    {
      MutexLock lock(&mutex_);
      ++status_.rejected;
    }
    Log(LogLevel::kError, "tls_material_rejected",
        {{"path", options_.certificate_path},
         {"reason", std::string(fault.message())}});
    return;
  }
  contents_ = *std::move(contents);
  alarmed_.clear();
  Log(LogLevel::kInfo, "tls_material_loaded",
      {{"path", options_.certificate_path},
       {"serial", validity.serial},
       {"not_after",
        absl::FormatTime(validity.not_after, absl::UTCTimeZone())}});
  MutexLock lock(&mutex_);
  ++status_.reloads;
  status_.in_force = std::move(validity);
}

void TlsMaterial::WarnBeforeExpiry(absl::Time now) {
  const TlsValidity in_force = status().in_force;
  const absl::Duration life = in_force.not_after - in_force.not_before;
  if (in_force.not_after - now > life / 3) return;
  if (expiry_warned_ == in_force.serial) return;
  expiry_warned_ = in_force.serial;
  Log(LogLevel::kError, "tls_certificate_expires_soon",
      {{"path", options_.certificate_path},
       {"not_after",
        absl::FormatTime(in_force.not_after, absl::UTCTimeZone())}});
}

TlsMaterial::Status TlsMaterial::status() const {
  MutexLock lock(&mutex_);
  return status_;
}

}  // namespace passerelle::app
