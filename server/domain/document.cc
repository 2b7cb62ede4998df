// Guards and effects of sealed documents.

#include <algorithm>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/sha256.h"
#include "generated/document.verbs.h"
#include "passerelle/v1/grant.pb.h"
#include "passerelle/v1/person.pb.h"
#include "server/domain/age.h"
#include "server/domain/consents.h"
#include "server/domain/documents.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/signatures.h"
#include "server/domain/stages.h"
#include "server/domain/visibility.h"

namespace passerelle::domain {
namespace {

constexpr int64_t kChunkBytes = 256 * 1024;
constexpr int64_t kMaxFileBytes = int64_t{256}
                                  << 20;  // of one file's documents
constexpr int kMaxUnfinished = 10;        // of one mission, in one file

absl::Status SpaceFull(const char* limit) {
  return Failure(pb::DOCUMENT_SPACE_FULL,
                 "The file takes no more documents now.", {{"limit", limit}});
}

class Documents final : public DocumentVerbs {
 public:
  absl::Status CreateDocument(const pb::CreateDocumentRequest& request,
                              Change<pb::Document> change) override {
    if (auto s = RequireFileOpen(*change->file); !s.ok()) return s;
    pb::Document& document = change.resource();
    document.set_sender(change->actor().mission);
    document.set_author(change->actor().officer);
    if (auto violations = CheckShape(document); !violations.empty()) {
      return FieldsInvalid(std::move(violations));
    }
    if (auto s = TakePerson(change); !s.ok()) return s;
    for (const std::string& receiver : document.receivers()) {
      if (auto s = CheckReceiver(change, receiver); !s.ok()) return s;
    }
    if (auto s = RequireSignedByCaller(change->actor(), document,
                                       request.parent(), document.signature());
        !s.ok()) {
      return s;
    }
    if (auto s = CheckSpace(change); !s.ok()) return s;
    for (int i = 0; i < document.chunk_digests_size(); ++i) {
      document.add_missing_chunks(i);
    }
    return absl::OkStatus();
  }

  absl::Status UploadDocumentChunk(
      const pb::UploadDocumentChunkRequest& request,
      Change<pb::Document> change) override {
    pb::Document& document = change.resource();
    const int index = request.index();
    if (index >= document.chunk_digests_size()) {
      return Failure(pb::CHUNK_MISSING,
                     "The document has no chunk of that index.");
    }
    if (Sha256(request.data()) != document.chunk_digests(index)) {
      return Failure(pb::CHUNK_DIGEST_MISMATCH,
                     "The bytes are not the chunk that was declared.");
    }
    auto* missing = document.mutable_missing_chunks();
    const auto found = std::find(missing->begin(), missing->end(), index);
    if (found == missing->end()) return absl::OkStatus();
    missing->erase(found);
    change->part = {index, request.data()};
    if (!missing->empty()) return absl::OkStatus();
    change->chosen_state = pb::Document::AVAILABLE;
    return absl::OkStatus();
  }

  absl::Status RecallDocument(const pb::RecallDocumentRequest&,
                              Change<pb::Document> change) override {
    TakeBack(&change.resource());
    RaiseEpoch(change->file_facts_now);  // a read under way is decided again
    change->chosen_state = change.resource().state();
    return absl::OkStatus();
  }

  void TimePassed(google::protobuf::Message* message, absl::Time) override {
    static_cast<pb::Document&>(*message).clear_missing_chunks();
  }

 private:
  // What the rules of single fields cannot say.
  static std::vector<FieldViolation> CheckShape(const pb::Document& document) {
    std::vector<FieldViolation> violations;
    const int64_t chunks =
        (document.size_bytes() + kChunkBytes - 1) / kChunkBytes;
    std::string joined;
    bool whole = document.chunk_digests_size() == chunks;
    for (const std::string& digest : document.chunk_digests()) {
      whole &= digest.size() == kSha256Bytes;
      joined += digest;
    }
    if (!whole) {
      violations.push_back({"document.chunk_digests",
                            "must be one of 32 bytes for each 256 KiB"});
    } else if (Sha256(joined) != document.digest()) {
      violations.push_back(
          {"document.digest", "must be the digest of the chunks' digests"});
    }
    if (std::set<std::string>(document.receivers().begin(),
                              document.receivers().end())
            .size() != static_cast<size_t>(document.receivers_size())) {
      violations.push_back(
          {"document.receivers", "must not name one more than once"});
    }
    return violations;
  }

