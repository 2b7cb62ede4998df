#include "server/engine/reading.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "passerelle/v1/exchange.pb.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/damage.h"
#include "server/engine/evidence.h"
#include "server/engine/evidence_calls.h"
#include "server/engine/fields.h"
#include "server/engine/file.h"
#include "server/engine/parts.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using domain::MethodSpec;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using internal::Leaf;
using internal::PageToken;

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;
constexpr size_t kMaxPageBytes = 1 << 20;
// A list over all files looks at no more than this for one page; a page may be
// short while there is more.
constexpr int kMaxExamined = 2000;
constexpr char kAnyCase[] = "cases/-";

class Reading {
 public:
  Reading(const Core& core, const Call& call, absl::Time now,
          const ReadSource& source, std::vector<Disclosure>* disclosures)
      : core_(core),
        call_(call),
        method_(*call.method),
        kind_(*call.method->kind),
        now_(now),
        source_(source),
        disclosures_(*disclosures) {}

  absl::Status Run(const Directory& directory) {
    PASSERELLE_ASSIGN_OR_RETURN(actor_, directory.Resolve(call_.caller, now_));
    PASSERELLE_RETURN_IF_ERROR(domain::CheckCaller(method_, actor_));
    if (!call_.violations.empty()) {
      // Names decide what may be said; a malformed one decides nothing.
      return domain::FieldsInvalid(call_.violations);
    }
    if (call_.unknown_fields) {
      return domain::Failure(pb::UNKNOWN_FIELD,
                             "The request carries fields that this server does "
                             "not know.");
    }
    return method_.shape == MethodSpec::Shape::kList ? List() : Get();
  }

 private:
  std::string Request(const FieldDescriptor* field) const {
    return StringField(*call_.request, field);
  }

  // The mission itself, or the operator of the platform.
  bool DirectoryAdmits(const std::string& mission) const {
    domain::EnumSet roles = 0;
    if (mission == actor_.mission ||
        actor_.mission_kind == domain::options::PLATFORM) {
      roles = domain::Bit(domain::options::SELF);
    }
    return domain::PositionAdmits(method_, roles);
  }

  Leaf MakeLeaf(const std::string& resource,
                const domain::Relation& relation) const {
    Leaf leaf = LeafOf(call_, now_);
    leaf.set_resource(resource);
    leaf.set_consent(relation.consent);
    leaf.set_grant(relation.grant);
    leaf.set_emergency_access(relation.emergency);
    return leaf;
  }

  // Relation to a resource of a file that is seen; none when it is not.
  domain::Relation RelationToResource(domain::Relation relation,
                                      const Message& resource,
                                      const internal::CaseFacts& facts) const {
    relation = domain::RelationToResource(std::move(relation), resource, facts,
                                          actor_, now_);
    if (!domain::PositionAdmits(method_, relation.roles)) return {};
    return relation;
  }

  absl::Status Get() {
    storage::RecordKey key;
    const std::string name = Request(method_.name);
    if (!KeyOf(name, &key)) return domain::NotVisible();
    return kind_.in_case() ? GetInFile(name, key) : GetOutside(name, key);
  }

  // From the directory.
  absl::Status GetOutside(const std::string& name,
                          const storage::RecordKey& key) {
    if (!DirectoryAdmits(kind_.is_root() ? name : key.scope)) {
      return domain::NotVisible();
    }
    Loaded loaded;
    const absl::Status found = LoadResource(source_.tx, kind_, key, &loaded);
    if (absl::IsNotFound(found)) {
      return domain::Failure(pb::RESOURCE_NOT_FOUND,
                             "There is no such entry in the directory.");
    }
    PASSERELLE_RETURN_IF_ERROR(found);
    Leaf leaf = MakeLeaf(name, {});
    leaf.set_classes(core_.answers.Fill(kind_, loaded.record.message, actor_,
                                        {}, loaded.message.get(),
                                        call_.response));
    disclosures_.push_back({"", 0, std::move(leaf)});
    return absl::OkStatus();
  }

