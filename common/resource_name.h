#ifndef PASSERELLE_COMMON_RESOURCE_NAME_H_
#define PASSERELLE_COMMON_RESOURCE_NAME_H_

#include <optional>
#include <string>

#include "absl/strings/string_view.h"

namespace passerelle {

// A parsed resource name. All names have one of two forms:
//   {root_collection}/{root}                          cases/c01…
//   {root_collection}/{root}/{collection}/{id}        cases/c01…/plans/p01…
// In the first form collection and id repeat the root.
struct ResourceName {
  std::string root_collection;
  std::string root;
  std::string collection;
  std::string id;

  bool is_root() const { return collection == root_collection; }
};

// Returns nothing for a malformed name: wrong number of segments, an empty or
// over-long segment, a character outside [a-zA-Z0-9-], or a collection inside
// itself.
std::optional<ResourceName> ParseResourceName(absl::string_view name);

// cases/c01…  for ("cases", "c01…").
std::string RootName(absl::string_view collection, absl::string_view id);

// cases/c01…/plans/p01…
std::string ChildName(absl::string_view parent, absl::string_view collection,
                      absl::string_view id);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_RESOURCE_NAME_H_
