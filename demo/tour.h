#ifndef PASSERELLE_DEMO_TOUR_H_
#define PASSERELLE_DEMO_TOUR_H_

#include <string>

#include "absl/status/status.h"

namespace passerelle::demo {

// Opens one more file, shares it with five partners, and prints what each sees
// of it, who looked, and what is left when a consent ends. `profiles` is a
// profiles file with profiles `tn`, `ma`, `es` and `de` of missions of IOM, and
// `ngo` and `consulate` of partners that RegisterPartners registered.
//
// Returns: kFailedPrecondition when a partner sees something else than the
// policy gives it.
absl::Status ShowTour(const std::string& profiles);

// Registers the two partners of the tour, with an officer each.
absl::Status RegisterPartners(const std::string& profiles);

}  // namespace passerelle::demo

#endif  // PASSERELLE_DEMO_TOUR_H_
