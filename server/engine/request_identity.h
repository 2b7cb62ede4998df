#ifndef PASSERELLE_SERVER_ENGINE_REQUEST_IDENTITY_H_
#define PASSERELLE_SERVER_ENGINE_REQUEST_IDENTITY_H_

#include <string>

#include "server/engine/secrets.h"

namespace passerelle::engine {

struct Call;

// What tells whether a request was made before.
struct RequestIdentity {
  std::string fingerprint;   // of mission, method and request_id
  std::string content_hash;  // of all that was asked
};

// `call` carries a valid request_id.
RequestIdentity IdentifyRequest(const Secrets& secrets, const Call& call);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_REQUEST_IDENTITY_H_
