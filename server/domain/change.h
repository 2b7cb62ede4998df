#ifndef PASSERELLE_SERVER_DOMAIN_CHANGE_H_
#define PASSERELLE_SERVER_DOMAIN_CHANGE_H_

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "google/protobuf/message.h"
#include "passerelle/internal/v1/stored.pb.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/directory.pb.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/actor.h"
#include "server/domain/contract.h"

namespace passerelle::domain {

namespace pb = ::passerelle::v1;
namespace internal = ::passerelle::internal::v1;

// What a guard may look up beside the resource it guards. Reads happen in the
// transaction of the change.
class Surroundings {
 public:
  virtual ~Surroundings() = default;

  // Null when there is no such mission.
  virtual const pb::Mission* FindMission(absl::string_view name) const = 0;

  // Fills `message` with a resource of the same file.
  // Returns: NOT_FOUND when it is not one of this file.
  virtual absl::Status Find(absl::string_view name,
                            google::protobuf::Message* message) const = 0;

  // Every exchange of the file that was sent is decided or ended.
  // Returns: EXCHANGE_OPEN.
  virtual absl::Status RequireNoOpenExchange() const = 0;

  // Calls `visit` for each resource of the same file and of the kind of
  // `prototype`, in order of creation, until it returns false.
  virtual absl::Status ForEach(
      const google::protobuf::Message& prototype,
      const std::function<bool(const google::protobuf::Message&)>& visit)
      const = 0;
};

// A change in the making: the engine has loaded the resource and checked
// access, rules, etag and from-state; the guard refuses or completes it; the
// engine then enters the state, moves the clock and stores. Lives on the
// writer's stack for one command.
class AnyChange {
 public:
  AnyChange(const Actor& actor, absl::Time now, const Surroundings& around,
            google::protobuf::Message* resource)
      : actor_(actor), now_(now), around_(around), resource_(resource) {}

  const Actor& actor() const { return actor_; }
  absl::Time now() const { return now_; }
  const Surroundings& around() const { return around_; }
  google::protobuf::Message& message() { return *resource_; }

  // The file; null outside cases. On verbs of the file itself, the file as it
  // was before the change.
  const pb::Case* file = nullptr;
  const internal::CaseFacts* file_facts = nullptr;
  // To be changed; null where an exchange changes.
  internal::CaseFacts* file_facts_now = nullptr;
  // Kind, header and facts of an exchange; header and facts are null for other
  // resources, and while an exchange is being created.
  const KindSpec* kind = nullptr;
  pb::Exchange* header = nullptr;
  internal::ExchangeFacts* exchange_facts = nullptr;
  // State before the change; 0 at creation.
  int state_before = 0;

  // Enters another of the states that the transition declares than the first.
  std::optional<int> chosen_state;
  // Mission asked, for an exchange that is being created.
  std::string counterpart;
  // Ends every open exchange of the file with this reason.
  std::optional<pb::EndReason> end_exchanges;
  // A part of the resource to be kept; its bytes outlive the change.
  struct Part {
    int32_t index = 0;
    absl::string_view data;
  };
  std::optional<Part> part;
  // A person of the file with whose key a new resource, and each of its parts,
  // is sealed, so that it is erased with that person. Empty: the file's key.
  std::string sealed_with;
  // What the verb changes is for the owner mission alone. Unless the state
  // changes as well, nobody else is told, and the update time stays.
  bool for_owner_only = false;
  // The acting mission finds the event in its own mailbox as well.
  bool tell_actor = false;
  // Erases the resource, with the whole file when it is one: what the guard
  // left in it is all that stays.
  bool erase = false;

  // The file, to be changed with what is in it; null where an exchange changes
  // and on verbs of the file itself.
  pb::Case* file_now = nullptr;

  // Changes other resources of the file in the same transaction: those of the
  // kind of `prototype`, or every exchange when it is null, for which `change`
  // returns true. `event` is what missions are told.
  struct Sweep {
    const google::protobuf::Message* prototype = nullptr;
    std::function<bool(google::protobuf::Message&)> change;
    std::string event;
  };
  std::vector<Sweep> sweeps;

 private:
  const Actor& actor_;
  absl::Time now_;
  const Surroundings& around_;
  google::protobuf::Message* resource_;
};

// A change of a resource of known type: `change->` is what all changes have.
template <typename Resource>
class Change {
 public:
  explicit Change(AnyChange& any) : any_(&any) {}
  AnyChange* operator->() const { return any_; }
  AnyChange& any() const { return *any_; }

  Resource& resource() const { return static_cast<Resource&>(any_->message()); }

 private:
  AnyChange* any_;
};

// The guards of one service; the plugin generates the typed class below it.
class Verbs {
 public:
  virtual ~Verbs() = default;
  // Runs the guard of the method with this index in the service's descriptor.
  virtual absl::Status Apply(int method,
                             const google::protobuf::Message& request,
                             AnyChange& change) = 0;

  // What the kind of exchange adds to ReopenExchange. The generated class of a
  // kind that declares REOPEN leaves it to the guards, so none can forget it.
  virtual absl::Status Reopen(AnyChange&) {
    return absl::InternalError("the kind is not reopened");
  }

  // The state that the resource must enter as it is now, among the `automatic`
  // moves of its kind from where it stands; 0 when it may stay. Asked after
  // every change; may take away what the move ends.
  virtual int AutomaticState(google::protobuf::Message*) { return 0; }

  // Completes a resource that time moved; after a reminder, sets the time of
  // the next.
  virtual void TimePassed(google::protobuf::Message*, absl::Time /*now*/) {}

  // Whether a mission that sees the resource is told of what time did to it.
  virtual bool Reminds(const google::protobuf::Message&,
                       const std::string& /*mission*/) {
    return true;
  }
};

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_CHANGE_H_
