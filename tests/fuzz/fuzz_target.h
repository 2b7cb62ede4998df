#ifndef PASSERELLE_TESTS_FUZZ_FUZZ_TARGET_H_
#define PASSERELLE_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

// What a fuzzer calls. A target must neither crash, nor hang, nor use memory
// out of proportion, whatever it is given; it aborts when a promise about its
// result is broken.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace passerelle::fuzz {

// Inputs that get deep into the target, to begin from. Each target has them.
std::vector<std::string> Seeds();

// Ends the program: the fuzzer then keeps the input.
inline void Require(bool promise) {
  if (!promise) __builtin_trap();
}

}  // namespace passerelle::fuzz

#endif  // PASSERELLE_TESTS_FUZZ_FUZZ_TARGET_H_
