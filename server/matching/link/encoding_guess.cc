#include "server/matching/link/encoding_guess.h"

#include <unicode/ucsdet.h>
#include <unicode/utf8.h>

#include <algorithm>
#include <cstdint>
#include <memory>

#include "absl/strings/match.h"
#include "common/status_macros.h"

namespace passerelle::link {
namespace {

// What ICU judges by: more gains nothing.
constexpr size_t kSampleBytes = 128 << 10;

// Counts characters of UTF-8 across the pieces of a file.
class Utf8Count {
 public:
  void Add(absl::string_view piece) {
    // A character cut by the end of the piece before is completed first.
    std::string joined;
    if (!rest_.empty()) {
      joined = rest_ + std::string(piece);
      piece = joined;
      rest_.clear();
    }
    const auto* bytes = reinterpret_cast<const uint8_t*>(piece.data());
    const auto size = static_cast<int32_t>(piece.size());
    int32_t at = 0;
    while (at < size) {
      if (bytes[at] < 0x80) {
        ++at;
        continue;
      }
      if (size - at < 4 && U8_COUNT_TRAIL_BYTES(bytes[at]) >= size - at) {
        rest_ = std::string(piece.substr(static_cast<size_t>(at)));
        return;
      }
      UChar32 character = 0;
      U8_NEXT(bytes, at, size, character);
      ++(character < 0 ? invalid_ : valid_);
    }
  }
  void End() { invalid_ += rest_.empty() ? 0 : 1; }

  // Characters beyond ASCII, and places that are none.
  uint64_t valid() const { return valid_; }
  uint64_t invalid() const { return invalid_; }

 private:
  std::string rest_;
  uint64_t valid_ = 0;
  uint64_t invalid_ = 0;
};

// Latin text in UTF-16 has a zero in every other byte.
EncodingGuess Utf16ByZeros(absl::string_view sample) {
  size_t zeros[2] = {0, 0};
  for (size_t i = 0; i < sample.size(); ++i) {
    if (sample[i] == '\0') ++zeros[i % 2];
  }
  const size_t many = sample.size() / 8;
  if (zeros[1] > many && zeros[0] < zeros[1] / 8) return {"UTF-16LE", 0, false};
  if (zeros[0] > many && zeros[1] < zeros[0] / 8) return {"UTF-16BE", 0, false};
  return {};
}

std::string LikeliestSingleByte(absl::string_view sample) {
  UErrorCode error = U_ZERO_ERROR;
  const std::unique_ptr<UCharsetDetector, decltype(&ucsdet_close)> detector(
      ucsdet_open(&error), &ucsdet_close);
  ucsdet_setText(detector.get(), sample.data(),
                 static_cast<int32_t>(sample.size()), &error);
  int32_t count = 0;
  const UCharsetMatch** matches =
      ucsdet_detectAll(detector.get(), &count, &error);
  for (int32_t i = 0; U_SUCCESS(error) && i < count; ++i) {
    const absl::string_view name = ucsdet_getName(matches[i], &error);
    // ISO-8859-1 is windows-1252 without its quotes and its letter OE.
    if (name == "ISO-8859-1") return "windows-1252";
    if (absl::StartsWith(name, "ISO-8859-") ||
        absl::StartsWith(name, "windows-")) {
      return std::string(name);
    }
  }
  return "windows-1252";
}

// Lines with bytes beyond ASCII, which are all that tells encodings apart.
void Collect(absl::string_view piece, std::string* sample) {
  while (!piece.empty() && sample->size() < kSampleBytes) {
    const size_t end = std::min(piece.find('\n'), piece.size() - 1) + 1;
    const absl::string_view line = piece.substr(0, end);
    const bool plain = std::all_of(line.begin(), line.end(), [](char c) {
      return static_cast<unsigned char>(c) < 0x80;
    });
    if (!plain) {
      sample->append(line.data(),
                     std::min(line.size(), kSampleBytes - sample->size()));
    }
    piece.remove_prefix(end);
  }
}

}  // namespace

EncodingGuess EncodingOfMark(absl::string_view head) {
  if (absl::StartsWith(head, "\xEF\xBB\xBF")) return {"UTF-8", 3, true};
  // UTF-32's mark begins like that of UTF-16.
  if (absl::StartsWith(head, absl::string_view("\xFF\xFE\0\0", 4))) {
    return {"UTF-32LE", 4, true};
  }
  if (absl::StartsWith(head, absl::string_view("\0\0\xFE\xFF", 4))) {
    return {"UTF-32BE", 4, true};
  }
  if (absl::StartsWith(head, "\xFF\xFE")) return {"UTF-16LE", 2, true};
  if (absl::StartsWith(head, "\xFE\xFF")) return {"UTF-16BE", 2, true};
  return {};
}

absl::StatusOr<EncodingGuess> GuessEncoding(ByteFile& file) {
  Utf8Count utf8;
  std::string sample;
  bool first = true;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view piece, file.Next());
    if (piece.empty()) break;
    if (first) {
      EncodingGuess utf16 = Utf16ByZeros(piece.substr(0, kSampleBytes));
      if (!utf16.name.empty()) return utf16;
      first = false;
    }
    utf8.Add(piece);
    Collect(piece, &sample);
  }
  utf8.End();
  // A few bad bytes among many good characters are damage, not an encoding.
  if (utf8.invalid() <= utf8.valid()) return EncodingGuess{"UTF-8", 0, true};
  return EncodingGuess{LikeliestSingleByte(sample), 0, false};
}

}  // namespace passerelle::link
