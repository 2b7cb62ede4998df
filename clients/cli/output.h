#ifndef PASSERELLE_CLIENTS_CLI_OUTPUT_H_
#define PASSERELLE_CLIENTS_CLI_OUTPUT_H_

#include <string>
#include <vector>

#include "google/protobuf/message.h"

namespace passerelle::cli {

enum class OutputFormat { kTable, kJson };

// The message as proto JSON: lowerCamelCase names, 64-bit numbers as strings,
// times as RFC 3339. As everywhere in proto JSON a field that is absent has its
// default: 0, false, "", an empty list, or the enum's first value.
std::string ToJson(const google::protobuf::Message& message);

// The message for people:
// - a list (an answer with a next_page_token, or with entries) as a table of
//   its items, one line each, columns chosen by ListColumns;
// - anything else as one `path  value` line per field that is set.
// Text is made harmless; times are UTC.
std::string ToTable(const google::protobuf::Message& message);

// The columns that a list of `item` shows, as paths: the name, what tells items
// apart, state, phase, whose turn it is and until when. All fields when the
// item has no name.
std::vector<std::string> ListColumns(const google::protobuf::Descriptor* item);

// The value at `path` (dots descend) as one harmless line; empty when unset.
std::string ValueAt(const google::protobuf::Message& message,
                    const std::string& path);

}  // namespace passerelle::cli

#endif  // PASSERELLE_CLIENTS_CLI_OUTPUT_H_
