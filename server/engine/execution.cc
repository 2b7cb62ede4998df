#include "server/engine/execution.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/merge.h"
#include "server/engine/surroundings.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using domain::MethodSpec;
using google::protobuf::Message;

constexpr size_t kFingerprintBytes = 16;
constexpr size_t kCommitmentBytes = 16;
constexpr int kMaxPerFile = 1000;  // exchanges of one kind in one file

std::string StringField(const Message& message,
                        const google::protobuf::FieldDescriptor* field) {
  return field == nullptr ? std::string()
                          : message.GetReflection()->GetString(message, field);
}

absl::Status NotFoundOutsideFiles() {
  return domain::Failure(pb::RESOURCE_NOT_FOUND,
                         "There is no such entry in the directory.");
}

absl::Status ResultWithheld() {
  return domain::Failure(pb::RESULT_WITHHELD,
                         "The change was made; its result may no longer be "
                         "shown to the caller.");
}

void SetTimestamp(Message* message,
                  const google::protobuf::FieldDescriptor* field,
                  absl::Time time) {
  if (field == nullptr) return;
  message->GetReflection()
      ->MutableMessage(message, field)
      ->CopyFrom(domain::ToTimestamp(time));
}

}  // namespace

internal::Leaf LeafOf(const Call& call, absl::Time now) {
  internal::Leaf leaf;
  *leaf.mutable_time() = domain::ToTimestamp(now);
  leaf.set_mission(call.caller.mission);
  leaf.set_workload(call.caller.workload);
  leaf.set_certificate(call.caller.certificate);
  leaf.set_officer(call.caller.officer);
  leaf.set_method(call.method->full_name);
  leaf.set_purpose(call.method->purpose);
  return leaf;
}

internal::Leaf RefusalLeaf(const Call& call, const absl::Status& status,
                           absl::Time now) {
  internal::Leaf leaf = LeafOf(call, now);
  leaf.set_code(static_cast<int>(status.code()));
  leaf.set_reason(domain::ReasonNumber(status));
  const Message& request = *call.request;
  std::string name = StringField(request, call.method->name);
  if (name.empty()) name = StringField(request, call.method->parent);
  if (call.method->shape == MethodSpec::Shape::kUpdate) {
    name = StringField(
        request.GetReflection()->GetMessage(request, call.method->resource),
        call.method->kind->name);
  }
  // A hostile name is evidence of an attempt, not a place to store anything.
  if (ParseResourceName(name)) leaf.set_resource(name);
  const std::string id = StringField(request, call.method->request_id);
  if (id.size() <= 36) leaf.set_request_id(id);
  return leaf;
}

domain::Course MakeCourse(const WriterContext& context,
                          const domain::KindSpec& kind, Loaded* loaded) {
  pb::Exchange* header = domain::MutableHeader(kind, loaded->message.get());
  const auto calendar =
      [&](const std::string& mission) -> const domain::Calendar& {
    const pb::Mission* found = context.directory.FindMission(mission);
    return context.core.calendars.Of(found == nullptr ? "" : found->country());
  };
  return {kind,
          loaded->message.get(),
          header,
          &loaded->facts,
          calendar(header == nullptr ? "" : header->initiator()),
          calendar(header == nullptr ? "" : header->counterpart()),
          context.now};
}

internal::MailEntry MailEntryOf(const domain::KindSpec& kind,
                                const Message& resource,
                                const std::string& event,
                                const std::string& actor_mission,
                                absl::Time now) {
  internal::MailEntry entry;
  *entry.mutable_event_time() = domain::ToTimestamp(now);
  entry.set_event(event);
  entry.set_resource(resource.GetReflection()->GetString(resource, kind.name));
  entry.set_state(kind.StateName(domain::StateOf(kind, resource)));
  entry.set_actor_mission(actor_mission);
  return entry;
}

absl::Status ChangeExecution::Run() {
  auto actor = context_.directory.Resolve(call_.caller, context_.now);
  PASSERELLE_RETURN_IF_ERROR(actor.status());
  actor_ = *std::move(actor);

  absl::Status authorized = Locate();
  if (authorized.ok()) authorized = Authorize();
  if (IsStoreError(authorized)) return authorized;
  bool replayed = false;
  if (!authorized.ok()) {
    // The change may have been made before the caller lost sight of it.
    if (CheckRequest().ok() && Replay(&replayed).ok() && replayed) {
      return ResultWithheld();
    }
    return authorized;
  }
  PASSERELLE_RETURN_IF_ERROR(CheckRequest());
  PASSERELLE_RETURN_IF_ERROR(Replay(&replayed));
  if (replayed) return ShowAgain();
  PASSERELLE_RETURN_IF_ERROR(Prepare());
  PASSERELLE_RETURN_IF_ERROR(Apply());
  PASSERELLE_RETURN_IF_ERROR(Save());
  SendMail();
  Finish();
  return absl::OkStatus();
}

