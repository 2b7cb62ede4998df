// Guards and effects of monitoring visits.

#include <memory>
#include <string>

#include "generated/monitoring_visit.verbs.h"
#include "server/domain/dates.h"
#include "server/domain/errors.h"
#include "server/domain/stages.h"

namespace passerelle::domain {
namespace {

using Visit = pb::MonitoringVisit;

constexpr int kMaxAttempts = 3;

class MonitoringVisits final : public MonitoringVisitVerbs {
 public:
  absl::Status CreateMonitoringVisit(const pb::CreateMonitoringVisitRequest&,
                                     Change<Visit> change) override {
    if (!HasReturned(*change->file)) {
      return Failure(pb::NOT_RETURNED, "The person has not arrived.");
    }
    change->counterpart = change->file->host_mission();
    return absl::OkStatus();
  }

  absl::Status RecordVisitAttempt(const pb::RecordVisitAttemptRequest&,
                                  Change<Visit> change) override {
    Visit& visit = change.resource();
    visit.set_attempt_count(visit.attempt_count() + 1);
    if (visit.attempt_count() >= kMaxAttempts) {
      change->chosen_state = Visit::UNREACHABLE;
    }
    return absl::OkStatus();
  }

  absl::Status RecordVisit(const pb::RecordVisitRequest& request,
                           Change<Visit> change) override {
    if (DayOf(request.visit_date()) < DayOf(change->file->arrival_date())) {
      return Failure(pb::VISIT_DATE_INVALID,
                     "The visit lies before the arrival.");
    }
    Visit& visit = change.resource();
    *visit.mutable_visit_date() = request.visit_date();
    visit.set_method(request.method());
    visit.set_interviewer(change->actor().officer);
    return absl::OkStatus();
  }

  absl::Status SubmitVisitReport(const pb::SubmitVisitReportRequest& request,
                                 Change<Visit> change) override {
    pb::VisitReport* draft = change.resource().mutable_draft_report();
    *draft = request.report();
    draft->set_author(change->actor().officer);
    return absl::OkStatus();
  }

  absl::Status ValidateVisitReport(const pb::ValidateVisitReportRequest&,
                                   Change<Visit> change) override {
    Visit& visit = change.resource();
    // Whoever met the person and whoever wrote the report may be two.
    const std::string& officer = change->actor().officer;
    if (officer == visit.interviewer() ||
        officer == visit.draft_report().author()) {
      return Failure(pb::SECOND_OFFICER_REQUIRED,
                     "The officer who made the visit or wrote the report "
                     "cannot validate it.");
    }
    visit.mutable_report()->Swap(visit.mutable_draft_report());
    visit.clear_draft_report();
    visit.set_validator(officer);
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeMonitoringVisitVerbs() {
  return std::make_unique<MonitoringVisits>();
}

}  // namespace passerelle::domain
