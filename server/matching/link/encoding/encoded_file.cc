#include "server/matching/link/encoding/encoded_file.h"

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "common/status_macros.h"
#include "server/matching/link/byte_file.h"
#include "server/matching/link/encoding/grams.h"
#include "server/matching/link/output_file.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {
namespace {

constexpr char kMagic[] = "passerelle-encodings";
// Of one person: filters, blocks and id.
constexpr size_t kMaxLineBytes = 8 << 10;
constexpr size_t kMaxSalts = 3;
constexpr size_t kBatchBytes = 16;

// Integers and filters are written with the lowest byte first.
std::string Base64Of(std::span<const uint64_t> words) {
  std::string bytes;
  for (const uint64_t word : words) {
    for (int shift = 0; shift < 64; shift += 8) {
      bytes.push_back(static_cast<char>(word >> shift & 0xFF));
    }
  }
  return absl::Base64Escape(bytes);
}

bool WordsOf(absl::string_view base64, std::vector<uint64_t>* words) {
  std::string bytes;
  if (!absl::Base64Unescape(base64, &bytes) || bytes.size() % 8 != 0) {
    return false;
  }
  words->assign(bytes.size() / 8, 0);
  for (size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    (*words)[i / 8] |= uint64_t{byte} << (8 * (i % 8));
  }
  return true;
}

bool IsPlain(unsigned char byte) {
  return byte > ' ' && byte != '%' && byte != 0x7F;
}

std::string EscapedId(absl::string_view id) {
  std::string escaped;
  for (const char c : id) {
    const auto byte = static_cast<unsigned char>(c);
    if (IsPlain(byte)) {
      escaped.push_back(c);
    } else {
      absl::StrAppend(&escaped, "%",
                      absl::BytesToHexString(absl::string_view(&c, 1)));
    }
  }
  return escaped;
}

bool UnescapeId(absl::string_view escaped, std::string* id) {
  for (size_t i = 0; i < escaped.size(); ++i) {
    if (escaped[i] != '%') {
      if (!IsPlain(static_cast<unsigned char>(escaped[i]))) return false;
      id->push_back(escaped[i]);
      continue;
    }
    if (i + 2 >= escaped.size() ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(escaped[i + 1])) ||
        !absl::ascii_isxdigit(static_cast<unsigned char>(escaped[i + 2]))) {
      return false;
    }
    absl::StrAppend(id, absl::HexStringToBytes(escaped.substr(i + 1, 2)));
    i += 2;
  }
  return !id->empty();
}

// Writes text and keeps the hash of it.
class HashedOutput {
 public:
  explicit HashedOutput(OutputFile* file) : file_(*file) {
    crypto_hash_sha256_init(&state_);
  }
  void Write(absl::string_view text) {
    crypto_hash_sha256_update(
        &state_, reinterpret_cast<const unsigned char*>(text.data()),
        text.size());
    file_.Write(text);
  }
  std::string Hash() {
    std::string digest(crypto_hash_sha256_BYTES, '\0');
    crypto_hash_sha256_final(&state_,
                             reinterpret_cast<unsigned char*>(digest.data()));
    return absl::BytesToHexString(digest);
  }

 private:
  OutputFile& file_;
  crypto_hash_sha256_state state_{};
};

// Takes lines off the front of a text and knows their number.
class Lines {
 public:
  explicit Lines(absl::string_view text) : rest_(text) {}

  // False at the end, and for a last line that is not ended.
  bool Next(absl::string_view* line) {
    const size_t end = rest_.find('\n');
    if (end == absl::string_view::npos) return false;
    *line = rest_.substr(0, end);
    rest_.remove_prefix(end + 1);
    ++number_;
    return true;
  }
  uint64_t number() const { return number_; }
  absl::string_view rest() const { return rest_; }

 private:
  absl::string_view rest_;
  uint64_t number_ = 0;
};

class Parser {
 public:
  Parser(absl::string_view text, const std::string& path)
      : text_(text), lines_(text) {
    file_.path = path;
  }