// Finds out which resource the call is about from names alone.
absl::Status ChangeExecution::Locate() {
  PASSERELLE_RETURN_IF_ERROR(domain::CheckCaller(method_, actor_));
  const Message& request = *call_.request;
  kind_ = method_.kind;
  std::string name;
  if (creates()) {
    if (kind_->is_root()) {
      key_.scope = kind_->in_case() ? "" : kind_->root_collection;
      return absl::OkStatus();
    }
    parent_name_ = StringField(request, method_.parent);
    const auto parent = ParseResourceName(parent_name_);
    if (!parent || !parent->is_root() ||
        parent->root_collection != kind_->root_collection) {
      return domain::FieldsInvalid(call_.violations);
    }
    key_.scope = kind_->in_case() ? parent->root : parent_name_;
    return absl::OkStatus();
  }
  if (method_.shape == MethodSpec::Shape::kUpdate) {
    const Message& resource =
        request.GetReflection()->GetMessage(request, method_.resource);
    name = StringField(resource, kind_->name);
  } else {
    name = StringField(request, method_.name);
  }
  const domain::KindSpec* named = context_.core.contract.KindOfName(name);
  const bool fits = method_.kind != nullptr
                        ? named == method_.kind
                        : named != nullptr && named->is_exchange();
  if (!fits || !KeyOf(name, &key_)) {
    std::vector<FieldViolation> violations = call_.violations;
    if (violations.empty()) {
      violations.push_back({"name", "must be a resource name of this kind"});
    }
    return domain::FieldsInvalid(std::move(violations));
  }
  kind_ = named;
  return absl::OkStatus();
}

absl::Status ChangeExecution::Authorize() {
  if (!kind_->in_case()) {
    // The directory: SELF is the mission itself, or the platform's operator.
    const std::string mission =
        kind_->is_root() ? RootName("missions", key_.id) : key_.scope;
    if (mission == actor_.mission ||
        actor_.mission_kind == domain::options::PLATFORM) {
      relation_.roles = domain::Bit(domain::options::SELF);
    }
    if (!domain::PositionAdmits(method_, relation_.roles)) {
      return domain::NotVisible();
    }
    return creates() ? absl::OkStatus() : AuthorizeExisting();
  }
  if (creates() && kind_->is_root()) return absl::OkStatus();  // a new file
  const absl::Status found = LoadFile(&context_.tx, key_.scope, &file_);
  if (absl::IsNotFound(found)) return domain::NotVisible();
  PASSERELLE_RETURN_IF_ERROR(found);
  has_file_ = true;
  relation_ = domain::RelationTo(file_.message, file_.facts, actor_);
  if (!relation_.sees()) return domain::NotVisible();
  if (creates()) {
    return domain::PositionAdmits(method_, relation_.roles)
               ? absl::OkStatus()
               : domain::NotVisible();
  }
  return AuthorizeExisting();
}

absl::Status ChangeExecution::AuthorizeExisting() {
  if (on_file()) {
    target_.record = file_.record;
    target_.message = NewMessage(kind_->message);
    target_.message->CopyFrom(file_.message);
  } else {
    const absl::Status found =
        LoadResource(&context_.tx, *kind_, key_, &target_);
    if (absl::IsNotFound(found)) {
      return kind_->in_case() ? domain::NotVisible() : NotFoundOutsideFiles();
    }
    PASSERELLE_RETURN_IF_ERROR(found);
  }
  if (const pb::Exchange* header = domain::HeaderOf(*kind_, *target_.message)) {
    relation_ = domain::RelationToExchange(std::move(relation_), *header,
                                           actor_.mission);
    if (!relation_.sees()) return domain::NotVisible();
  }
  if (!domain::PositionAdmits(method_, relation_.roles)) {
    return domain::NotVisible();
  }
  state_before_ = domain::StateOf(*kind_, *target_.message);
  if (method_.shape != MethodSpec::Shape::kExchangeVerb) {
    return absl::OkStatus();
  }
  move_ = kind_->Find(method_.administrative);
  if (move_ == nullptr) {
    return domain::StateForbids(kind_->StateName(state_before_));
  }
  return domain::CheckAdministrative(*move_, actor_, relation_.roles);
}

