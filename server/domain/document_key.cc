// Guards and effects of the keys that documents are encrypted to.

#include <memory>

#include "absl/time/time.h"
#include "common/age/age.h"
#include "generated/document_key.verbs.h"
#include "server/domain/errors.h"
#include "server/domain/lifecycle.h"
#include "server/domain/signatures.h"

namespace passerelle::domain {
namespace {

constexpr absl::Duration kLongestLife = absl::Hours(24 * 400);

class DocumentKeys final : public DocumentKeyVerbs {
 public:
  absl::Status CreateDocumentKey(const pb::CreateDocumentKeyRequest& request,
                                 Change<pb::DocumentKey> change) override {
    // SELF is the platform's operator as well, who publishes no mission's key.
    if (change->actor().mission != request.parent()) return NotVisible();
    const pb::DocumentKey& key = change.resource();
    const absl::Time expiry = FromTimestamp(key.expire_time());
    std::vector<FieldViolation> violations;
    if (!age::Recipient::Parse(key.public_key()).ok()) {
      violations.push_back(
          {"document_key.public_key", "must be an X25519 recipient of age"});
    }
    if (expiry <= change->now() ||
        expiry > FromTimestamp(key.signature().sign_time()) + kLongestLife) {
      violations.push_back(
          {"document_key.expire_time",
           "must be in the future, at most 400 days after the signature"});
    }
    if (!violations.empty()) return FieldsInvalid(std::move(violations));
    return RequireSignedByCaller(change->actor(), key, request.parent(),
                                 key.signature());
  }

  absl::Status RevokeDocumentKey(const pb::RevokeDocumentKeyRequest&,
                                 Change<pb::DocumentKey>) override {
    return absl::OkStatus();
  }
};

}  // namespace

std::unique_ptr<Verbs> MakeDocumentKeyVerbs() {
  return std::make_unique<DocumentKeys>();
}

}  // namespace passerelle::domain
