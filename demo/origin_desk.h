#ifndef PASSERELLE_DEMO_ORIGIN_DESK_H_
#define PASSERELLE_DEMO_ORIGIN_DESK_H_

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "demo/office.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/mailbox.pb.h"
#include "passerelle/v1/monitoring_visit.pb.h"
#include "passerelle/v1/person.pb.h"

namespace passerelle::demo {

// What the origin mission holds of one file: the answers it fetched, newest.
struct KeptFile {
  passerelle::v1::Case file;
  std::vector<passerelle::v1::Person> persons;
  std::string host_country;
  passerelle::v1::FeasibilityStudy study;
  passerelle::v1::MonitoringVisit visit;
};
using KeptFiles = std::map<std::string, KeptFile>;  // by reference

// The officers of the origin mission at work. Not thread safe.
class OriginDesk {
 public:
  explicit OriginDesk(std::unique_ptr<Office> office)
      : office_(std::move(office)) {}

  // Reads the mail and, on working days, does what is due.
  absl::Status Work(absl::CivilDay day);
  // Reads the mail that is left.
  absl::Status Finish();

  const KeptFiles& kept() const { return kept_; }
  int64_t mail_read() const { return office_->mail_read(); }
  int64_t calls() const { return office_->calls(); }

 private:
  using Study = passerelle::v1::FeasibilityStudy;

  absl::Status Take(const passerelle::v1::MailboxEntry& entry);
  // Fetches the file, or what is in it, again and keeps it.
  absl::StatusOr<KeptFile*> Refresh(const std::string& resource);
  absl::Status AcceptFile(KeptFile* kept);
  absl::Status PlanStudy(KeptFile* kept);

  absl::Status Assign(KeptFile* kept);
  absl::Status Ask(KeptFile* kept);
  absl::Status Submit(KeptFile* kept);
  absl::Status Validate(KeptFile* kept);
  absl::Status Resolve(KeptFile* kept);
  absl::Status AwaitArrival(KeptFile* kept);
  absl::Status ConfirmArrival(KeptFile* kept);
  absl::Status Meet(KeptFile* kept);
  absl::Status AgreePlan(KeptFile* kept);
  absl::Status Visit(KeptFile* kept);

  template <typename Request>
  absl::Status OnStudy(absl::string_view officer, absl::string_view method,
                       Request request, KeptFile* kept);
  template <typename Request>
  absl::Status OnFile(absl::string_view method, Request request,
                      KeptFile* kept);
  template <typename Request>
  absl::Status OnVisit(absl::string_view officer, absl::string_view method,
                       Request request, KeptFile* kept);

  const std::unique_ptr<Office> office_;
  KeptFiles kept_;
  std::map<std::string, std::string> references_;  // by resource name of file
  std::map<std::string, std::string> countries_;   // by mission
};

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_ORIGIN_DESK_H_
