#ifndef PASSERELLE_TESTS_BENCH_LINKAGE_GENERATED_H_
#define PASSERELLE_TESTS_BENCH_LINKAGE_GENERATED_H_

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "server/matching/record.h"
#include "tests/bench/linkage/table.h"

namespace passerelle::bench {

// Made-up people with names as concentrated as in West African registers: 2,000
// given and 5,000 family names by Zipf's law, the commonest given name held by
// 8.6 % and the commonest family name by 5 %; 15 % of births on 1 January, 10 %
// a year alone; a third with a telephone. One record in twelve is another
// writing of an earlier person. The same seed gives the same people.
class PeopleGenerator {
 public:
  explicit PeopleGenerator(uint32_t seed);

  // The next record; ids are "p0", "p1", ….
  matching::Record Next();
  // The person as another mission might write them.
  matching::Record Distort(const matching::Record& person);

 private:
  std::string MakeName(int syllables);
  const std::string& Draw(const std::vector<std::string>& names,
                          const std::vector<double>& cumulative);
  std::string Misspell(const std::string& name);
  double Uniform() { return std::uniform_real_distribution<>()(random_); }

  std::mt19937_64 random_;
  std::vector<std::string> given_, family_, places_;
  std::vector<double> given_shares_, family_shares_, place_shares_;
  std::vector<matching::Record> earlier_;
  uint64_t next_id_ = 0;
};

// Bulk de-duplication with EM and single searches on `people` made-up people.
void MeasureSpeed(size_t people, int threads, Report* report);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_LINKAGE_GENERATED_H_
