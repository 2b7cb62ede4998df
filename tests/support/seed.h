#ifndef PASSERELLE_TESTS_SUPPORT_SEED_H_
#define PASSERELLE_TESTS_SUPPORT_SEED_H_

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <random>

namespace passerelle::testing {

// The seed of a random test: PASSERELLE_TEST_SEED, or a fresh one. Printed, so
// that a failure can be repeated.
inline uint64_t Seed() {
  const char* given = std::getenv("PASSERELLE_TEST_SEED");
  const uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10)
                                         : std::random_device{}();
  std::cout << "PASSERELLE_TEST_SEED=" << seed << std::endl;
  return seed;
}

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_SEED_H_
