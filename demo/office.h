#ifndef PASSERELLE_DEMO_OFFICE_H_
#define PASSERELLE_DEMO_OFFICE_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "clients/cpp/client.h"
#include "clients/cpp/mailbox.h"
#include "demo/agenda.h"
#include "passerelle/v1/exchange.pb.h"

namespace passerelle::demo {

// The country that the people return to, and its mission.
inline constexpr char kOriginCountry[] = "MA";
inline constexpr char kOriginMission[] = "missions/iom-ma";

// `iom-tr` for `TR`.
std::string MissionId(absl::string_view country);

// One mission's desk: its connection, its mailbox and its agenda. All calls are
// made with the mission's own certificate. Not thread safe.
class Office {
 public:
  // `profiles` is a profiles file with one profile a mission, named by its
  // country in lower case.
  static absl::StatusOr<std::unique_ptr<Office>> Open(
      const std::string& profiles, const std::string& country,
      domain::Calendar calendar);

  const std::string& country() const { return country_; }
  Agenda& agenda() { return agenda_; }

  // Calls `service` `/` `method` for one of the mission's officers.
  template <typename Response>
  absl::StatusOr<Response> Call(absl::string_view officer,
                                absl::string_view method,
                                const google::protobuf::Message& request) {
    client::CallOptions options;
    options.officer =
        absl::StrCat("missions/", MissionId(country_), "/officers/", officer);
    auto response = client_->Call<Response>(
        absl::StrCat("passerelle.v1.", method), request, options);
    if (!response.ok()) return Explained(response.status(), method);
    ++calls_;
    return response;
  }

  // The same for a request that is only a name.
  template <typename Response, typename Request>
  absl::StatusOr<Response> CallOn(absl::string_view officer,
                                  absl::string_view method,
                                  const std::string& name) {
    Request request;
    request.set_name(name);
    return Call<Response>(officer, method, request);
  }

  // Hands every new entry to `handler`, then acknowledges them.
  absl::Status ReadMail(const client::Mailbox::Handler& handler);

  int64_t mail_read() const { return mailbox_.position(); }
  int64_t calls() const { return calls_; }

 private:
  Office(std::unique_ptr<client::Client> client, std::string country,
         domain::Calendar calendar)
      : client_(std::move(client)),
        country_(std::move(country)),
        mailbox_(*client_, 0),
        agenda_(std::move(calendar)) {}

  absl::Status Explained(const absl::Status& status,
                         absl::string_view method) const;

  const std::unique_ptr<client::Client> client_;
  const std::string country_;
  client::Mailbox mailbox_;
  Agenda agenda_;
  int64_t calls_ = 0;
};

// Serves the clock of the demonstration: reads lines from standard input,
//
//     day 2022-10-17     the morning of a day: do what is due, answer `ok N`
//     quit               `finish`, answer `bye`, return
//
// and answers each on standard output. N counts the calls made so far. The end
// of the input is a quit. Returns the exit status.
int ServeDays(const std::function<absl::Status(absl::CivilDay)>& work,
              const std::function<int64_t()>& calls,
              const std::function<absl::Status()>& finish);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_OFFICE_H_
