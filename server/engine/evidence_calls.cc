#include "server/engine/evidence_calls.h"

#include <algorithm>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/resource_name.h"
#include "common/status_macros.h"
#include "passerelle/v1/evidence.pb.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/engine/damage.h"
#include "server/engine/evidence.h"
#include "server/engine/file.h"
#include "server/journal/checkpoint.h"
#include "server/journal/leaf_index.h"
#include "server/journal/tree.h"

namespace passerelle::engine {
namespace {

namespace pb = ::passerelle::v1;
using internal::Leaf;
using HashList = google::protobuf::RepeatedPtrField<std::string>;

constexpr int kDefaultPage = 50;
constexpr int kMaxPage = 1000;
// With a proof of some 20 hashes a line takes about a kilobyte, and a worker
// half a millisecond.
constexpr int kMaxExport = 1000;
constexpr size_t kMaxBytes = 2 << 20;
constexpr size_t kMaxCosignatures = 60;  // of one checkpoint
constexpr int kPrivacyClasses = 32;

// What every call is asked first.
absl::StatusOr<domain::Actor> Admit(const Directory& directory,
                                    const Call& call, absl::Time now) {
  PASSERELLE_ASSIGN_OR_RETURN(domain::Actor actor,
                              directory.Resolve(call.caller, now));
  PASSERELLE_RETURN_IF_ERROR(domain::CheckCaller(*call.method, actor));
  if (!call.violations.empty()) return domain::FieldsInvalid(call.violations);
  if (call.unknown_fields) {
    return domain::Failure(pb::UNKNOWN_FIELD,
                           "The request carries fields that this server does "
                           "not know.");
  }
  return actor;
}

absl::Status CheckpointUnknown() {
  return domain::Failure(pb::CHECKPOINT_UNKNOWN,
                         "There is no such checkpoint.");
}

absl::Status Damaged(int64_t sequence) {
  return absl::DataLossError(
      absl::StrCat("the journal is damaged at leaf ", sequence));
}

absl::Status FillCheckpoint(const Core& core, const storage::Checkpoint& stored,
                            pb::Checkpoint* answer) {
  auto note = note::Split(stored.note);
  if (!note.ok()) return absl::DataLossError("a checkpoint is damaged");
  answer->set_tree_size(stored.tree_size);
  *answer->mutable_create_time() = domain::ToTimestamp(stored.time);
  answer->set_public_key(core.notary.key.verifier().Text());
  for (const std::string& bytes : stored.cosignatures) {
    internal::Cosignature cosignature;
    if (!cosignature.ParseFromString(bytes)) {
      return absl::DataLossError("a cosignature is damaged");
    }
    pb::Cosignature* shown = answer->add_cosignatures();
    shown->set_mission(cosignature.mission());
    shown->set_public_key(cosignature.public_key());
    const auto key = note::VerifierKey::Parse(cosignature.public_key());
    absl::Time time;
    if (key.ok() && key->Verifies(note->text, cosignature.line(), &time)) {
      *shown->mutable_sign_time() = domain::ToTimestamp(time);
    }
    note->lines.push_back(cosignature.line());
  }
  answer->set_note(note::Join(*note));
  return absl::OkStatus();
}

void FillHashes(const std::vector<merkle::Hash>& proof, HashList* hashes) {
  for (const merkle::Hash& hash : proof) {
    const absl::string_view bytes = merkle::View(hash);
    hashes->Add()->assign(bytes.data(), bytes.size());
  }
}

void FillAccess(const Leaf& leaf, pb::Access* access) {
  access->set_leaf_index(leaf.sequence());
  *access->mutable_access_time() = leaf.time();
  if (!leaf.mission().empty()) {
    access->set_mission(RootName("missions", leaf.mission()));
  }
  access->set_officer(leaf.officer());
  access->set_workload(leaf.workload());
  access->set_method(leaf.method());
  access->set_purpose(static_cast<domain::options::Purpose>(leaf.purpose()));
  access->set_resource(leaf.resource());
  access->set_consent(leaf.consent());
  for (int value = 0; value < kPrivacyClasses; ++value) {
    if ((leaf.classes() & domain::Bit(value)) != 0) {
      access->add_classes(static_cast<domain::options::Privacy>(value));
    }
  }
  access->set_refusal(static_cast<pb::ErrorReason>(leaf.reason()));
  access->set_count(leaf.count());
  access->set_emergency_access(leaf.emergency_access());
}

class EvidenceReading {
 public:
  EvidenceReading(const Core& core, const Call& call, absl::Time now,
                  storage::ReadTransaction* tx,
                  std::vector<Disclosure>* disclosures)
      : core_(core),
        call_(call),
        now_(now),
        tx_(*tx),
        prover_(tx),
        disclosures_(*disclosures) {}

