#ifndef PASSERELLE_CLIENTS_CPP_REQUEST_ID_H_
#define PASSERELLE_CLIENTS_CPP_REQUEST_ID_H_

#include <string>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"

namespace passerelle::client {

// A fresh UUID, version 7, in its 36-character form: time-ordered, so that the
// platform finds requests of one time in one place.
std::string NewRequestId();

// The field `request_id` of a request; nullptr when it has none.
const google::protobuf::FieldDescriptor* RequestIdField(
    const google::protobuf::Descriptor* request);

// Sets the request id if there is such a field and it is empty: to
// `request_id`, or to a fresh one when that is empty. Returns the id that the
// request now carries, empty when it has no field.
std::string FillRequestId(google::protobuf::Message& request,
                          absl::string_view request_id);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_REQUEST_ID_H_
