#include "demo/report.h"

#include <algorithm>
#include <map>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "demo/columns.h"

namespace passerelle::demo {
namespace {

namespace pb = ::passerelle::v1;
using Study = pb::FeasibilityStudy;

constexpr size_t kOverdueExamples = 5;

absl::Time TimeOf(const google::protobuf::Timestamp& stamp) {
  return absl::FromUnixSeconds(stamp.seconds());
}

void AddHosts(const Table& table, std::string* out) {
  absl::StrAppend(out, "  ", Padded("Country (label_fr)", 26),
                  "women/girls  men/boys  total\n");
  int sums[3] = {0, 0, 0};
  for (const std::vector<std::string>& row : table.rows) {
    int cells[3] = {0, 0, 0};
    const char* const columns[3] = {"women_girls", "men_boys", "total"};
    for (int i = 0; i < 3; ++i) {
      const int column = table.Column(columns[i]);
      if (column < 0 ||
          !absl::SimpleAtoi(row[static_cast<size_t>(column)], &cells[i])) {
        continue;
      }
      sums[i] += cells[i];
    }
    const int label = table.Column("label_fr");
    absl::StrAppend(
        out, "  ",
        Padded(absl::StrCat(row[0], " ",
                            label < 0 ? "" : row[static_cast<size_t>(label)]),
               26),
        absl::StrFormat("%11d  %8d  %5d\n", cells[0], cells[1], cells[2]));
  }
  absl::StrAppend(
      out, "  ", Padded("All", 26),
      absl::StrFormat("%11d  %8d  %5d\n", sums[0], sums[1], sums[2]));
}

void AddList(absl::string_view title, const Table& table, std::string* out) {
  absl::StrAppend(out, "\n", title, "\n");
  for (const std::vector<std::string>& row : table.rows) {
    absl::StrAppend(out, "  ", Padded(row.front(), 26),
                    absl::StrFormat("%11s\n", row.back()));
  }
}

void AddCount(absl::string_view what, size_t count, std::string* out) {
  absl::StrAppend(out, "  ", Padded(what, 46), absl::StrFormat("%5d\n", count));
}

std::string MedianOf(std::vector<double> values) {
  if (values.empty()) return "none";
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1
                            ? values[middle]
                            : (values[middle - 1] + values[middle]) / 2;
  return absl::StrFormat("%.1f (shortest %.1f, longest %.1f, %d opinions)",
                         median, values.front(), values.back(), values.size());
}

// What there is to say of the studies.
struct Tally {
  std::map<pb::Opinion::Outcome, size_t> outcomes;
  std::map<Study::State, size_t> states;
  std::vector<double> days_to_answer;
  size_t studies = 0;
  size_t questions = 0;
  size_t answers = 0;
  size_t contested = 0;
  std::vector<std::string> overdue;