  absl::Status Run(const Directory& directory) {
    PASSERELLE_ASSIGN_OR_RETURN(actor_, Admit(directory, call_, now_));
    const auto* request = call_.request->GetDescriptor();
    if (request == pb::ListAccessesRequest::descriptor()) return List();
    if (request == pb::ExportAccessesRequest::descriptor()) return Export();
    absl::Status status;
    if (request == pb::GetConsistencyProofRequest::descriptor()) {
      status = Consistency();
    } else if (request == pb::GetInclusionProofRequest::descriptor()) {
      status = Inclusion();
    } else {
      status = Latest();
    }
    PASSERELLE_RETURN_IF_ERROR(status);
    disclosures_.push_back({"", 0, LeafOf(call_, now_)});
    return absl::OkStatus();
  }

 private:
  template <typename Request>
  const Request& request() const {
    return static_cast<const Request&>(*call_.request);
  }
  template <typename Response>
  Response* response() const {
    return static_cast<Response*>(call_.response);
  }

  absl::Status Newest(storage::Checkpoint* checkpoint,
                      int min_cosignatures = 0) {
    const absl::Status found =
        tx_.LatestCheckpoint(min_cosignatures, checkpoint);
    return absl::IsNotFound(found) ? CheckpointUnknown() : found;
  }

  static absl::Status SizeInvalid(const storage::Checkpoint& newest) {
    return domain::Failure(pb::TREE_SIZE_INVALID,
                           "The size or leaf lies beyond the newest checkpoint "
                           "or the larger size.",
                           {{"treeSize", absl::StrCat(newest.tree_size)}});
  }

  absl::Status Latest() {
    storage::Checkpoint newest;
    PASSERELLE_RETURN_IF_ERROR(Newest(
        &newest, request<pb::GetLatestCheckpointRequest>().min_cosignatures()));
    return FillCheckpoint(core_, newest, response<pb::Checkpoint>());
  }

  absl::Status Consistency() {
    const auto& asked = request<pb::GetConsistencyProofRequest>();
    auto* answer = response<pb::ConsistencyProof>();
    storage::Checkpoint newest;
    PASSERELLE_RETURN_IF_ERROR(Newest(&newest));
    const bool open = asked.second_size() == 0;
    const int64_t second = open ? newest.tree_size : asked.second_size();
    if (second > newest.tree_size || asked.first_size() > second) {
      return SizeInvalid(newest);
    }
    std::vector<merkle::Hash> proof;
    PASSERELLE_RETURN_IF_ERROR(
        prover_.Consistency(asked.first_size(), second, &proof));
    answer->set_first_size(asked.first_size());
    answer->set_second_size(second);
    FillHashes(proof, answer->mutable_hashes());
    return open ? FillCheckpoint(core_, newest, answer->mutable_checkpoint())
                : absl::OkStatus();
  }

  absl::Status Inclusion() {
    const auto& asked = request<pb::GetInclusionProofRequest>();
    auto* answer = response<pb::InclusionProof>();
    storage::Checkpoint newest;
    PASSERELLE_RETURN_IF_ERROR(Newest(&newest));
    const bool open = asked.tree_size() == 0;
    const int64_t size = open ? newest.tree_size : asked.tree_size();
    if (size > newest.tree_size || asked.leaf_index() >= size) {
      return SizeInvalid(newest);
    }
    std::vector<merkle::Hash> proof;
    PASSERELLE_RETURN_IF_ERROR(
        prover_.Inclusion(asked.leaf_index(), size, &proof));
    answer->set_leaf_index(asked.leaf_index());
    answer->set_tree_size(size);
    FillHashes(proof, answer->mutable_hashes());
    return open ? FillCheckpoint(core_, newest, answer->mutable_checkpoint())
                : absl::OkStatus();
  }

