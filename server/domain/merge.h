#ifndef PASSERELLE_SERVER_DOMAIN_MERGE_H_
#define PASSERELLE_SERVER_DOMAIN_MERGE_H_

#include "absl/status/status.h"
#include "google/protobuf/field_mask.pb.h"
#include "google/protobuf/message.h"
#include "server/domain/redaction.h"

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

// The same by somebody who sees a part of the resource: `*` stands for every
// field it sees, and what is hidden from it stays as it is.
// Returns: as MergeUpdate; FIELD_NOT_WRITABLE when the update or the mask
// carries what the viewer may not see.
absl::Status MergeVisible(const google::protobuf::FieldMask& mask,
                          const google::protobuf::Message& update,
                          const Redactor& redactor, const Viewer& viewer,
                          google::protobuf::Message* resource);

// Nothing of `resource`, which somebody sends in, is hidden from its sender.
// Fields that only the server sets do not count.
// Returns: FIELD_NOT_WRITABLE.
absl::Status RequireWritable(const Redactor& redactor, const Viewer& viewer,
                             const google::protobuf::Message& resource);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_MERGE_H_
