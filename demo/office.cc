#include "demo/office.h"

#include <cstdio>
#include <iostream>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/strip.h"
#include "clients/cpp/profile.h"
#include "common/status_details.h"
#include "common/status_macros.h"

namespace passerelle::demo {

std::string MissionId(absl::string_view country) {
  return absl::StrCat("iom-", absl::AsciiStrToLower(country));
}

absl::StatusOr<std::unique_ptr<Office>> Office::Open(
    const std::string& profiles, const std::string& country,
    domain::Calendar calendar) {
  PASSERELLE_ASSIGN_OR_RETURN(
      const client::Profile profile,
      client::LoadProfile(profiles, absl::AsciiStrToLower(country)));
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<client::Client> client,
                              client::Client::Open(profile));
  return std::unique_ptr<Office>(
      new Office(std::move(client), country, std::move(calendar)));
}

absl::Status Office::ReadMail(const client::Mailbox::Handler& handler) {
  for (;;) {
    PASSERELLE_ASSIGN_OR_RETURN(const auto entries, mailbox_.Fetch());
    if (entries.empty()) return absl::OkStatus();
    for (const passerelle::v1::MailboxEntry& entry : entries) {
      PASSERELLE_RETURN_IF_ERROR(handler(entry));
    }
    PASSERELLE_RETURN_IF_ERROR(
        mailbox_.Acknowledge(mailbox_.position()).status());
  }
}

absl::Status Office::Explained(const absl::Status& status,
                               absl::string_view method) const {
  return absl::Status(status.code(), absl::StrCat(country_, " ", method, ": ",
                                                  DetailsOf(status).reason, " ",
                                                  status.message()));
}

int ServeDays(const std::function<absl::Status(absl::CivilDay)>& work,
              const std::function<int64_t()>& calls,
              const std::function<absl::Status()>& finish) {
  absl::Status status;
  std::string line;
  while (status.ok() && std::getline(std::cin, line) && line != "quit") {
    absl::string_view text = line;
    absl::CivilDay day;
    if (!absl::ConsumePrefix(&text, "day ") ||
        !absl::ParseCivilTime(text, &day)) {
      status =
          absl::InvalidArgumentError(absl::StrCat("not understood: ", line));
      break;
    }
    status = work(day);
    if (status.ok()) std::cout << "ok " << calls() << std::endl;
  }
  if (status.ok()) status = finish();
  if (!status.ok()) {
    std::cerr << status << std::endl;
    std::cout << "failed" << std::endl;
    return 1;
  }
  std::cout << "bye" << std::endl;
  return 0;
}

}  // namespace passerelle::demo
