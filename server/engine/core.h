#ifndef PASSERELLE_SERVER_ENGINE_CORE_H_
#define PASSERELLE_SERVER_ENGINE_CORE_H_

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "common/clock.h"
#include "common/signed_note.h"
#include "common/validate.h"
#include "google/protobuf/message.h"
#include "server/domain/calendar.h"
#include "server/domain/contract.h"
#include "server/engine/answers.h"
#include "server/engine/directory.h"
#include "server/engine/request_identity.h"
#include "server/engine/secrets.h"

namespace passerelle::engine {

// One call on its way through the engine. Request and response belong to the
// transport and live until `done` has been called, once, from any thread.
struct Call {
  const domain::MethodSpec* method = nullptr;
  CallerIdentity caller;
  const google::protobuf::Message* request = nullptr;
  google::protobuf::Message* response = nullptr;
  std::function<void(absl::Status)> done;
  size_t request_bytes = 0;  // as it came
  // In real time: a call whose turn comes later is refused, unexecuted.
  absl::Time deadline = absl::InfiniteFuture();
  // Whether the caller went away; asked before `done` only. May be empty.
  std::function<bool()> gone;
  // Filled by the engine: what the rules say of the request.
  std::vector<FieldViolation> violations;
  bool unknown_fields = false;
  RequestIdentity identity;  // of a change without violations
};

// Who signs the journal, and in whose name.
struct Notary {
  note::SignerKey key;  // its name is journal::LogName(trust_domain)
  std::string trust_domain;
};

// What every part of the engine works with; immutable after start.
struct Core {
  Core(const domain::Contract& contract, Secrets secrets, const Clock& clock,
       domain::Calendars calendars, Notary notary);

  // Fills what the rules say of the call's request.
  void Validate(Call* call) const;
  // Violations of a whole resource after an update was merged into it.
  std::vector<FieldViolation> ValidateResource(
      const google::protobuf::Message& resource) const;

  const domain::Contract& contract;
  const Secrets secrets;
  const Clock& clock;
  const domain::Calendars calendars;
  const Notary notary;
  const Answers answers;

 private:
  std::map<const google::protobuf::Descriptor*, std::unique_ptr<Validator>>
      validators_;
};

// Gives errors of the store, which carry no reason, the reason callers know:
// STORAGE_FULL, STORAGE_DAMAGED, OVERLOADED, INTERNAL_ERROR. Others pass.
absl::Status Documented(const absl::Status& status);

// The refusal of a call whose turn came after its deadline.
absl::Status DeadlinePassed();

// True for an error of the store rather than a refusal.
bool IsStoreError(const absl::Status& status);

}  // namespace passerelle::engine

#endif  // PASSERELLE_SERVER_ENGINE_CORE_H_