  absl::Status GetInFile(const std::string& name,
                         const storage::RecordKey& key) {
    RecordCache::Found found = source_.found;
    if (source_.tx != nullptr) {
      PASSERELLE_RETURN_IF_ERROR(LoadInFile(key, &found));
    }
    domain::Relation relation = domain::RelationForReading(
        found.file->message, found.file->facts, actor_, now_);
    if (!relation.sees()) return domain::NotVisible();
    const Message* stored = &found.file->message;
    const std::string* etag = &found.file->etag;
    if (!kind_.is_root()) {
      if (found.resource->record.kind != kind_.collection) {
        return domain::NotVisible();
      }
      stored = found.resource->message.get();
      etag = &found.resource->etag;
    }
    relation =
        RelationToResource(std::move(relation), *stored, found.file->facts);
    if (!relation.sees()) return domain::NotVisible();
    Leaf leaf = MakeLeaf(name, relation);
    if (method_.shape == MethodSpec::Shape::kGetPart) {
      domain::EnumSet classes = 0;
      PASSERELLE_RETURN_IF_ERROR(
          FillPart(key, *stored, relation, name, &classes));
      leaf.set_classes(classes);
    } else {
      leaf.set_classes(core_.answers.FillCopy(kind_, *etag, actor_, relation,
                                              *stored, call_.response));
    }
    disclosures_.push_back(
        {key.scope, found.file->facts.consent_epoch(), std::move(leaf)});
    return absl::OkStatus();
  }

  // Returns: STATE_FORBIDS where the parts are no longer kept; as GetPart.
  absl::Status FillPart(const storage::RecordKey& key, const Message& whole,
                        const domain::Relation& relation,
                        const std::string& name, domain::EnumSet* classes) {
    const domain::PartSpec& part = *kind_.part;
    const int state = domain::StateOf(kind_, whole);
    if ((part.kept_in & (uint64_t{1} << state)) == 0) {
      return domain::StateForbids(kind_.StateName(state));
    }
    const int32_t index =
        call_.request->GetReflection()->GetInt32(*call_.request, method_.index);
    std::string data;
    PASSERELLE_RETURN_IF_ERROR(GetPart(source_.tx, key, index, &data));
    Message* answer = call_.response;
    const auto* reflection = answer->GetReflection();
    reflection->SetString(answer, part.name, name);
    reflection->SetInt32(answer, part.index, index);
    reflection->SetString(answer, part.data, std::move(data));
    *classes = core_.answers.RedactorOf(part.message)
                   .Redact(relation.viewer(), answer)
                   .classes;
    if (kind_.class_field != nullptr) {
      *classes |= domain::ClassByValue(whole, kind_.class_field);
    }
    return absl::OkStatus();
  }

  // Returns: NOT_VISIBLE, or STORAGE_DAMAGED to who may know of it.
  absl::Status LoadInFile(const storage::RecordKey& key,
                          RecordCache::Found* found) const {
    auto file = std::make_shared<File>();
    absl::Status loaded = LoadFile(source_.tx, key.scope, file.get());
    if (!loaded.ok()) {
      return FileNotLoaded(source_.tx, actor_, key.scope, loaded);
    }
    file->etag = core_.answers.WholeEtag(file->record.message);
    found->file = std::move(file);
    if (source_.cache != nullptr) {
      source_.cache->Add(found->position, found->file);
    }
    if (kind_.is_root()) return absl::OkStatus();
    auto resource = std::make_shared<Loaded>();
    loaded = LoadResource(source_.tx, kind_, key, resource.get());
    if (!loaded.ok()) {
      return ResourceNotLoaded(kind_, *found->file, *resource, actor_, now_,
                               loaded);
    }
    resource->etag = core_.answers.WholeEtag(resource->record.message);
    found->resource = std::move(resource);
    if (source_.cache != nullptr) {
      source_.cache->Add(found->position, found->resource);
    }
    return absl::OkStatus();
  }

  absl::Status List() {
    PASSERELLE_RETURN_IF_ERROR(OpenPage());
    const std::string parent = Request(method_.parent);
    absl::Status status;
    if (!kind_.in_case()) {
      status = ListDirectory(parent);
    } else if (kind_.is_root() || parent == kAnyCase) {
      status = ListOverFiles();
    } else {
      status = ListInFile(parent);
    }
    PASSERELLE_RETURN_IF_ERROR(status);
    if (disclosures_.empty()) {
      // Nothing was disclosed, which is evidence too.
      disclosures_.push_back({"", 0, MakeLeaf(parent, {})});
    }
    ClosePage();
    return absl::OkStatus();
  }

  absl::Status OpenPage() {
    const int size = call_.request->GetReflection()->GetInt32(
        *call_.request, method_.page_size);
    page_size_ = size == 0 ? kDefaultPage : std::min(size, kMaxPage);
    if (method_.state_filter != nullptr) {
      wanted_state_ = call_.request->GetReflection()->GetEnumValue(
          *call_.request, method_.state_filter);
    }
    arguments_ = core_.secrets.Hash(
        "list",
        absl::StrCat(actor_.mission, "\n", method_.full_name, "\n",
                     Request(method_.parent), "\n", wanted_state_),
        16);
    const std::string text = Request(method_.page_token);
    if (!text.empty()) {
      std::string sealed;
      std::string plain;
      if (!FromBase64(text, &sealed) ||
          !core_.secrets.Open("page", sealed, &plain) ||
          !position_.ParseFromString(plain) ||
          position_.arguments() != arguments_) {
        return domain::Failure(pb::PAGE_TOKEN_INVALID,
                               "The page token is damaged or belongs to other "
                               "arguments.");
      }
    }
    position_.set_arguments(arguments_);
    const auto* response = call_.response->GetDescriptor();
    for (int i = 0; i < response->field_count(); ++i) {
      if (response->field(i)->message_type() == kind_.message) {
        items_ = response->field(i);
      }
    }
    return absl::OkStatus();
  }

