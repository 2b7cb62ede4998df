#ifndef PASSERELLE_SERVER_DOMAIN_CONTRACT_H_
#define PASSERELLE_SERVER_DOMAIN_CONTRACT_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "google/protobuf/descriptor.h"
#include "google/protobuf/message.h"
#include "passerelle/options/v1/options.pb.h"

namespace passerelle::domain {

namespace options = ::passerelle::options::v1;

class Verbs;

// A set of enum values as bits; every enum of the options has fewer than 32.
using EnumSet = uint32_t;
constexpr EnumSet Bit(int value) { return EnumSet{1} << value; }

// What the options say of one method, resolved once at start.
struct KindSpec;
struct MethodSpec {
  enum class Shape {
    kGet,
    kGetPart,  // reads a part of a resource of `kind`
    kList,
    kCreate,
    kUpdate,
    kVerb,          // acts on one resource of `kind`
    kExchangeVerb,  // acts on an exchange of any kind
    kMail,          // acts on the caller's mailbox
    kEvidence,      // reads the journal, or signs it
  };

  const google::protobuf::MethodDescriptor* descriptor = nullptr;
  std::string full_name;  // passerelle.v1.CaseService/GetCase
  Shape shape = Shape::kVerb;
  options::Effect effect = options::EFFECT_UNSPECIFIED;
  options::Purpose purpose = options::PURPOSE_UNSPECIFIED;
  EnumSet case_roles = 0;  // empty sets admit anyone
  EnumSet except_case_roles = 0;
  EnumSet mission_kinds = 0;
  EnumSet officer_roles = 0;

  // Set when the method moves a resource between states.
  const options::Transition* transition = nullptr;
  uint64_t from_states = 0;    // bits
  std::vector<int> to_states;  // the first is the default
  EnumSet variants = 0;        // life cycles that have it; empty: all
  options::AdministrativeVerb administrative =
      options::ADMINISTRATIVE_VERB_UNSPECIFIED;

  const KindSpec* kind = nullptr;  // null for kExchangeVerb, kMail, kEvidence
  Verbs* verbs = nullptr;          // null when generic

  // Fields of the request; null when the request has none.
  const google::protobuf::FieldDescriptor* name = nullptr;
  const google::protobuf::FieldDescriptor* parent = nullptr;
  const google::protobuf::FieldDescriptor* etag = nullptr;
  const google::protobuf::FieldDescriptor* request_id = nullptr;
  const google::protobuf::FieldDescriptor* resource = nullptr;
  const google::protobuf::FieldDescriptor* resource_id = nullptr;
  const google::protobuf::FieldDescriptor* update_mask = nullptr;
  const google::protobuf::FieldDescriptor* page_size = nullptr;
  const google::protobuf::FieldDescriptor* page_token = nullptr;
  // Of a list: the state that it is narrowed to.
  const google::protobuf::FieldDescriptor* state_filter = nullptr;
  const google::protobuf::FieldDescriptor* index = nullptr;  // of a part
  // How many bytes the request's own bytes fields may hold.
  size_t bulk_bytes = 0;
};

// An administrative message as one kind of exchange declares it.
struct AdministrativeMove {
  const options::AdministrativeTransition* option = nullptr;
  const MethodSpec* method = nullptr;  // of ExchangeService
  uint64_t from_states = 0;
  int to_state = 0;  // 0: stays; kPreviousState: back
  EnumSet case_roles = 0;
  EnumSet officer_roles = 0;
};
inline constexpr int kPreviousState = -1;

// What a resource is kept in besides its message.
struct PartSpec {
  const google::protobuf::Descriptor* message = nullptr;  // of one part
  const google::protobuf::FieldDescriptor* name = nullptr;
  const google::protobuf::FieldDescriptor* index = nullptr;
  const google::protobuf::FieldDescriptor* data = nullptr;
  uint64_t kept_in = 0;  // states, as bits
};

struct TimedMove {
  const options::TimedTransition* option = nullptr;
  uint64_t from_states = 0;
  int to_state = 0;
};

// What time, or the server, does to a resource that is no exchange.
struct ResourceMove {
  uint64_t from_states = 0;
  int to_state = 0;
  // Of a timer: how long after the state was entered, or which field has the
  // time.
  uint32_t calendar_days = 0;
  const google::protobuf::FieldDescriptor* time_field = nullptr;
};

// One kind of resource.
struct KindSpec {
  const google::protobuf::Descriptor* message = nullptr;
  std::string type;             // passerelle/FeasibilityStudy
  std::string root_collection;  // cases
  std::string collection;       // feasibilityStudies
  std::string letter;           // of ids made by the server