absl::Status ChangeExecution::CheckRequest() const {
  if (!call_.violations.empty()) {
    return domain::FieldsInvalid(call_.violations);
  }
  if (call_.unknown_fields) {
    return domain::Failure(pb::UNKNOWN_FIELD,
                           "The request carries fields that this server does "
                           "not know; nothing was stored.");
  }
  return absl::OkStatus();
}

absl::Status ChangeExecution::Replay(bool* replayed) {
  const Secrets& secrets = context_.core.secrets;
  effects_->fingerprint = secrets.Hash(
      "request",
      absl::StrCat(actor_.mission, "\n", method_.full_name, "\n",
                   StringField(*call_.request, method_.request_id)),
      kFingerprintBytes);
  content_hash_ = secrets.Hash("content", call_.request->SerializeAsString(),
                               kFingerprintBytes);

  internal::StoredAnswer& stored = answered_;
  if (const auto* recent = context_.batch.FindRequest(effects_->fingerprint)) {
    stored = *recent;
  } else {
    std::string bytes;
    const absl::Status found =
        context_.tx.FindRequest(effects_->fingerprint, &bytes);
    if (absl::IsNotFound(found)) return absl::OkStatus();
    PASSERELLE_RETURN_IF_ERROR(found);
    if (!stored.ParseFromString(bytes)) {
      return absl::DataLossError("stored answer damaged");
    }
  }
  if (stored.content_hash() != content_hash_) {
    return domain::Failure(pb::REQUEST_ID_REUSED,
                           "The request_id came with other content before.");
  }
  if (!call_.response->ParseFromString(stored.answer())) {
    return absl::DataLossError("stored answer damaged");
  }
  effects_->fingerprint.clear();  // already remembered
  internal::Leaf leaf = LeafOf(call_, context_.now);
  leaf.set_resource(stored.resource());
  leaf.set_consent(relation_.consent);
  leaf.set_request_id(StringField(*call_.request, method_.request_id));
  effects_->leaves.push_back(std::move(leaf));
  *replayed = true;
  return absl::OkStatus();
}

// A replay shows what the caller may see today.
absl::Status ChangeExecution::ShowAgain() {
  if (!kind_->in_case()) return absl::OkStatus();
  if (creates() && kind_->is_exchange()) {
    // The caller's side in an exchange is known from the exchange itself.
    if (!KeyOf(answered_.resource(), &key_)) {
      return absl::DataLossError("stored answer damaged");
    }
    PASSERELLE_RETURN_IF_ERROR(
        LoadResource(&context_.tx, *kind_, key_, &target_));
    relation_ = domain::RelationToExchange(
        std::move(relation_), *domain::HeaderOf(*kind_, *target_.message),
        actor_.mission);
  }
  // Content hidden since stays hidden.
  if (!target_.facts.hidden_content().empty() &&
      answered_.version() < target_.record.version) {
    call_.response->Clear();
    return ResultWithheld();
  }
  if (relation_.sees()) {
    context_.core.answers.RedactAgain(relation_, call_.response);
  }
  return absl::OkStatus();
}

// Makes the new resource, or takes the stored one to be changed.
absl::Status ChangeExecution::Prepare() {
  const Message& request = *call_.request;
  if (!creates()) {
    PASSERELLE_RETURN_IF_ERROR(CheckEtagAndState());
    if (method_.shape == MethodSpec::Shape::kUpdate) {
      google::protobuf::FieldMask mask;
      mask.CopyFrom(
          request.GetReflection()->GetMessage(request, method_.update_mask));
      PASSERELLE_RETURN_IF_ERROR(domain::MergeUpdate(
          mask, request.GetReflection()->GetMessage(request, method_.resource),
          target_.message.get()));
      auto violations = context_.core.ValidateResource(*target_.message);
      if (!violations.empty()) {
        for (FieldViolation& violation : violations) {
          violation.field =
              absl::StrCat(method_.resource->name(), ".", violation.field);
        }
        return domain::FieldsInvalid(std::move(violations));
      }
    }
    return absl::OkStatus();
  }
  target_.message = NewMessage(kind_->message);
  target_.message->CopyFrom(
      request.GetReflection()->GetMessage(request, method_.resource));
  domain::ClearOutputOnly(target_.message.get());
  key_.id = kind_->letter.empty()
                ? StringField(request, method_.resource_id)
                : context_.ids.Next(kind_->letter, context_.now);
  if (kind_->in_case() && kind_->is_root()) key_.scope = key_.id;
  const std::string name =
      kind_->is_root() ? RootName(kind_->root_collection, key_.id)
                       : ChildName(parent_name_, kind_->collection, key_.id);
  target_.message->GetReflection()->SetString(target_.message.get(),
                                              kind_->name, name);
  SetTimestamp(target_.message.get(), kind_->create_time, context_.now);
  target_.record.key = key_;
  target_.record.kind = kind_->collection;
  return absl::OkStatus();
}

