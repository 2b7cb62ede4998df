#ifndef PASSERELLE_SERVER_DOMAIN_REDACTION_H_
#define PASSERELLE_SERVER_DOMAIN_REDACTION_H_

#include <memory>
#include <vector>

#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/domain/contract.h"

namespace passerelle::domain {

// Clears from an answer what its receiver may not see. The plan is computed
// once per message type from the `privacy` and `audience` options; a field
// without a class is cleared. Immutable and thread safe.
class Redactor {
 public:
  explicit Redactor(const google::protobuf::Descriptor* message);
  ~Redactor();

  // Clears every field whose class is not in `classes`, and those meant for a
  // side of the exchange that is not in `roles`.
  struct Outcome {
    EnumSet classes = 0;   // of the populated fields that are left
    bool cleared = false;  // whether any field was cleared
  };
  Outcome Redact(EnumSet classes, EnumSet roles,
                 google::protobuf::Message* message) const;

 private:
  struct Field;
  struct Plan;
  static std::unique_ptr<Plan> MakePlan(
      const google::protobuf::Descriptor* message, int inherited);
  static void Apply(const Plan& plan, EnumSet classes, EnumSet roles,
                    google::protobuf::Message* message, Outcome* outcome);

  std::unique_ptr<Plan> plan_;
};

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_REDACTION_H_