  // Decides on the file and tells where the page begins. The disclosure is the
  // call's own line: it is not among those it lists.
  absl::Status OpenFile(const std::string& parent, const std::string& token) {
    const auto name = ParseResourceName(parent);
    if (!name) return domain::NotVisible();
    case_id_ = name->root;
    File file;
    const absl::Status found = LoadFile(&tx_, case_id_, &file);
    if (!found.ok()) return FileNotLoaded(&tx_, actor_, case_id_, found);
    const auto relation =
        domain::RelationTo(file.message, file.facts, actor_, now_);
    if (!relation.sees() ||
        !domain::PositionAdmits(*call_.method, relation.roles)) {
      return domain::NotVisible();
    }
    arguments_ = core_.secrets.Hash(
        "accesses",
        absl::StrCat(actor_.mission, "\n", call_.method->full_name, "\n",
                     case_id_),
        16);
    if (!token.empty()) {
      std::string sealed;
      std::string plain;
      internal::AccessToken position;
      if (!FromBase64(token, &sealed) ||
          !core_.secrets.Open("access", sealed, &plain) ||
          !position.ParseFromString(plain) ||
          position.arguments() != arguments_) {
        return domain::Failure(pb::PAGE_TOKEN_INVALID,
                               "The page token is damaged or belongs to other "
                               "arguments.");
      }
      from_ = position.from();
    }
    Leaf leaf = LeafOf(call_, now_);
    leaf.set_resource(parent);
    leaf.set_consent(relation.consent);
    leaf.set_classes(domain::Bit(domain::options::ROUTINE));
    disclosures_.push_back(
        {case_id_, file.facts.consent_epoch(), std::move(leaf)});
    return absl::OkStatus();
  }

  std::string TokenFor(int64_t from) const {
    internal::AccessToken position;
    position.set_arguments(arguments_);
    position.set_from(from);
    return ToBase64(core_.secrets.Seal("access", position.SerializeAsString()));
  }

  // A leaf of this file, and of no other: the index is not evidence.
  absl::Status ReadOwn(int64_t sequence, std::string* bytes, Leaf* leaf) {
    PASSERELLE_RETURN_IF_ERROR(leaves_.Read(sequence, bytes));
    if (!leaf->ParseFromString(*bytes) || leaf->sequence() != sequence ||
        journal::CaseOf(leaf->resource()) != case_id_) {
      return Damaged(sequence);
    }
    return absl::OkStatus();
  }

  absl::Status List() {
    const auto& asked = request<pb::ListAccessesRequest>();
    auto* answer = response<pb::ListAccessesResponse>();
    PASSERELLE_RETURN_IF_ERROR(OpenFile(asked.parent(), asked.page_token()));
    const int size = asked.page_size() == 0
                         ? kDefaultPage
                         : std::min(asked.page_size(), kMaxPage);
    std::vector<int64_t> found;
    PASSERELLE_RETURN_IF_ERROR(
        journal::FindLeaves(&tx_, case_id_, from_, size + 1, &found));
    for (const int64_t sequence : found) {
      if (answer->accesses_size() == size) {
        answer->set_next_page_token(TokenFor(sequence));
        break;
      }
      std::string bytes;
      Leaf leaf;
      PASSERELLE_RETURN_IF_ERROR(ReadOwn(sequence, &bytes, &leaf));
      FillAccess(leaf, answer->add_accesses());
    }
    return absl::OkStatus();
  }