  absl::StatusOr<EncodedFile> Parse() {
    PASSERELLE_RETURN_IF_ERROR(ParseHeader());
    for (size_t i = 0; i < people_; ++i) {
      PASSERELLE_RETURN_IF_ERROR(ParsePerson());
    }
    PASSERELLE_RETURN_IF_ERROR(ParseEnd());
    return std::move(file_);
  }

 private:
  absl::Status Wrong(absl::string_view what) const {
    return Problem(Reason::kEncoding, {file_.path, lines_.number(), ""}, what);
  }

  // "name value".
  absl::StatusOr<absl::string_view> Entry(absl::string_view name) {
    absl::string_view line;
    if (!lines_.Next(&line)) return Wrong("the file is cut short");
    if (!absl::ConsumePrefix(&line, name) || !absl::ConsumePrefix(&line, " ")) {
      return Wrong(absl::StrCat("there is no \"", name, "\"; not a file of ",
                                "encodings, or damaged"));
    }
    return line;
  }

  absl::Status ParseHeader() {
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view version, Entry(kMagic));
    if (version != absl::StrCat(kEncodingVersion)) {
      return Wrong(absl::StrCat("encodings of version ", version.substr(0, 16),
                                "; this program knows ", kEncodingVersion));
    }
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view key, Entry("key"));
    file_.fingerprint = std::string(key.substr(0, 64));
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view hardening,
                                Entry("hardening"));
    if (!ParseHardening(hardening)) return Wrong("not a hardening");
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view bits, Entry("bits"));
    if (bits != absl::StrCat(EncodedBits(file_.hardening))) {
      return Wrong(absl::StrCat("filters of ", bits.substr(0, 16),
                                " bits; this hardening has ",
                                EncodedBits(file_.hardening)));
    }
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view batch, Entry("batch"));
    file_.batch = std::string(batch.substr(0, 64));
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view people,
                                Entry("people"));
    if (!absl::SimpleAtoi(people, &people_) || people_ > kMaxBatch) {
      return Wrong("not a number of people");
    }
    if (people_ < kMinBatch) {
      return Problem(Reason::kTooFewPeople, {file_.path, lines_.number(), ""},
                     absl::StrCat("fewer than ", kMinBatch, " people"));
    }
    return absl::OkStatus();
  }

  bool ParseHardening(absl::string_view text) {
    for (const bool fold : {false, true}) {
      for (const bool salt : {false, true}) {
        for (int flip = 0; flip <= kMaxFlipPercent; ++flip) {
          file_.hardening = {fold, flip, salt};
          if (HardeningText(file_.hardening) == text) return true;
        }
      }
    }
    return false;
  }

  absl::Status ParsePerson() {
    absl::string_view line;
    if (!lines_.Next(&line)) return Wrong("the file is cut short");
    if (line.size() > kMaxLineBytes) return Wrong("the line is too long");
    const std::vector<absl::string_view> parts = absl::StrSplit(line, ' ');
    if (parts.size() != 3) return Wrong("not an encoding of a person");
    Encoding person;
    std::vector<uint64_t> words;
    for (const absl::string_view text : absl::StrSplit(parts[0], ',')) {
      const auto bits = static_cast<size_t>(EncodedBits(file_.hardening));
      if (!WordsOf(text, &words) || words.size() * 64 != bits ||
          person.filters.size() == kMaxSalts) {
        return Wrong("filters are damaged, or of another length");
      }
      Filter filter;
      filter.size = words.size();
      std::copy(words.begin(), words.end(), filter.words.begin());
      person.filters.push_back(filter);
    }
    if (!WordsOf(parts[1], &person.blocks) ||
        person.blocks.size() > kMaxBlockKeys ||
        !UnescapeId(parts[2], &person.id)) {
      return Wrong("blocks or id are damaged");
    }
    std::sort(person.blocks.begin(), person.blocks.end());
    person.blocks.erase(std::unique(person.blocks.begin(), person.blocks.end()),
                        person.blocks.end());
    file_.people.push_back(std::move(person));
    return absl::OkStatus();
  }

  absl::Status ParseEnd() {
    const auto hashed =
        static_cast<size_t>(lines_.rest().data() - text_.data());
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view hash, Entry("end"));
    Digest digest;
    crypto_hash_sha256(digest.data(),
                       reinterpret_cast<const unsigned char*>(text_.data()),
                       hashed);
    const std::string expected = absl::BytesToHexString(absl::string_view(
        reinterpret_cast<const char*>(digest.data()), digest.size()));
    if (hash != expected || !lines_.rest().empty()) {
      return Wrong(
          "the file was changed or damaged: its hash is not the one "
          "it ends with");
    }
    return absl::OkStatus();
  }

  const absl::string_view text_;
  Lines lines_;
  EncodedFile file_;
  size_t people_ = 0;
};

}  // namespace