  bool in_case() const { return root_collection == "cases"; }
  bool is_root() const { return root_collection == collection; }
  bool is_exchange() const { return exchange != nullptr; }

  const google::protobuf::EnumDescriptor* states = nullptr;
  std::vector<options::Phase> phases;  // by state number

  // Fields of the resource; null when it has none.
  const google::protobuf::FieldDescriptor* name = nullptr;
  const google::protobuf::FieldDescriptor* state = nullptr;
  const google::protobuf::FieldDescriptor* etag = nullptr;
  const google::protobuf::FieldDescriptor* create_time = nullptr;
  const google::protobuf::FieldDescriptor* update_time = nullptr;
  // Of passerelle.v1.ClassUpdate.
  const google::protobuf::FieldDescriptor* class_updates = nullptr;
  const google::protobuf::FieldDescriptor* allowed_actions = nullptr;
  const google::protobuf::FieldDescriptor* exchange = nullptr;
  // Decides the privacy class of the whole resource; null when none does.
  const google::protobuf::FieldDescriptor* class_field = nullptr;
  const google::protobuf::FieldDescriptor* due_time = nullptr;
  const google::protobuf::FieldDescriptor* variant = nullptr;
  // While this message is set, the resource is in `covered_state` for its
  // owner, and stands where it stood for everybody else.
  const google::protobuf::FieldDescriptor* cover = nullptr;
  int covered_state = 0;
  std::vector<ResourceMove> timers;     // of resources that are no exchange
  std::vector<ResourceMove> automatic;  // moves that the server may make

  const options::ExchangeKind* process = nullptr;
  std::vector<AdministrativeMove> administrative;
  std::vector<TimedMove> timed;
  std::unique_ptr<PartSpec> part;   // null when it is not kept in parts
  Verbs* guards = nullptr;          // of its service; null when generic
  const MethodSpec* get = nullptr;  // null when the kind has no such method
  const MethodSpec* create = nullptr;
  // Methods that act on an existing resource of this kind.
  std::vector<const MethodSpec*> verbs;

  options::Phase PhaseOf(int state_number) const;
  std::string StateName(int state_number) const;
  const AdministrativeMove* Find(options::AdministrativeVerb verb) const;
};

// The contract as the server enforces it. Immutable and thread safe.
class Contract {
 public:
  struct Service {
    const google::protobuf::ServiceDescriptor* descriptor;
    std::unique_ptr<Verbs> (*make_verbs)();  // null when served otherwise
  };

  explicit Contract(const std::vector<Service>& services);
  ~Contract();
  Contract(const Contract&) = delete;
  Contract& operator=(const Contract&) = delete;

  // Methods of a service in the order of its descriptor; null when unknown.
  const MethodSpec* Methods(absl::string_view service) const;
  // Null when the collection is unknown.
  const KindSpec* KindOf(absl::string_view root_collection,
                         absl::string_view collection) const;
  // Kind of a resource name; null when malformed or of no kind.
  const KindSpec* KindOfName(absl::string_view name) const;
  // Kind of `google.api.resource_reference` type; null when unknown.
  const KindSpec* KindOfType(absl::string_view type) const;
  const std::vector<std::unique_ptr<KindSpec>>& kinds() const { return kinds_; }
  std::vector<const MethodSpec*> AllMethods() const;

 private:
  KindSpec* AddKind(const google::protobuf::Descriptor* message);
  void AddService(const Service& service);
  void LinkAdministrative();

  std::vector<std::unique_ptr<KindSpec>> kinds_;
  std::map<std::string, std::vector<MethodSpec>, std::less<>> services_;
  std::vector<std::unique_ptr<Verbs>> verbs_;
};

}  // namespace passerelle::domain

#endif  // PASSERELLE_SERVER_DOMAIN_CONTRACT_H_