  void ClosePage() {
    if (unreadable_ > 0) {
      call_.response->GetReflection()->SetInt32(
          call_.response,
          call_.response->GetDescriptor()->FindFieldByName("unreadable_count"),
          unreadable_);
    }
    if (!more_) return;
    const std::string token =
        ToBase64(core_.secrets.Seal("page", position_.SerializeAsString()));
    call_.response->GetReflection()->SetString(
        call_.response,
        call_.response->GetDescriptor()->FindFieldByName("next_page_token"),
        token);
  }

  // False when the page is full.
  bool RoomLeft() {
    const bool room = count_ < page_size_ && bytes_ < kMaxPageBytes &&
                      examined_ < kMaxExamined;
    more_ |= !room;
    return room;
  }

  domain::EnumSet Add(const std::string& bytes,
                      const domain::Relation& relation, Message* stored) {
    Message* item =
        call_.response->GetReflection()->AddMessage(call_.response, items_);
    const domain::EnumSet classes =
        core_.answers.Fill(kind_, bytes, actor_, relation, stored, item);
    ++count_;
    bytes_ += item->ByteSizeLong();
    return classes;
  }

  absl::Status ListDirectory(const std::string& parent) {
    const std::string scope = kind_.is_root() ? kind_.root_collection : parent;
    if (!kind_.is_root() && !DirectoryAdmits(parent)) {
      return domain::NotVisible();
    }
    std::vector<storage::Record> records;
    PASSERELLE_RETURN_IF_ERROR(source_.tx->List(scope, kind_.collection,
                                                position_.after_id(),
                                                page_size_ + 1, &records));
    for (storage::Record& record : records) {
      if (!RoomLeft()) break;
      Loaded loaded;
      loaded.record = std::move(record);
      PASSERELLE_RETURN_IF_ERROR(ParseRecord(kind_, &loaded));
      Add(loaded.record.message, {}, loaded.message.get());
      position_.set_after_id(loaded.record.key.id);
    }
    disclosures_.push_back({"", 0, MakeLeaf(parent, {})});
    return absl::OkStatus();
  }

  absl::Status ListInFile(const std::string& parent) {
    const auto name = ParseResourceName(parent);
    if (!name) return domain::NotVisible();
    File file;
    const absl::Status found = LoadFile(source_.tx, name->root, &file);
    if (!found.ok()) {
      return FileNotLoaded(source_.tx, actor_, name->root, found);
    }
    const auto relation =
        domain::RelationForReading(file.message, file.facts, actor_, now_);
    if (!relation.sees() || !MayList(relation)) return domain::NotVisible();
    return ListChildren(file, relation);
  }

  // Whether any position in the file itself admits the method.
  bool MayList(const domain::Relation& relation) const {
    return domain::PositionAdmits(method_, relation.roles);
  }

  absl::Status ListChildren(const File& file,
                            const domain::Relation& relation) {
    Leaf leaf = MakeLeaf(file.message.name(), relation);
    domain::EnumSet classes = 0;
    bool disclosed = false;
    while (RoomLeft()) {
      std::vector<storage::Record> records;
      PASSERELLE_RETURN_IF_ERROR(source_.tx->List(
          file.record.key.id, kind_.collection, position_.after_id(),
          page_size_ - count_, &records));
      if (records.empty()) break;
      for (storage::Record& record : records) {
        if (!RoomLeft()) break;
        ++examined_;
        Loaded loaded;
        loaded.record = std::move(record);
        if (ParseRecord(kind_, &loaded).ok()) {
          const auto own =
              RelationToResource(relation, *loaded.message, file.facts);
          if (own.sees() && Wanted(loaded)) {
            classes |= Add(loaded.record.message, own, loaded.message.get());
            disclosed = true;
          }
        } else if (!WasErased(loaded.record) &&
                   MayKnow(kind_, loaded.record, relation)) {
          ++unreadable_;
        }
        // Only now: a page that ends before the first record of a file goes on
        // with that file.
        position_.set_after_case(file.record.key.id);
        position_.set_after_id(loaded.record.key.id);
      }
    }
    if (disclosed) {
      leaf.set_classes(classes);
      disclosures_.push_back(
          {file.record.key.id, file.facts.consent_epoch(), std::move(leaf)});
    }
    return absl::OkStatus();
  }

