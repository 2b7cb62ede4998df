#ifndef PASSERELLE_TESTS_SUPPORT_DOCUMENTS_H_
#define PASSERELLE_TESTS_SUPPORT_DOCUMENTS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "clients/cpp/signing.h"
#include "passerelle/v1/document.pb.h"
#include "passerelle/v1/document_key.pb.h"
#include "tests/support/test_server.h"

// Sealed documents as a mission would send them. The content is no ciphertext:
// the platform cannot tell.

namespace passerelle::testing {

// Signs as the mission's batch workload.
client::Signer SignerOf(absl::string_view mission);

struct DocumentDraft {
  passerelle::v1::CreateDocumentRequest request;  // without a request_id
  std::vector<std::string> chunks;
};

// A document of so many bytes of iom-tn/cm for iom-ma, of class DOCUMENT, under
// the file's consent. `edit` changes it before it is signed; the chunks'
// digests are those of `chunks`.
DocumentDraft DraftDocument(
    const TestServer::File& file, size_t bytes,
    const std::function<void(passerelle::v1::Document*)>& edit = nullptr);

// Signs what the request says, as the mission and officer, e.g. `iom-tn/cm`.
void SignDocument(absl::string_view who,
                  passerelle::v1::CreateDocumentRequest* request);

// Creates it; uploads its chunks with indexes below `upload`.
passerelle::v1::Document SendDraft(TestServer& server, absl::string_view who,
                                   const DocumentDraft& draft,
                                   int upload = 1000);

// A key of the mission for `days` from the server's now on, signed.
passerelle::v1::CreateDocumentKeyRequest DraftDocumentKey(
    TestServer& server, absl::string_view mission);

}  // namespace passerelle::testing

#endif  // PASSERELLE_TESTS_SUPPORT_DOCUMENTS_H_