// The state first: it is said in words, while a changed etag only says "look".
absl::Status ChangeExecution::CheckEtagAndState() const {
  uint64_t from = ~uint64_t{0};
  if (move_ != nullptr) {
    from = move_->from_states;
  } else if (method_.transition != nullptr) {
    from = method_.from_states;
  }
  if ((from & (uint64_t{1} << state_before_)) == 0) {
    return domain::StateForbids(kind_->StateName(state_before_));
  }
  const std::string etag = StringField(*call_.request, method_.etag);
  if (!etag.empty() && etag != context_.core.answers.EtagFor(
                                   *kind_, *target_.message, relation_)) {
    return domain::Failure(pb::ETAG_MISMATCH,
                           "The resource changed since it was read.");
  }
  return absl::OkStatus();
}

absl::Status ChangeExecution::Apply() {
  // Who sees the file changes only with the file itself or its consents.
  if (has_file_ && (on_file() || !kind_->is_exchange())) {
    file_before_ = std::make_unique<File>(file_);
  }
  const Surroundings around(context_, has_file_ ? &file_.message : nullptr,
                            key_.scope);
  domain::AnyChange change(actor_, context_.now, around, target_.message.get());
  change.kind = kind_;
  change.state_before = state_before_;
  if (has_file_) {
    change.file = &file_before().message;
    change.file_facts = &file_.facts;
  } else if (on_file()) {
    change.file_facts = &file_.facts;
  }
  if (kind_->is_exchange() && !creates()) {
    change.header = domain::MutableHeader(*kind_, target_.message.get());
    change.exchange_facts = &target_.facts;
  }
  PASSERELLE_RETURN_IF_ERROR(method_.verbs->Apply(method_.descriptor->index(),
                                                  *call_.request, change));
  return Settle(&change);
}

// Enters the state, moves the clock and arms the timer as the contract says.
absl::Status ChangeExecution::Settle(domain::AnyChange* change) {
  pb::Exchange* header = domain::MutableHeader(*kind_, target_.message.get());
  if (header != nullptr && creates()) {
    header->Clear();
    header->set_process_version(kind_->process->version());
    header->set_initiator(actor_.mission);
    header->set_counterpart(change->counterpart);
    header->set_handling_code(pb::ROUTINE_HANDLING);
  }
  const domain::Course course = MakeCourse(context_, *kind_, &target_);
  int state = 0;
  const domain::options::Clock* clock = nullptr;
  if (move_ != nullptr) {
    state = move_->to_state;
    if (move_->option->has_clock()) clock = &move_->option->clock();
  } else if (method_.transition != nullptr) {
    state = change->chosen_state.value_or(
        method_.to_states.empty() ? 0 : method_.to_states.front());
    if (method_.transition->has_clock()) clock = &method_.transition->clock();
  }
  if (state != 0) domain::EnterState(course, state);
  if (header != nullptr) {
    if (clock != nullptr) domain::MoveClock(course, *clock);
    domain::ArmTimedMove(course);
    target_.record.wake_time = domain::NextWake(*header, target_.facts);
  }
  if (change->end_exchanges) {
    PASSERELLE_RETURN_IF_ERROR(EndOpenExchanges(*change->end_exchanges));
  }
  return absl::OkStatus();
}

