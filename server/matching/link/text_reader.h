#ifndef PASSERELLE_SERVER_MATCHING_LINK_TEXT_READER_H_
#define PASSERELLE_SERVER_MATCHING_LINK_TEXT_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace passerelle::link {

// Reads a text file piece by piece as UTF-8, whatever it was written in.
//
// A byte order mark decides. Without one, the name of an encoding that the
// caller gives; without that, what the bytes look like: UTF-16 by its zero
// bytes, UTF-8 where it is valid (or nearly: then the damaged bytes are for the
// caller to find), else the single-byte encoding that ICU finds likeliest,
// which is a guess and said so by note().
//
// Not thread safe. Memory: two buffers of 256 KiB.
class TextReader {
 public:
  // `encoding`: a name that ICU knows ("windows-1252", "iso-8859-6"), or empty.
  // Returns: reasons kBadEncoding (unknown name), kEmptyFile; otherwise errors
  // of the system, also for what is not a regular file.
  static absl::StatusOr<std::unique_ptr<TextReader>> Open(
      const std::string& path, absl::string_view encoding);

  virtual ~TextReader() = default;

  // The next piece, valid until the next call; empty at the end. Text that came
  // as UTF-8 is handed on unchecked; from other encodings, what they do not
  // define is U+FFFD, and only then is replaces() true.
  virtual absl::StatusOr<absl::string_view> Next() = 0;
  virtual bool replaces() const = 0;

  const std::string& encoding() const { return encoding_; }
  // For the officer, when the encoding was guessed; else empty.
  const std::string& note() const { return note_; }

 protected:
  std::string encoding_;
  std::string note_;
};

}  // namespace passerelle::link

#endif  // PASSERELLE_SERVER_MATCHING_LINK_TEXT_READER_H_