  void Add(const Study& study, const domain::Calendar& calendar);
};

void Tally::Add(const Study& study, const domain::Calendar& calendar) {
  ++studies;
  ++states[study.state()];
  for (const pb::Clarification& one : study.exchange().clarifications()) {
    ++questions;
    if (!one.answer().empty()) ++answers;
  }
  if (!study.contest_reason().empty()) ++contested;
  if (study.has_opinion()) {
    ++outcomes[study.opinion().outcome()];
    const absl::Duration time = calendar.Between(TimeOf(study.request_time()),
                                                 TimeOf(study.opinion_time()));
    days_to_answer.push_back(absl::FDivDuration(time, domain::kWorkingDay));
  }
  if (study.exchange().overdue()) {
    overdue.push_back(absl::StrCat(
        study.name(), ": ", study.exchange().awaited_mission(), " since ",
        absl::FormatTime("%Y-%m-%d", TimeOf(study.exchange().due_time()),
                         absl::UTCTimeZone())));
  }
}

}  // namespace

std::string Report(const KeptFiles& files, const Margins& counted,
                   const domain::Calendar& calendar, absl::CivilDay day) {
  Tally tally;
  size_t accepted = 0;
  size_t prepared = 0;
  size_t arrived = 0;
  size_t monitored = 0;
  size_t persons = 0;
  size_t members = 0;
  size_t vulnerable = 0;
  std::map<int, size_t> reasons;
  size_t visits = 0;
  size_t validated = 0;
  size_t attempts = 0;
  for (const auto& [reference, kept] : files) {
    if (kept.file.has_arrival_date()) {
      ++arrived;
    } else if (kept.file.stage() == pb::Case::TRAVEL_NOTIFIED ||
               kept.file.stage() == pb::Case::PLAN_PRELIMINARY) {
      ++prepared;
    } else if (kept.file.stage() == pb::Case::ACCEPTED) {
      ++accepted;
    }
    if (kept.file.stage() == pb::Case::MONITORING) ++monitored;
    for (const pb::Person& person : kept.persons) {
      ++persons;
      if (person.relation() != pb::Person::PRINCIPAL) ++members;
      if (person.vulnerabilities_size() > 0) ++vulnerable;
      for (const int reason : person.return_reasons()) ++reasons[reason];
    }
    if (!kept.study.name().empty()) tally.Add(kept.study, calendar);
    if (kept.visit.name().empty()) continue;
    ++visits;
    if (kept.visit.state() == pb::MonitoringVisit::VALIDATED) ++validated;
    attempts += static_cast<size_t>(kept.visit.attempt_count());
  }
  std::string out =
      absl::StrCat("Returns to Morocco, as the origin mission fetched them; ",
                   absl::FormatCivilTime(day), "\n\nPersons by host country\n");
  AddHosts(counted.by_host, &out);
  AddList(absl::StrCat("Age on ", absl::FormatCivilTime(kReferenceDay)),
          counted.by_age, &out);
  AddList("Region of return", counted.by_region, &out);

  AddList("Men, women, boys and girls", counted.by_category, &out);

  absl::StrAppend(&out, "\nPersons and families\n");
  AddCount("files", files.size(), &out);
  AddCount("persons in them", persons, &out);
  AddCount("who travel with the principal", members, &out);
  AddCount("returned for want of means", reasons[pb::Person::NO_MEANS], &out);
  AddCount("returned because the journey was interrupted",
           reasons[pb::Person::JOURNEY_INTERRUPTED], &out);
  AddCount("with a vulnerability that the focal point sees", vulnerable, &out);

  absl::StrAppend(&out, "\nFeasibility studies\n");
  AddCount("requested", tally.studies, &out);
  AddCount("opinion: feasible", tally.outcomes[pb::Opinion::FEASIBLE], &out);
  AddCount("opinion: feasible with conditions",
           tally.outcomes[pb::Opinion::FEASIBLE_WITH_CONDITIONS], &out);
  AddCount("opinion: not feasible", tally.outcomes[pb::Opinion::NOT_FEASIBLE],
           &out);
  AddCount("contested, then resolved by an amended opinion", tally.contested,
           &out);
  AddCount("withdrawn: the person stopped", tally.states[Study::WITHDRAWN],
           &out);
  AddCount("lapsed: nobody took it in time", tally.states[Study::LAPSED], &out);
  AddCount("questions asked of host missions", tally.questions, &out);
  AddCount("questions answered", tally.answers, &out);
  absl::StrAppend(&out, "  Median time to answer in working days of Morocco: ",
                  MedianOf(tally.days_to_answer), "\n");

  absl::StrAppend(&out, "\nOverdue: ", tally.overdue.size(), "\n");
  for (size_t i = 0; i < std::min(kOverdueExamples, tally.overdue.size());
       ++i) {
    absl::StrAppend(&out, "  ", tally.overdue[i], "\n");
  }
  if (tally.overdue.size() > kOverdueExamples) {
    absl::StrAppend(&out, "  and ", tally.overdue.size() - kOverdueExamples,
                    " more\n");
  }

  absl::StrAppend(&out, "\nAfter the study\n");
  AddCount("no opinion that return is arranged on", accepted, &out);
  AddCount("return being prepared", prepared, &out);
  AddCount("returned", arrived, &out);
  AddCount("now in monitoring", monitored, &out);
  AddCount("monitoring visits planned", visits, &out);
  AddCount("monitoring visits reported and validated", validated, &out);
  AddCount("attempts that met nobody", attempts, &out);
  return out;
}

}  // namespace passerelle::demo
