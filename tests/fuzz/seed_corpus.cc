// libFuzzer begins with the target's seeds: they are put into the folder that
// is the last argument, beside what earlier runs found.

#include <filesystem>
#include <fstream>
#include <string>

#include "tests/fuzz/fuzz_target.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
  const std::filesystem::path folder = (*argv)[*argc - 1];
  if (!std::filesystem::is_directory(folder)) return 0;
  int number = 0;
  for (const std::string& seed : passerelle::fuzz::Seeds()) {
    const std::string name = "seed" + std::to_string(number++);
    std::ofstream(folder / name, std::ios::binary) << seed;
  }
  return 0;
}
