#ifndef PASSERELLE_COMMON_SIGNED_TEXT_H_
#define PASSERELLE_COMMON_SIGNED_TEXT_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"

namespace passerelle {

// The text that a mission signs of a resource (`in_signature` in the contract):
//
//     passerelle signature v1
//     type: passerelle/DocumentKey
//     parent: missions/iom-ma
//     sign_time: 2026-11-22T08:00:00Z
//     public_key: age1…
//     expire_time: 2027-11-22T08:00:00Z
//
// One line for each value, fields in the order of their numbers, fields without
// a value left out. Bytes are in lower-case hexadecimal, enum values by name,
// times in UTC with as many decimals as they need. What is no printable ASCII
// in a string is escaped as in C, so that no value can pose as a line of its
// own. Two resources that differ in a field that is signed never have the same
// text.
//
// Fields that are signed are strings, bytes, enums, whole numbers, bools or
// timestamps.
std::string SignedText(const google::protobuf::Message& resource,
                       absl::string_view parent, absl::Time sign_time);

}  // namespace passerelle

#endif  // PASSERELLE_COMMON_SIGNED_TEXT_H_
