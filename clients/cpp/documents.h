#ifndef PASSERELLE_CLIENTS_CPP_DOCUMENTS_H_
#define PASSERELLE_CLIENTS_CPP_DOCUMENTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "clients/cpp/client.h"
#include "clients/cpp/private_file.h"
#include "clients/cpp/signing.h"
#include "common/age/age.h"
#include "passerelle/v1/document.pb.h"
#include "passerelle/v1/document_key.pb.h"

// Sealed documents: what sender and receiver do on their own machines. Both
// directions hold one chunk in memory and go on where they were cut.

namespace passerelle::client {

// What the functions here work with. All of it outlives the call.
struct DocumentContext {
  Client* client = nullptr;
  const Authority* authority = nullptr;
  absl::Time now;  // of this machine
  CallOptions call = {};
  // Called after each chunk: how many are there, of how many. May be empty.
  std::function<void(int, int)> progress = {};
};

// Publishes a public key of the signer's own mission.
absl::StatusOr<::passerelle::v1::DocumentKey> PublishDocumentKey(
    const DocumentContext& context, const Signer& signer,
    const age::Recipient& recipient, absl::Duration life);

// The key to which a mission wants documents to be encrypted: of those in force
// that it signed, the one signed last.
// Returns: DOCUMENT_KEY_MISSING.
absl::StatusOr<age::Recipient> FindRecipient(const DocumentContext& context,
                                             absl::string_view mission);

// What is to be sent, and to whom.
struct Sending {
  std::string path;       // of the plain file
  std::string case_name;  // cases/{case}
  std::string author;     // officer on whose behalf, as the calls assert
  std::vector<std::string> receivers;  // missions
  ::passerelle::v1::Document::ContentClass content_class =
      ::passerelle::v1::Document::CONTENT_CLASS_UNSPECIFIED;
  std::vector<std::string> consents;
  std::string person = {};      // optional
  std::string media_type = {};  // optional
};

// Encrypts the file to the receivers and uploads it.
//
// What is sent is kept in `{path}.sealed` (ciphertext) and
// `{path}.sealed.request` until the platform has all of it, so that calling it
// again with the same sending goes on with what is missing. The plain file is
// read once.
//
// Returns: UPLOAD_PENDING when these files are of another sending, or older
// than the plain file: finish or remove that one; DOCUMENT_KEY_MISSING;
// FILE_UNUSABLE; errors of the calls.
absl::StatusOr<::passerelle::v1::Document> SendDocument(
    const DocumentContext& context, const Signer& signer,
    const Sending& sending);

// Fetches the document and decrypts it to `path`, mode 0600.
//
// The sender's signature is verified before anything is fetched, each chunk
// when it comes. Ciphertext is kept in `{path}.partial` until it is complete
// and decrypted; a call that was cut goes on from there. Nothing stands at
// `path` before all of it was authenticated.
//
// Returns: FILE_EXISTS; SIGNATURE_NOT_AUTHENTIC; DOCUMENT_DAMAGED when the
// platform sends what the sender did not; DOCUMENT_KEY_MISSING when none of the
// identities opens it; FILE_UNUSABLE; errors of the calls.
absl::StatusOr<::passerelle::v1::Document> FetchDocument(
    const DocumentContext& context, const std::string& name,
    const std::vector<age::Identity>& identities, const std::string& path,
    Existing existing);

}  // namespace passerelle::client

#endif  // PASSERELLE_CLIENTS_CPP_DOCUMENTS_H_