absl::Status ChangeExecution::EndOpenExchanges(pb::EndReason reason) {
  for (const auto& kind : context_.core.contract.kinds()) {
    const auto* move =
        kind->is_exchange() ? kind->Find(domain::options::WITHDRAW) : nullptr;
    if (move == nullptr) continue;
    std::vector<storage::Record> records;
    PASSERELLE_RETURN_IF_ERROR(context_.tx.List(key_.scope, kind->collection,
                                                "", kMaxPerFile, &records));
    for (storage::Record& record : records) {
      Loaded exchange;
      exchange.record = std::move(record);
      PASSERELLE_RETURN_IF_ERROR(ParseRecord(*kind, &exchange));
      const domain::Course course = MakeCourse(context_, *kind, &exchange);
      if (course.header->phase() == domain::options::ENDED) continue;
      domain::EnterState(course, move->to_state);
      course.header->set_end_reason(reason);
      domain::ArmTimedMove(course);
      exchange.record.wake_time =
          domain::NextWake(*course.header, exchange.facts);
      exchange.record.state = domain::StateOf(*kind, *exchange.message);
      ++exchange.record.version;
      SetTimestamp(exchange.message.get(), kind->update_time, context_.now);
      exchange.message->SerializeToString(&exchange.record.message);
      exchange.facts.SerializeToString(&exchange.record.internal);
      PASSERELLE_RETURN_IF_ERROR(context_.tx.Update(exchange.record));
      if (!course.header->has_send_time()) continue;
      for (const std::string& mission :
           {course.header->initiator(), course.header->counterpart()}) {
        MailTo(mission, *kind, *exchange.message, "WithdrawExchange");
      }
    }
  }
  return absl::OkStatus();
}

absl::Status ChangeExecution::Save() {
  Message* message = target_.message.get();
  SetTimestamp(message, kind_->update_time, context_.now);
  storage::Record& record = target_.record;
  record.state = domain::StateOf(*kind_, *message);
  ++record.version;
  message->SerializeToString(&record.message);
  if (kind_->is_exchange()) {
    target_.facts.SerializeToString(&record.internal);
  } else if (on_file()) {
    file_.facts.SerializeToString(&record.internal);
  }
  if (creates()) {
    const absl::Status inserted = context_.tx.Insert(record);
    if (absl::IsAlreadyExists(inserted)) {
      return domain::Failure(pb::RESOURCE_EXISTS, "The identifier is taken.");
    }
    PASSERELLE_RETURN_IF_ERROR(inserted);
  } else {
    PASSERELLE_RETURN_IF_ERROR(context_.tx.Update(record));
  }
  if (on_file()) {
    file_.message = static_cast<const pb::Case&>(*message);
    if (creates()) {
      PASSERELLE_RETURN_IF_ERROR(
          context_.tx.AddParty(file_.message.host_mission(), key_.id));
      PASSERELLE_RETURN_IF_ERROR(
          context_.tx.AddParty(file_.message.origin_mission(), key_.id));
      for (const std::string& mission : file_.message.transit_missions()) {
        PASSERELLE_RETURN_IF_ERROR(context_.tx.AddParty(mission, key_.id));
      }
    }
  } else if (has_file_ && file_.facts.consent_epoch() !=
                              file_before().facts.consent_epoch()) {
    consent_case_ = key_.scope;
    file_.facts.SerializeToString(&file_.record.internal);
    ++file_.record.version;
    PASSERELLE_RETURN_IF_ERROR(context_.tx.Update(file_.record));
  }
  effects_->directory_changed = !kind_->in_case();
  effects_->wake_time = std::min(effects_->wake_time, record.wake_time);
  return absl::OkStatus();
}

void ChangeExecution::MailTo(const std::string& mission,
                             const domain::KindSpec& kind,
                             const Message& resource,
                             const std::string& event) {
  if (mission.empty() || mission == actor_.mission) return;
  // Whoever sees the file before or after the change is told of it.
  const bool sees =
      (has_file_ &&
       domain::SeesFile(file_before().message, file_before().facts, mission)) ||
      domain::SeesFile(file_.message, file_.facts, mission);
  if (!sees) return;
  effects_->mail.emplace_back(
      mission,
      MailEntryOf(kind, resource, event, actor_.mission, context_.now));
}

void ChangeExecution::SendMail() {
  if (!kind_->in_case()) return;
  const std::string& event = method_.descriptor->name();
  const Message& resource = *target_.message;
  if (const pb::Exchange* header = domain::HeaderOf(*kind_, resource)) {
    if (!header->has_send_time()) return;
    MailTo(header->initiator(), *kind_, resource, event);
    MailTo(header->counterpart(), *kind_, resource, event);
    return;
  }
  MailTo(file_.message.host_mission(), *kind_, resource, event);
  MailTo(file_.message.origin_mission(), *kind_, resource, event);
  if (!on_file()) return;
  for (const std::string& mission : file_.message.transit_missions()) {
    MailTo(mission, *kind_, resource, event);
  }
}

