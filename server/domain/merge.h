#ifndef PASSERELLE_SERVER_DOMAIN_MERGE_H_
#define PASSERELLE_SERVER_DOMAIN_MERGE_H_

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"

namespace passerelle::domain {

// Clears fields that only the server sets, at every depth: a caller's value is
// ignored, as output-only fields are.
void ClearOutputOnly(google::protobuf::Message* message);

// Applies an update: fields that `mask` names are taken from `update`. An empty
// mask stands for every populated field, `*` for every field. Output-only
// fields are left alone.
// Returns: MASK_INVALID for an unknown path or an immutable field that would
// change.
absl::Status MergeUpdate(const google::protobuf::FieldMask& mask,
                         const google::protobuf::Message& update,
                         google::protobuf::Message* resource);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_MERGE_H_
