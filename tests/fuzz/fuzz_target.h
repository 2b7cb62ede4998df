#ifndef PASSERELLE_TESTS_FUZZ_FUZZ_TARGET_H_
#define PASSERELLE_TESTS_FUZZ_FUZZ_TARGET_H_

#include <cstddef>
#include <cstdint>

// The entry point libFuzzer calls; clang's -fsanitize=fuzzer brings the main
// function. Here seeded_inputs_main.cc drives it as a quick test.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

#endif  // PASSERELLE_TESTS_FUZZ_FUZZ_TARGET_H_
