// The change itself: the resource made or loaded, guarded, moved and stored.

#include "server/engine/execution.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/merge.h"
#include "server/engine/class_updates.h"
#include "server/engine/course.h"
#include "server/engine/fields.h"
#include "server/engine/parts.h"
#include "server/engine/surroundings.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using domain::MethodSpec;
using google::protobuf::Message;

constexpr int kMaxPerScope = 1000;  // resources of one kind

}  // namespace

// Makes the new resource, or takes the stored one to be changed.
absl::Status ChangeExecution::Prepare() {
  const Message& request = *call_.request;
  if (!creates()) {
    PASSERELLE_RETURN_IF_ERROR(CheckEtagAndState());
    if (kind_->class_updates != nullptr) {
      before_.reset(target_.message->New());
      before_->CopyFrom(*target_.message);
    }
    if (method_.shape == MethodSpec::Shape::kUpdate) {
      google::protobuf::FieldMask mask;
      mask.CopyFrom(
          request.GetReflection()->GetMessage(request, method_.update_mask));
      PASSERELLE_RETURN_IF_ERROR(domain::MergeVisible(
          mask, request.GetReflection()->GetMessage(request, method_.resource),
          context_.core.answers.RedactorOf(kind_->message),
          context_.core.answers.ViewerOf(*kind_, relation_),
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
  PASSERELLE_RETURN_IF_ERROR(CheckRoom());
  target_.message = NewMessage(kind_->message);
  target_.message->MergeFrom(
      request.GetReflection()->GetMessage(request, method_.resource));
  domain::ClearOutputOnly(target_.message.get());
  PASSERELLE_RETURN_IF_ERROR(RequireWritable());
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

// Whoever makes a resource is on the side that makes it; the first officer of a
// new file holds it.
absl::Status ChangeExecution::RequireWritable() const {
  domain::Viewer viewer = context_.core.answers.ViewerOf(*kind_, relation_);
  if (kind_->is_exchange())
    viewer.roles |= domain::Bit(domain::options::INITIATOR);
  if (kind_->in_case() && kind_->is_root()) {
    pb::Case file;
    file.set_host_mission(actor_.mission);
    file.set_owner_mission(actor_.mission);
    viewer = domain::RelationTo(file, {}, actor_, context_.now).viewer();
  }
  return domain::RequireWritable(
      context_.core.answers.RedactorOf(kind_->message), viewer,
      *target_.message);
}

// Guards scan a file's resources of one kind, and ending a file ends all of its
// exchanges in one transaction: what a file holds bounds that work. A mission's
// officers are loaded as a whole after each change of one.
absl::Status ChangeExecution::CheckRoom() const {
  if (kind_->is_root()) return absl::OkStatus();
  int64_t count = 0;
  PASSERELLE_RETURN_IF_ERROR(context_.counts.Count(
      &context_.tx, key_.scope, kind_->letter, kMaxPerScope, &count));
  effects_->created_in = key_.scope;
  effects_->created_letter = kind_->letter;
  if (count < kMaxPerScope) return absl::OkStatus();
  return domain::Failure(kind_->in_case() ? pb::FILE_FULL : pb::MISSION_FULL,
                         "There are as many resources of the kind as there "
                         "may be.",
                         {{"kind", kind_->collection}});
}

// The state first: it is said in words, while a changed etag only says "look".
absl::Status ChangeExecution::CheckEtagAndState() const {
  const bool admitted =
      move_ != nullptr
          ? (move_->from_states & (uint64_t{1} << state_before_)) != 0
          : domain::StateAdmits(method_, state_before_,
                                domain::VariantOf(*kind_, *target_.message));
  if (!admitted) {
    return domain::StateForbids(kind_->StateName(state_before_));
  }
  const std::string etag = StringField(*call_.request, method_.etag);
  if (etag.empty() || etag == EtagFor(relation_)) return absl::OkStatus();
  // Whoever broke the glass read more than it may write.
  if (file_ != nullptr) {
    const domain::Relation read = domain::WithEmergency(
        relation_, file_->message, file_->facts, actor_, context_.now);
    if (!read.emergency.empty() && etag == EtagFor(read)) {
      return absl::OkStatus();
    }
  }
  return domain::Failure(pb::ETAG_MISMATCH,
                         "The resource changed since it was read.");
}

std::string ChangeExecution::EtagFor(const domain::Relation& relation) const {
  return context_.core.answers.EtagFor(*kind_, *target_.message, relation);
}

absl::Status ChangeExecution::Apply() {
  // An exchange never changes who sees the file.
  if (kind_->in_case() && !kind_->is_exchange()) {
    file_now_ = file_ == nullptr ? std::make_unique<File>()
                                 : std::make_unique<File>(*file_);
  }
  const Surroundings around(
      context_, file_ == nullptr ? nullptr : &file_->message, key_.scope);
  domain::AnyChange change(actor_, context_.now, around, target_.message.get());
  change.kind = kind_;
  change.state_before = state_before_;
  if (file_ != nullptr) {
    change.file = &file_->message;
    change.file_facts = &file_->facts;
  }
  if (file_now_ != nullptr) {
    change.file_facts_now = &file_now_->facts;
    if (!on_file()) change.file_now = &file_now_->message;
  }
  if (kind_->is_exchange() && !creates()) {
    change.header = domain::MutableHeader(*kind_, target_.message.get());
    change.exchange_facts = &target_.facts;
  }
  const int stood = domain::StateOf(*kind_, *target_.message);
  PASSERELLE_RETURN_IF_ERROR(method_.verbs->Apply(method_.descriptor->index(),
                                                  *call_.request, change));
  PASSERELLE_RETURN_IF_ERROR(Settle(&change));
  for_owner_only_ = change.for_owner_only &&
                    domain::StateOf(*kind_, *target_.message) == stood;
  sweeps_ = std::move(change.sweeps);
  return absl::OkStatus();
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
    if (method_.transition->has_clock() && !change->chosen_state) {
      clock = &method_.transition->clock();
    }
  }
  if (state != 0) domain::EnterState(course, state);
  part_ = change->part;
  PASSERELLE_RETURN_IF_ERROR(SealWith(change->sealed_with));
  if (!kind_->automatic.empty()) {
    PASSERELLE_RETURN_IF_ERROR(MoveAutomatically(course));
  }
  if (header == nullptr) {
    target_.record.wake_time = WakeOf(*kind_, *target_.message, context_.now);
  } else {
    if (clock != nullptr) domain::MoveClock(course, *clock);
    domain::ArmTimedMove(course);
    target_.record.wake_time = domain::NextWake(*header, target_.facts);
  }
  erases_ = change->erase;
  tell_actor_ = change->tell_actor;
  if (change->end_exchanges) {
    PASSERELLE_RETURN_IF_ERROR(EndOpenExchanges(*change->end_exchanges));
  }
  return absl::OkStatus();
}

// A new resource is sealed with a person's key; nothing to do where none is
// named, or rows are not sealed.
absl::Status ChangeExecution::SealWith(const std::string& person) {
  if (person.empty()) return absl::OkStatus();
  storage::RecordKey key;
  storage::Record record;
  KeyOf(person, &key);
  PASSERELLE_RETURN_IF_ERROR(context_.tx.Get(key, &record));
  target_.record.data_key = record.data_key;
  return absl::OkStatus();
}

// Only moves that the contract declares.
absl::Status ChangeExecution::MoveAutomatically(const domain::Course& course) {
  const int state = method_.verbs->AutomaticState(target_.message.get());
  if (state == 0) return absl::OkStatus();
  const uint64_t from = uint64_t{1}
                        << domain::StateOf(*kind_, *target_.message);
  for (const domain::ResourceMove& move : kind_->automatic) {
    if (move.to_state == state && (move.from_states & from) != 0) {
      domain::EnterState(course, state);
      return absl::OkStatus();
    }
  }
  return absl::InternalError("the contract has no such automatic move");
}

absl::Status ChangeExecution::Save() {
  Message* message = target_.message.get();
  SetTimes();
  storage::Record& record = target_.record;
  record.state = domain::StateOf(*kind_, *message);
  ++record.version;
  message->SerializeToString(&record.message);
  if (kind_->is_exchange()) {
    target_.facts.SerializeToString(&record.internal);
  } else if (on_file()) {
    file_now_->facts.SerializeToString(&record.internal);
  }
  if (erases_) PASSERELLE_RETURN_IF_ERROR(Erase());
  if (creates()) {
    const absl::Status inserted = context_.tx.Insert(record);
    if (absl::IsAlreadyExists(inserted)) {
      return domain::Failure(pb::RESOURCE_EXISTS, "The identifier is taken.");
    }
    PASSERELLE_RETURN_IF_ERROR(inserted);
  } else {
    PASSERELLE_RETURN_IF_ERROR(context_.tx.Update(record));
  }
  if (part_) {
    PASSERELLE_RETURN_IF_ERROR(PutPart(&context_.tx, key_, part_->index,
                                       part_->data, record.data_key));
  }
  if (on_file()) {
    if (erases_) consent_case_ = key_.scope;
    file_now_->message = static_cast<const pb::Case&>(*message);
  } else if (file_now_ != nullptr) {
    PASSERELLE_RETURN_IF_ERROR(SaveFile());
  }
  PASSERELLE_RETURN_IF_ERROR(AddParties());
  for (const domain::AnyChange::Sweep& sweep : sweeps_) {
    PASSERELLE_RETURN_IF_ERROR(RunSweep(sweep));
  }
  effects_->wake_time = std::min(effects_->wake_time, record.wake_time);
  return absl::OkStatus();
}

// When the resource changed, for whom the change shows.
void ChangeExecution::SetTimes() {
  if (for_owner_only_) return;
  Message* message = target_.message.get();
  if (kind_->class_updates != nullptr) {
    const auto none = NewMessage(kind_->message);
    changed_ =
        ChangedClasses(*kind_, context_.core.answers.RedactorOf(kind_->message),
                       before_ == nullptr ? *none : *before_, *message);
  }
  SetUpdateTimes(*kind_, changed_, context_.now, message);
}

// The file, if a change of something in it changed it as well.
absl::Status ChangeExecution::SaveFile() {
  storage::Record& record = file_now_->record;
  std::string message;
  std::string facts;
  file_now_->message.SerializeToString(&message);
  file_now_->facts.SerializeToString(&facts);
  if (message == record.message && facts == record.internal) {
    return absl::OkStatus();
  }
  if (file_now_->facts.consent_epoch() != file_->facts.consent_epoch()) {
    consent_case_ = key_.scope;
  }
  const domain::KindSpec& kind =
      *context_.core.contract.KindOf("cases", "cases");
  SetUpdateTimes(
      kind,
      ChangedClasses(kind, context_.core.answers.RedactorOf(kind.message),
                     file_->message, file_now_->message),
      context_.now, &file_now_->message);
  file_now_->message.SerializeToString(&message);
  record.message = std::move(message);
  record.internal = std::move(facts);
  ++record.version;
  return context_.tx.Update(record);
}

// Missions that have a position in the file for the first time.
absl::Status ChangeExecution::AddParties() {
  std::vector<std::string> missions;
  if (on_file() && creates()) {
    const pb::Case& file = file_now_->message;
    missions = {file.host_mission(), file.origin_mission()};
    missions.insert(missions.end(), file.transit_missions().begin(),
                    file.transit_missions().end());
  } else if (file_now_ != nullptr && file_ != nullptr) {
    for (const auto& grant : file_now_->facts.grants()) {
      missions.push_back(grant.recipient());
    }
  }
  for (const std::string& mission : missions) {
    PASSERELLE_RETURN_IF_ERROR(context_.tx.AddParty(mission, key_.scope));
  }
  return absl::OkStatus();
}

}  // namespace passerelle::engine
