#ifndef PASSERELLE_DEMO_RULES_H_
#define PASSERELLE_DEMO_RULES_H_

#include "passerelle/v1/feasibility_study.pb.h"
#include "passerelle/v1/person.pb.h"

// What happens to which file, from its number, so that every run ends the same.
// Delays are counted in working days of the mission that acts.

namespace passerelle::demo {

// Persons. The reasons for return have the shares that the annual report 2022
// prints of those who returned from Morocco: 61 % no means of subsistence, 15 %
// an interrupted journey. It prints no share of vulnerabilities among those who
// came home; the ones here are invented.

constexpr bool OnlyTheYearIsKnown(int number) { return number % 7 == 3; }
constexpr bool IsStranded(int number) { return number % 9 == 4; }
constexpr bool LivesWithDisability(int number) { return number % 36 == 7; }
// Recorded by a medical officer.
constexpr bool NeedsMedicalCare(int number) { return number % 12 == 5; }
// Recorded by a protection officer.
constexpr bool WasTrafficked(int number) { return number % 54 == 20; }

constexpr passerelle::v1::Person::ReturnReason ReasonOf(int number) {
  using passerelle::v1::Person;
  const int place = number * 37 % 100;
  if (place < 61) return Person::NO_MEANS;
  if (place < 76) return Person::JOURNEY_INTERRUPTED;
  return place < 90 ? Person::FAMILY : Person::OTHER_REASON;
}

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
// Working days between taking note of the opinion and arriving.
constexpr int ArrivesAfter(int number) { return 5 + number % 7; }

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
constexpr int MeetsAfter(int number) { return 1 + number % 3; }
inline constexpr int kAgreesAfter = 2;  // after the first meeting
inline constexpr int kBeginsAfter = 3;  // after the plan is agreed
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