  absl::Status Export() {
    const auto& asked = request<pb::ExportAccessesRequest>();
    auto* answer = response<pb::ExportAccessesResponse>();
    PASSERELLE_RETURN_IF_ERROR(OpenFile(asked.parent(), asked.page_token()));
    storage::Checkpoint newest;
    PASSERELLE_RETURN_IF_ERROR(Newest(&newest));
    PASSERELLE_RETURN_IF_ERROR(
        FillCheckpoint(core_, newest, answer->mutable_checkpoint()));
    answer->set_parent(asked.parent());
    std::vector<int64_t> found;
    PASSERELLE_RETURN_IF_ERROR(
        journal::FindLeaves(&tx_, case_id_, from_, kMaxExport + 1, &found));
    size_t bytes = 0;
    for (const int64_t sequence : found) {
      if (answer->accesses_size() == kMaxExport || bytes > kMaxBytes) {
        answer->set_next_page_token(TokenFor(sequence));
        break;
      }
      pb::ProvenAccess* access = answer->add_accesses();
      Leaf leaf;
      PASSERELLE_RETURN_IF_ERROR(
          ReadOwn(sequence, access->mutable_leaf(), &leaf));
      FillAccess(leaf, access->mutable_access());
      if (sequence < newest.tree_size) {
        std::vector<merkle::Hash> proof;
        PASSERELLE_RETURN_IF_ERROR(
            prover_.Inclusion(sequence, newest.tree_size, &proof));
        FillHashes(proof, access->mutable_hashes());
      }
      bytes += access->ByteSizeLong();
    }
    return absl::OkStatus();
  }

  const Core& core_;
  const Call& call_;
  const absl::Time now_;
  storage::ReadTransaction& tx_;
  journal::Prover prover_;
  journal::LeafReader leaves_{&tx_};
  std::vector<Disclosure>& disclosures_;

  domain::Actor actor_;
  std::string case_id_;
  std::string arguments_;
  int64_t from_ = 0;
};

absl::Status CosignatureInvalid() {
  return domain::Failure(pb::COSIGNATURE_INVALID,
                         "The key or the signature is not one of the caller "
                         "for this checkpoint.");
}

}  // namespace

absl::Status ExecuteEvidence(const Core& core, const Directory& directory,
                             const Call& call, absl::Time now,
                             storage::ReadTransaction* tx,
                             std::vector<Disclosure>* disclosures) {
  return EvidenceReading(core, call, now, tx, disclosures).Run(directory);
}

absl::Status CosignCheckpoint(const WriterContext& context, const Call& call) {
  PASSERELLE_ASSIGN_OR_RETURN(const domain::Actor actor,
                              Admit(context.directory, call, context.now));
  const auto& request =
      static_cast<const pb::CosignCheckpointRequest&>(*call.request);
  std::vector<storage::Checkpoint> found;
  PASSERELLE_RETURN_IF_ERROR(
      context.tx.ListCheckpoints(request.tree_size(), 1, &found));
  if (found.empty() || found[0].tree_size != request.tree_size()) {
    return CheckpointUnknown();
  }
  storage::Checkpoint& checkpoint = found[0];
  const auto note = note::Split(checkpoint.note);
  if (!note.ok()) return absl::DataLossError("a checkpoint is damaged");
  const auto key = note::VerifierKey::Parse(request.public_key());
  if (!key.ok() || key->type() != note::KeyType::kCosigner ||
      key->name() != journal::WitnessName(context.core.notary.trust_domain,
                                          call.caller.mission) ||
      !key->Verifies(note->text, request.signature())) {
    return CosignatureInvalid();
  }
  internal::Cosignature cosignature;
  cosignature.set_mission(actor.mission);
  cosignature.set_public_key(request.public_key());
  cosignature.set_line(request.signature());
  auto& all = checkpoint.cosignatures;
  const auto own =
      std::find_if(all.begin(), all.end(), [&](const std::string& bytes) {
        internal::Cosignature other;
        return other.ParseFromString(bytes) && other.mission() == actor.mission;
      });
  if (own != all.end()) {
    *own = cosignature.SerializeAsString();
  } else if (all.size() < kMaxCosignatures) {
    all.push_back(cosignature.SerializeAsString());
  }  // so many witnesses are enough: it is answered as it stands
  PASSERELLE_RETURN_IF_ERROR(context.tx.PutCheckpoint(checkpoint));
  return FillCheckpoint(context.core, checkpoint,
                        static_cast<pb::Checkpoint*>(call.response));
}

}  // namespace passerelle::engine