  bool Wanted(const Loaded& loaded) const {
    return wanted_state_ == 0 || loaded.record.state == wanted_state_;
  }

  // Files in which the caller is a party, or what is in them.
  absl::Status ListOverFiles() {
    while (true) {
      // A page that ended inside a file goes on there.
      const bool inside = !position_.after_id().empty();
      std::vector<std::string> ids;
      if (inside) {
        ids.push_back(position_.after_case());
      } else {
        if (!RoomLeft()) break;
        PASSERELLE_RETURN_IF_ERROR(source_.tx->ListCases(
            actor_.mission, position_.after_case(),
            kind_.is_root() ? page_size_ - count_ : page_size_, &ids));
      }
      if (ids.empty()) break;
      for (const std::string& id : ids) {
        if (!RoomLeft()) return absl::OkStatus();
        ++examined_;
        PASSERELLE_RETURN_IF_ERROR(VisitFile(id));
        if (more_) return absl::OkStatus();  // full inside the file
        position_.set_after_case(id);
        position_.clear_after_id();
      }
    }
    return absl::OkStatus();
  }

  absl::Status VisitFile(const std::string& id) {
    File file;
    const absl::Status found = LoadFile(source_.tx, id, &file);
    if (IsErased(found)) return absl::OkStatus();
    if (IsDamaged(found)) {
      // The mission is a party. One file must not hide all the others.
      ++unreadable_;
      return absl::OkStatus();
    }
    PASSERELLE_RETURN_IF_ERROR(found);
    const auto relation =
        domain::RelationForReading(file.message, file.facts, actor_, now_);
    if (!relation.sees() || !MayList(relation)) return absl::OkStatus();
    if (!kind_.is_root()) return ListChildren(file, relation);
    Leaf leaf = MakeLeaf(file.message.name(), relation);
    leaf.set_classes(Add(file.record.message, relation, &file.message));
    disclosures_.push_back({id, file.facts.consent_epoch(), std::move(leaf)});
    return absl::OkStatus();
  }

  const Core& core_;
  const Call& call_;
  const MethodSpec& method_;
  const domain::KindSpec& kind_;
  const absl::Time now_;
  const ReadSource& source_;
  std::vector<Disclosure>& disclosures_;

  domain::Actor actor_;
  const FieldDescriptor* items_ = nullptr;
  PageToken position_;
  std::string arguments_;
  int wanted_state_ = 0;  // 0: any
  int page_size_ = 0;
  int count_ = 0;
  int examined_ = 0;
  int unreadable_ = 0;
  size_t bytes_ = 0;
  bool more_ = false;
};

}  // namespace

RecordCache::Found FindCached(const Call& call, RecordCache* cache) {
  const MethodSpec& method = *call.method;
  storage::RecordKey key;
  const bool single = method.shape == MethodSpec::Shape::kGet ||
                      method.shape == MethodSpec::Shape::kGetPart;
  if (!single || !method.kind->in_case() ||
      !KeyOf(StringField(*call.request, method.name), &key)) {
    return {};
  }
  return cache->Find(key);
}

bool IsWhole(const Call& call, const RecordCache::Found& found) {
  return call.method->shape == MethodSpec::Shape::kGet &&
         found.file != nullptr &&
         (call.method->kind->is_root() || found.resource != nullptr);
}

absl::Status ExecuteRead(const Core& core, const Directory& directory,
                         const Call& call, absl::Time now,
                         const ReadSource& source,
                         std::vector<Disclosure>* disclosures) {
  disclosures->clear();
  call.response->Clear();
  if (call.method->shape == MethodSpec::Shape::kEvidence) {
    return ExecuteEvidence(core, directory, call, now, source.tx, disclosures);
  }
  return Reading(core, call, now, source, disclosures).Run(directory);
}

bool IsRestricted(const std::vector<Disclosure>& disclosures) {
  constexpr domain::EnumSet kRestricted =
      (domain::EnumSet{1} << domain::options::MEDICAL) |
      (domain::EnumSet{1} << domain::options::PROTECTION) |
      (domain::EnumSet{1} << domain::options::SEALED);
  return std::any_of(disclosures.begin(), disclosures.end(),
                     [](const Disclosure& d) {
                       return (d.leaf.classes() & kRestricted) != 0 ||
                              !d.leaf.emergency_access().empty();
                     });
}

}  // namespace passerelle::engine