// Answer, remembered request and evidence.
void ChangeExecution::Finish() {
  Message* resource = target_.message.get();
  const std::string name =
      resource->GetReflection()->GetString(*resource, kind_->name);
  // The answer is decided on what the caller was when it acted, and on the
  // side it has in a new exchange or file.
  if (on_file() && creates()) {
    relation_ = domain::RelationTo(file_.message, file_.facts, actor_);
  } else if (const pb::Exchange* header = domain::HeaderOf(*kind_, *resource)) {
    relation_ = domain::RelationToExchange(std::move(relation_), *header,
                                           actor_.mission);
  }
  const Answers& answers = context_.core.answers;
  const std::string& bytes = target_.record.message;
  const domain::EnumSet classes =
      method_.shape == MethodSpec::Shape::kExchangeVerb
          ? answers.FillView(*kind_, *resource, actor_, relation_,
                             call_.response)
          : answers.Fill(*kind_, bytes, actor_, relation_, resource,
                         call_.response);
  effects_->answer.set_content_hash(content_hash_);
  effects_->answer.set_resource(name);
  effects_->answer.set_version(target_.record.version);
  call_.response->SerializeToString(effects_->answer.mutable_answer());

  internal::Leaf leaf = LeafOf(call_, context_.now);
  leaf.set_resource(name);
  leaf.set_consent(relation_.consent);
  leaf.set_classes(classes);
  leaf.set_request_id(StringField(*call_.request, method_.request_id));
  leaf.set_commitment(
      context_.core.secrets.Hash("commitment", bytes, kCommitmentBytes));
  effects_->leaves.push_back(std::move(leaf));
}

absl::Status RunTimer(const WriterContext& context,
                      const storage::RecordKey& key, Effects* effects) {
  File file;
  PASSERELLE_RETURN_IF_ERROR(LoadFile(&context.tx, key.scope, &file));
  Loaded loaded;
  PASSERELLE_RETURN_IF_ERROR(context.tx.Get(key, &loaded.record));
  const domain::KindSpec* kind =
      context.core.contract.KindOf("cases", loaded.record.kind);
  if (kind == nullptr || !kind->is_exchange()) {
    loaded.record.wake_time = absl::InfiniteFuture();
    return context.tx.Update(loaded.record);
  }
  PASSERELLE_RETURN_IF_ERROR(ParseRecord(*kind, &loaded));
  const domain::Course course = MakeCourse(context, *kind, &loaded);
  std::string event;
  if (loaded.facts.has_timed_time() &&
      domain::FromTimestamp(loaded.facts.timed_time()) <= context.now) {
    const int from = domain::StateOf(*kind, *loaded.message);
    event = "Lapse";
    for (const domain::TimedMove& move : kind->timed) {
      if (move.to_state == loaded.facts.timed_state() &&
          (move.from_states & (uint64_t{1} << from)) != 0 &&
          move.option->base() == domain::options::EXPIRE_TIME) {
        event = "Expire";
      }
    }
    domain::EnterState(course, loaded.facts.timed_state());
    course.header->set_end_reason(pb::TIME_PASSED);
    domain::ArmTimedMove(course);
  } else if (course.header->has_due_time() && !course.header->overdue() &&
             domain::FromTimestamp(course.header->due_time()) <= context.now) {
    event = "Overdue";
    course.header->set_overdue(true);
  }
  loaded.record.wake_time = domain::NextWake(*course.header, loaded.facts);
  loaded.record.state = domain::StateOf(*kind, *loaded.message);
  if (!event.empty()) {
    ++loaded.record.version;
    SetTimestamp(loaded.message.get(), kind->update_time, context.now);
    for (const std::string& mission :
         {course.header->initiator(), course.header->counterpart()}) {
      if (!domain::SeesFile(file.message, file.facts, mission)) continue;
      effects->mail.emplace_back(
          mission, MailEntryOf(*kind, *loaded.message, event, "", context.now));
    }
    internal::Leaf leaf;
    *leaf.mutable_time() = domain::ToTimestamp(context.now);
    leaf.set_method(event);
    leaf.set_resource(loaded.message->GetReflection()->GetString(
        *loaded.message, kind->name));
    effects->leaves.push_back(std::move(leaf));
  }
  loaded.message->SerializeToString(&loaded.record.message);
  loaded.facts.SerializeToString(&loaded.record.internal);
  effects->wake_time = loaded.record.wake_time;
  return context.tx.Update(loaded.record);
}

}  // namespace passerelle::engine