  // Whom it is about: it is erased with that person, and an adult of the family
  // consents in person.
  static absl::Status TakePerson(Change<pb::Document> change) {
    pb::Document& document = change.resource();
    if (document.person().empty()) return absl::OkStatus();
    pb::Person person;
    const absl::Status found =
        change->around().Find(document.person(), &person);
    if (absl::IsNotFound(found)) return NotVisible();
    if (!found.ok()) return found;
    if (person.state() != pb::Person::PRESENT) {
      return StateForbids(pb::Person::State_Name(person.state()));
    }
    const Relation sender = RelationToResource(
        RelationTo(*change->file, *change->file_facts, change->actor(),
                   change->now()),
        person, *change->file_facts, change->actor(), change->now());
    if (!sender.sees()) return NotVisible();
    document.set_own_consent_needed(
        person.relation() != pb::Person::PRINCIPAL &&
        !IsSurelyUnder(kAdultAge, person.birth_date(), change->now()));
    change->sealed_with = document.person();
    return absl::OkStatus();
  }

  // The receiver can be sent it. Who may be asked about is bounded first, so
  // that nobody learns of the partners that only the file's holders know.
  static absl::Status CheckReceiver(Change<pb::Document> change,
                                    const std::string& receiver) {
    const pb::Case& file = *change->file;
    const internal::CaseFacts& facts = *change->file_facts;
    const absl::Status invalid = Failure(
        pb::DOCUMENT_RECEIVER_INVALID,
        "A receiver may not be sent the document.", {{"mission", receiver}});
    if (receiver == change->actor().mission) return absl::OkStatus();
    const pb::Mission* mission = change->around().FindMission(receiver);
    const Actor partner = mission == nullptr ? Actor() : AsMission(*mission);
    const bool holds = RelationTo(file, facts, partner, change->now()).holds();
    const bool sender_holds =
        RelationTo(file, facts, change->actor(), change->now()).holds();
    if (!sender_holds && !holds) return invalid;
    if (auto s = RequirePartner(change.any(), receiver); !s.ok()) return s;
    if (holds) return absl::OkStatus();
    if (auto s = RequireNotBarred(change.any(), receiver); !s.ok()) return s;
    if (auto s = RequireConsentFor(change, receiver); !s.ok()) return s;
    pb::Document offered = change.resource();
    offered.set_state(pb::Document::AVAILABLE);
    const Relation relation =
        RelationToResource(RelationTo(file, facts, partner, change->now()),
                           offered, facts, partner, change->now());
    return (relation.roles & Bit(options::RECEIVER)) != 0 ? absl::OkStatus()
                                                          : invalid;
  }

  // One of the cited consents covers the receiver, unless its grant rests on
  // something else.
  static absl::Status RequireConsentFor(Change<pb::Document> change,
                                        const std::string& receiver) {
    const auto& cited = change.resource().consents();
    const auto any_of = [&](const auto& covers) {
      absl::Status last = covers(std::string());
      for (const std::string& consent : cited) {
        last = covers(consent);
        if (last.ok()) break;
      }
      return last;
    };
    if (receiver == ShareRecipient(*change->file)) {
      return any_of([&](const std::string& consent) {
        return RequireShareConsent(change.any(), consent);
      });
    }
    const internal::GrantFact* grant =
        OpenGrant(*change->file_facts, receiver, change->now());
    if (grant == nullptr || !grant->in_force()) {
      return Failure(pb::DOCUMENT_RECEIVER_INVALID,
                     "A receiver may not be sent the document.",
                     {{"mission", receiver}});
    }
    if (grant->basis() != pb::Grant::CONSENT) return absl::OkStatus();
    return any_of([&](const std::string& consent) {
      return RequireGrantConsent(
          change.any(), *change->around().FindMission(receiver),
          static_cast<options::Purpose>(grant->purpose()), consent);
    });
  }

  static absl::Status CheckSpace(Change<pb::Document> change) {
    const std::string& sender = change->actor().mission;
    int64_t bytes = change.resource().size_bytes();
    int unfinished = 0;
    const absl::Status listed = change->around().ForEach(
        pb::Document::default_instance(),
        [&](const google::protobuf::Message& message) {
          const auto& other = static_cast<const pb::Document&>(message);
          const bool uploading = other.state() == pb::Document::UPLOADING;
          if (uploading || other.state() == pb::Document::AVAILABLE) {
            bytes += other.size_bytes();
          }
          if (uploading && other.sender() == sender) ++unfinished;
          return true;
        });
    if (!listed.ok()) return listed;
    if (unfinished >= kMaxUnfinished) return SpaceFull("unfinished");
    return bytes > kMaxFileBytes ? SpaceFull("bytes") : absl::OkStatus();
  }
};

}  // namespace

bool TakeBack(pb::Document* document) {
  if (document->state() == pb::Document::UPLOADING) {
    document->set_state(pb::Document::ABANDONED);
  } else if (document->state() == pb::Document::AVAILABLE) {
    document->set_state(pb::Document::RECALLED);
  } else {
    return false;
  }
  document->clear_missing_chunks();
  document->clear_due_time();
  return true;
}

std::unique_ptr<Verbs> MakeDocumentVerbs() {
  return std::make_unique<Documents>();
}

}  // namespace passerelle::domain
