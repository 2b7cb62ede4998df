// Measures the matching engine on the development data:
//   passerelle-bench-linkage ../shared/data/linkage [names] [records] …
#include <cstdio>
#include <cstdlib>
#include <set>
#include <string>

#include "tests/bench/linkage/generated.h"
#include "tests/bench/linkage/names.h"
#include "tests/bench/linkage/records.h"
#include "tests/bench/linkage/table.h"
#include "tests/bench/linkage/tracing.h"

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: %s FOLDER [names]\n", argv[0]);
    return 2;
  }
  const std::string folder = argv[1];
  const std::set<std::string> parts(argv + 2, argv + argc);
  const auto wanted = [&](const char* part) {
    return parts.empty() || parts.contains(part);
  };
  passerelle::bench::Report report;
  if (wanted("names")) passerelle::bench::MeasureNames(folder, &report);
  if (wanted("records")) passerelle::bench::MeasureRecords(folder, 2, &report);
  if (wanted("tracing")) passerelle::bench::MeasureTracing(folder, 2, &report);
  if (wanted("speed")) {
    const char* const people = std::getenv("PASSERELLE_LINKAGE_PEOPLE");
    passerelle::bench::MeasureSpeed(
        people == nullptr ? 1'300'000 : std::strtoul(people, nullptr, 10), 2,
        &report);
  }
  report.Print();
  return 0;
}
