#ifndef PASSERELLE_SERVER_MATCHING_POPULATION_H_
#define PASSERELLE_SERVER_MATCHING_POPULATION_H_

#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "server/matching/record.h"

namespace passerelle::matching {

// Position of a record in the order it was added.
using Row = uint32_t;

// Records in the form that comparing needs: words interned, about 150 bytes
// each. Everything that is compared is kept, nothing else.
//
// Not thread safe while records are added; any number of readers afterwards.
class Population {
 public:
  Population();
  ~Population();
  Population(Population&&) noexcept;
  Population& operator=(Population&&) noexcept;

  // INVALID_ARGUMENT: the id is empty or too long. ALREADY_EXISTS: the id was
  // added before. RESOURCE_EXHAUSTED: more than `kMaxRows`. After an error
  // nothing was added.
  absl::StatusOr<Row> Add(const Record& record);

  size_t size() const;
  absl::string_view id(Row row) const;

  static constexpr size_t kMaxRows = 20'000'000;

  // For the engine. Frequencies of words are worked out at need, so it is not
  // const.
  class Impl;
  Impl& impl() const { return *impl_; }

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace passerelle::matching

#endif  // PASSERELLE_SERVER_MATCHING_POPULATION_H_
