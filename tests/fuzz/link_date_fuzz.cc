#include <algorithm>

#include "server/matching/link/birth_date.h"
#include "tests/fuzz/fuzz_target.h"

namespace passerelle::fuzz {

// A format, a line feed, a date.
std::vector<std::string> Seeds() {
  return {"%Y%m%d\n19840203", "%d.%m.%Y\n3.2.1984", "%e %B %Y\n3 February 1984",
          "%y%%\n84%",        "\n03/02/1984 00:00", "\n1984-02-03T00:00:00Z",
          "\n٠٣/٠٢/١٩٨٤",     "\n1984-00-00",       "%m/%Y\n13/9999"};
}

}  // namespace passerelle::fuzz

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using passerelle::link::BirthReading;
  const std::string input(reinterpret_cast<const char*>(data), size);
  const size_t end = std::min(input.find('\n'), input.size());
  const std::string format = input.substr(0, end);
  std::vector<std::string> formats;
  if (passerelle::link::DateFormat::Parse(format)) formats.push_back(format);
  const BirthReading reading = passerelle::link::BirthDateReader(formats).Read(
      input.substr(std::min(end + 1, input.size())));
  if (reading.birth) {
    passerelle::fuzz::Require(reading.birth->first <= reading.birth->last);
    passerelle::fuzz::Require(reading.birth->is_year());
    passerelle::fuzz::Require(reading.quality == BirthReading::kRead ||
                              reading.quality == BirthReading::kPartly);
  }
  return 0;
}
