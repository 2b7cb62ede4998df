#ifndef PASSERELLE_DEMO_RULES_H_
#define PASSERELLE_DEMO_RULES_H_

#include "passerelle/v1/feasibility_study.pb.h"

// What happens to which file, from its number, so that every run ends the same.
// Delays are counted in working days of the mission that acts.

namespace passerelle::demo {

// Host missions.

// Files are opened over the first three weeks.
inline constexpr int kOpeningDays = 15;
constexpr int OpensAfter(int number) { return number * 7 % kOpeningDays; }
// The person gives up the project while it is being studied.
constexpr bool PersonStops(int number) { return number == 101; }
constexpr int AnswersAfter(int number) { return 1 + number % 4; }
// Nobody at the host mission takes note of the opinion.
constexpr bool HostForgets(int number) { return number % 100 == 50; }
constexpr int AcknowledgesAfter(int number) { return number % 3; }
constexpr bool Contests(int number) { return number == 57; }

// The origin mission.

// Left untouched until the request lapses.
constexpr bool LeftUntouched(int number) { return number == 144; }
// Taken, then never concluded.
constexpr bool NeverConcluded(int number) { return number % 72 == 36; }
constexpr int AssignsAfter(int number) { return number % 3; }
constexpr bool NeedsClarification(int number) { return number % 6 == 1; }
constexpr bool NeedsFieldCheck(int number) { return number % 4 == 2; }
constexpr int SubmitsAfter(int number) { return 1 + number * 5 % 8; }
constexpr int ResolvesAfter() { return 3; }
constexpr int ArrivesAfter(int number) { return 5 + number % 7; }
// The first visit finds nobody.
constexpr bool FirstVisitFails(int number) { return number % 17 == 0; }
// Calendar days between arrival and visit.
inline constexpr int kVisitAfterDays = 30;

constexpr passerelle::v1::Opinion::Outcome OutcomeOf(int number) {
  using passerelle::v1::Opinion;
  if (number % 19 == 0) return Opinion::NOT_FEASIBLE;
  if (number % 5 == 3) return Opinion::FEASIBLE_WITH_CONDITIONS;
  return Opinion::FEASIBLE;
}

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_RULES_H_
