#include "tests/support/documents.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/age/age.h"
#include "common/sha256.h"
#include "tests/support/calls.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kChunk = 256 * 1024;

template <typename T>
T OrDie(absl::StatusOr<T> result) {
  if (!result.ok()) {
    std::fprintf(stderr, "documents: %s\n", result.status().ToString().c_str());
    std::abort();
  }
  return *std::move(result);
}

}  // namespace

client::Signer SignerOf(absl::string_view mission) {
  const TestPki::Pair pair = TestPki::Shared().Mission(mission, "batch");
  client::Profile profile;
  profile.certificate = pair.certificate_path;
  profile.key = pair.key_path;
  return OrDie(client::Signer::Load(profile));
}

void SignDocument(absl::string_view who, pb::CreateDocumentRequest* request) {
  const absl::string_view mission = who.substr(0, who.find('/'));
  pb::Document* document = request->mutable_document();
  document->set_sender(absl::StrCat("missions/", mission));
  document->set_author(absl::StrCat("missions/", mission, "/officers/",
                                    who.substr(who.find('/') + 1)));
  *document->mutable_signature() =
      OrDie(SignerOf(mission).Sign(*document, request->parent(), absl::Now()));
}

DocumentDraft DraftDocument(const TestServer::File& file, size_t bytes,
                            const std::function<void(pb::Document*)>& edit) {
  DocumentDraft draft;
  draft.request.set_parent(file.name);
  pb::Document* document = draft.request.mutable_document();
  document->add_receivers("missions/iom-ma");
  document->set_content_class(pb::Document::DOCUMENT);
  document->add_consents(file.consent);
  document->set_size_bytes(static_cast<int64_t>(bytes));
  std::mt19937_64 random(bytes);
  std::string joined;
  for (size_t at = 0; at < bytes; at += kChunk) {
    std::string chunk(std::min(kChunk, bytes - at), '\0');
    for (char& c : chunk) c = static_cast<char>(random());
    document->add_chunk_digests(Sha256(chunk));
    joined += Sha256(chunk);
    draft.chunks.push_back(std::move(chunk));
  }
  document->set_digest(Sha256(joined));
  if (edit) edit(document);
  SignDocument("iom-tn/cm", &draft.request);
  return draft;
}

pb::Document SendDraft(TestServer& server, absl::string_view who,
                       const DocumentDraft& draft, int upload) {
  pb::CreateDocumentRequest create = draft.request;
  create.set_request_id(NewId());
  pb::Document document = OrDie([&]() -> absl::StatusOr<pb::Document> {
    const Reply reply = Send(server, who, "CreateDocument", create);
    if (!reply.ok()) return reply.status;
    return reply.as<pb::Document>();
  }());
  for (size_t i = 0; i < draft.chunks.size() && static_cast<int>(i) < upload;
       ++i) {
    pb::UploadDocumentChunkRequest chunk;
    chunk.set_name(document.name());
    chunk.set_index(static_cast<int32_t>(i));
    chunk.set_data(draft.chunks[i]);
    chunk.set_request_id(NewId());
    document = OrDie([&]() -> absl::StatusOr<pb::Document> {
      const Reply reply = Send(server, who, "UploadDocumentChunk", chunk);
      if (!reply.ok()) return reply.status;
      return reply.as<pb::Document>();
    }());
  }
  return document;
}

pb::CreateDocumentKeyRequest DraftDocumentKey(TestServer& server,
                                              absl::string_view mission) {
  pb::CreateDocumentKeyRequest request;
  request.set_parent(absl::StrCat("missions/", mission));
  pb::DocumentKey* key = request.mutable_document_key();
  key->set_public_key(age::Identity::Generate().recipient().Text());
  key->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(server.clock().Now() + absl::Hours(24 * 100)));
  *key->mutable_signature() =
      OrDie(SignerOf(mission).Sign(*key, request.parent(), absl::Now()));
  return request;
}

}  // namespace passerelle::testing
