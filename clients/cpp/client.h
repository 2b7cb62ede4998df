#ifndef PASSERELLE_CLIENTS_CPP_CLIENT_H_
#define PASSERELLE_CLIENTS_CPP_CLIENT_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/profile.h"
#include "clients/cpp/retry.h"
#include "common/mutex.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace grpc {
class Channel;
}  // namespace grpc

namespace passerelle::client {

// How one call is made.
struct CallOptions {
  // Time for the call with all its attempts. The server caps single calls at
  // 300 s.
  absl::Duration deadline = absl::Seconds(30);
  // Officer on whose behalf the call is made. Empty: the profile's.
  std::string officer = {};
  // Put into the request if its `request_id` is empty; a fresh one if this is
  // empty too. A caller who wants to repeat the call after this process ends
  // gives and keeps its own (NewRequestId()).
  std::string request_id = {};
};

// What tests replace. Absent parts are the real ones.
struct ClientOptions {
  RetryPolicy retry = {};
  RetryEnvironment environment = {};
};

// A connection to the platform, made to be kept: one client serves the whole
// process. Calls block. Thread safe.
//
// Errors carry details (common/status_details.h). Besides those of the server
// there are those of clients/cpp/errors.h.
class Client {
 public:
  // Checks the profile's files and prepares a connection with mutual TLS. Does
  // not dial: the first call does.
  //
  // Returns: PROFILE_INVALID with every problem found.
  static absl::StatusOr<std::unique_ptr<Client>> Open(
      const Profile& profile, ClientOptions options = {});

  // A client over a channel made elsewhere. `officer` as in Profile.
  static std::unique_ptr<Client> OverChannel(
      std::shared_ptr<grpc::Channel> channel, absl::string_view officer,
      ClientOptions options = {});

  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // For generated stubs; calls made with them are neither repeated nor given
  // an officer.
  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }

  // Calls a method by its full name, e.g.
  //
  //     client->Call<pb::FeasibilityStudy>(
  //         "passerelle.v1.FeasibilityStudyService/RequestFeasibilityStudy",
  //         request);
  //
  // Repeats what may be repeated (RunWithRetry) within the deadline: reads,
  // mailbox calls, and changes, because every change carries a request id.
  //
  // With a profile that keeps a checkpoint, the first call is preceded by one
  // that checks the platform's journal; nothing is sent until it is sound.
  //
  // Returns: METHOD_UNKNOWN when name, request and response do not belong
  // together; the server's error; SERVER_NOT_REACHABLE, SERVER_NOT_TRUSTED or
  // CERTIFICATE_REFUSED; EVIDENCE_INCONSISTENT.
  template <typename Response>
  absl::StatusOr<Response> Call(absl::string_view method,
                                const google::protobuf::Message& request,
                                const CallOptions& options = {}) {
    Response response;
    if (absl::Status status = CallByName(method, request, &response, options);
        !status.ok()) {
      return status;
    }
    return response;
  }

  // The same for messages whose type is known at run time only. `request` and
  // `response` must be of the method's types, generated or dynamic.
  absl::Status CallDynamic(const google::protobuf::MethodDescriptor* method,
                           const google::protobuf::Message& request,
                           google::protobuf::Message* response,
                           const CallOptions& options = {});

  // Reads a stream of answers; `response` is reused for each and handed to
  // `handler`, whose first error ends the stream and is returned. Not repeated:
  // a stream is resumed from where it ended, which only the caller knows.
  absl::Status StreamDynamic(
      const google::protobuf::MethodDescriptor* method,
      const google::protobuf::Message& request,
      google::protobuf::Message* response,
      const std::function<absl::Status(const google::protobuf::Message&)>&
          handler,
      const CallOptions& options = {});

  // Asks the server's health service; `service` empty asks for the process.
  // Returns: whether it is serving; NOT_FOUND for an unknown service.
  absl::StatusOr<bool> CheckHealth(absl::string_view service,
                                   const CallOptions& options = {});

 private:
  Client(std::shared_ptr<grpc::Channel> channel, std::string officer,
         std::optional<Profile> profile, ClientOptions options);

  absl::Status CallByName(absl::string_view method,
                          const google::protobuf::Message& request,
                          google::protobuf::Message* response,
                          const CallOptions& options);
  // Before the first call: the platform's journal is what it was.
  absl::Status HoldToEvidence(const CallOptions& options);
  absl::Status CallPath(const std::string& path, Repeatable repeatable,
                        const google::protobuf::Message& request,
                        google::protobuf::Message* response,
                        const CallOptions& options);
  // Says what is behind a bare UNAVAILABLE.
  absl::Status Explain(const absl::Status& status, absl::Duration left) const;

  const std::shared_ptr<grpc::Channel> channel_;
  const std::string officer_;
  const std::optional<Profile> profile_;
  const ClientOptions options_;
  Mutex evidence_mutex_;
  // Whether the journal has to be checked before the next call.
  bool unchecked_ ABSL_GUARDED_BY(evidence_mutex_);
};

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_CLIENT_H_
