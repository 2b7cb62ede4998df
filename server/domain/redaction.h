#ifndef PASSERELLE_SERVER_DOMAIN_REDACTION_H_
#define PASSERELLE_SERVER_DOMAIN_REDACTION_H_

#include <memory>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "server/domain/contract.h"

namespace passerelle::domain {

// Through whose eyes a resource is looked at.
struct Viewer {
  EnumSet classes = 0;  // of Privacy: what may be shown
  EnumSet roles = 0;    // of CaseRole: for fields meant for one side
};

// Splits messages into what a viewer may see and the rest. The plan is computed
// once per message type from the `privacy`, `audience`, `class_field` and
// `value_privacy` options; a field without a class is for nobody. Immutable and
// thread safe.
class Redactor {
 public:
  explicit Redactor(const google::protobuf::Descriptor* message);
  ~Redactor();

  // Of a message with a `class_field` of its own, the value's class is the
  // whole message's: who may not see that class sees nothing of it.
  //
  // Clears every field whose class the viewer may not see, those meant for
  // another side of the exchange, and items of lists whose own class is hidden.
  struct Outcome {
    EnumSet classes = 0;   // of the populated fields that are left
    bool cleared = false;  // whether anything was cleared
  };
  Outcome Redact(const Viewer& viewer,
                 google::protobuf::Message* message) const;

  // Whether Redact would clear anything.
  bool Hides(const Viewer& viewer,
             const google::protobuf::Message& message) const;

  // The classes in which two messages differ.
  EnumSet Differing(const google::protobuf::Message& a,
                    const google::protobuf::Message& b) const;

  // Whether the dotted path leads to a field that is hidden from the viewer.
  bool HidesPath(const Viewer& viewer, absl::string_view path) const;

  // Gives `merged`, which holds only what the viewer may see, everything of
  // `stored` that is hidden from it. Items that are hidden come after the
  // others. False, and `merged` undefined, when a list changed of whose items
  // the viewer sees parts only: what the hidden parts belong to is then lost.
  bool RestoreHidden(const Viewer& viewer,
                     const google::protobuf::Message& stored,
                     google::protobuf::Message* merged) const;

 private:
  struct Field;
  struct Plan;
  static std::unique_ptr<Plan> MakePlan(
      const google::protobuf::Descriptor* message, int inherited);
  static void Apply(const Plan& plan, const Viewer& viewer,
                    google::protobuf::Message* message, Outcome* outcome);
  static bool AnyHidden(const Plan& plan, const Viewer& viewer,
                        const google::protobuf::Message& message);
  static void Differ(const Plan& plan, const google::protobuf::Message& a,
                     const google::protobuf::Message& b, EnumSet* classes);
  static bool Restore(const Plan& plan, const Viewer& viewer,
                      const google::protobuf::Message& stored,
                      google::protobuf::Message* merged);

  std::unique_ptr<Plan> plan_;
  // Decides the class of the whole message; null when none does.
  const google::protobuf::FieldDescriptor* class_field_ = nullptr;
};

// Class of a message by the value of its `class_field`, as a bit; none when the
// value has none or is unknown.
EnumSet ClassByValue(const google::protobuf::Message& message,
                     const google::protobuf::FieldDescriptor* class_field);

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_REDACTION_H_