absl::Status CheckComparable(const EncodedFile& a, const EncodedFile& b) {
  if (a.hardening != b.hardening) {
    return Problem(
        Reason::kOtherKey, {b.path, 3, ""},
        absl::StrCat("hardened with ", HardeningText(b.hardening), ", but ",
                     a.path, " with ", HardeningText(a.hardening)));
  }
  if (a.fingerprint != b.fingerprint) {
    return Problem(Reason::kOtherKey, {b.path, 2, ""},
                   absl::StrCat("made with another key or purpose than ",
                                a.path, "; encode both with the same key"));
  }
  return absl::OkStatus();
}

absl::Status SaveEncodings(const EncodingKey& key, std::vector<Encoding> people,
                           const std::string& path) {
  if (people.size() < kMinBatch) {
    return Problem(Reason::kTooFewPeople, {},
                   absl::StrCat(people.size(), " people; fewer than ",
                                kMinBatch, " are not encoded"));
  }
  std::sort(people.begin(), people.end(),
            [](const Encoding& a, const Encoding& b) {
              return a.filters.front().words < b.filters.front().words;
            });
  std::string batch(kBatchBytes, '\0');
  randombytes_buf(batch.data(), batch.size());
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<OutputFile> file,
                              OutputFile::Open(path));
  HashedOutput out(file.get());
  out.Write(absl::StrCat(
      kMagic, " ", kEncodingVersion, "\nkey ", key.Fingerprint(),
      "\nhardening ", HardeningText(key.hardening), "\nbits ",
      EncodedBits(key.hardening), "\nbatch ", absl::BytesToHexString(batch),
      "\npeople ", people.size(), "\n"));
  for (const Encoding& person : people) {
    std::string line;
    for (const Filter& filter : person.filters) {
      absl::StrAppend(&line, line.empty() ? "" : ",", Base64Of(filter.used()));
    }
    absl::StrAppend(&line, " ", Base64Of(person.blocks), " ",
                    EscapedId(person.id), "\n");
    out.Write(line);
  }
  file->Write(absl::StrCat("end ", out.Hash(), "\n"));
  return file->Commit();
}

absl::StatusOr<EncodedFile> ParseEncodings(absl::string_view text,
                                           const std::string& path) {
  return Parser(text, path).Parse();
}

absl::StatusOr<EncodedFile> LoadEncodings(const std::string& path) {
  PASSERELLE_ASSIGN_OR_RETURN(const std::unique_ptr<ByteFile> file,
                              ByteFile::Open(path));
  std::string text;
  while (true) {
    PASSERELLE_ASSIGN_OR_RETURN(const absl::string_view piece, file->Next());
    if (piece.empty()) break;
    if (text.size() + piece.size() > kMaxBatch * kMaxLineBytes) {
      return Problem(Reason::kEncoding, {path, 0, ""}, "the file is too large");
    }
    text.append(piece.data(), piece.size());
  }
  return ParseEncodings(text, path);
}

}  // namespace passerelle::link
