#ifndef PASSERELLE_SERVER_APP_REFLECTION_H_
#define PASSERELLE_SERVER_APP_REFLECTION_H_

#include <memory>
#include <string>
#include <vector>

#include "server/app/admission.h"

namespace grpc {
class Service;
}  // namespace grpc

namespace passerelle::app {

// gRPC server reflection (v1alpha), for admitted callers only: it describes
// `services` and what they need, from the descriptors of this program. The one
// that comes with gRPC asks nobody who they are, and adds itself to every
// server of a program that links it.
//
// Each answer is preceded by a look at whether the caller is still admitted.
std::shared_ptr<grpc::Service> MakeReflection(std::vector<std::string> services,
                                              Admission admission);

}  // namespace passerelle::app

#endif  // PASSERELLE_SERVER_APP_REFLECTION_H_
