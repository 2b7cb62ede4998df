#include "clients/cpp/documents.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <optional>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "clients/cpp/errors.h"
#include "clients/cpp/paging.h"
#include "clients/cpp/request_id.h"
#include "common/file_reader.h"
#include "common/sha256.h"
#include "common/status_details.h"
#include "common/status_macros.h"
#include "google/protobuf/util/message_differencer.h"

namespace passerelle::client {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kChunk = 256 * 1024;
constexpr int64_t kMaxBytes = int64_t{64} << 20;
constexpr size_t kMaxRequestBytes = 1 << 20;
constexpr char kService[] = "passerelle.v1.DocumentService/";
constexpr char kKeyService[] = "passerelle.v1.DocumentKeyService/";

template <typename Response, typename Request>
absl::StatusOr<Response> Call(const DocumentContext& context,
                              absl::string_view service,
                              absl::string_view method,
                              const Request& request) {
  return context.client->Call<Response>(absl::StrCat(service, method), request,
                                        context.call);
}

absl::Time TimeOf(const google::protobuf::Timestamp& time) {
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

// cases/{case} of cases/{case}/documents/{document}.
std::string ParentOf(const std::string& name) {
  const size_t end = name.find("/documents/");
  return end == std::string::npos ? "" : name.substr(0, end);
}

// Writes ciphertext and takes the digest of each of its chunks.
class ChunkWriter {
 public:
  explicit ChunkWriter(PrivateFile* file) : file_(*file) {}

  absl::Status Add(absl::string_view bytes) {
    size_ += static_cast<int64_t>(bytes.size());
    if (size_ > kMaxBytes) {
      return FileUnusable("a document has at most 64 MiB, encrypted");
    }
    while (!bytes.empty()) {
      const size_t taken = std::min(bytes.size(), kChunk - held_.size());
      held_.append(bytes.data(), taken);
      bytes.remove_prefix(taken);
      if (held_.size() == kChunk) PASSERELLE_RETURN_IF_ERROR(Flush());
    }
    return absl::OkStatus();
  }

  // Ends the ciphertext and says of it what the platform is told.
  absl::Status Finish(pb::Document* document) {
    if (!held_.empty()) PASSERELLE_RETURN_IF_ERROR(Flush());
    PASSERELLE_RETURN_IF_ERROR(file_.Sync());
    document->set_size_bytes(size_);
    std::string joined;
    for (const std::string& digest : digests_) {
      document->add_chunk_digests(digest);
      joined += digest;
    }
    document->set_digest(Sha256(joined));
    return absl::OkStatus();
  }

 private:
  absl::Status Flush() {
    digests_.push_back(Sha256(held_));
    PASSERELLE_RETURN_IF_ERROR(file_.Append(held_));
    held_.clear();
    return absl::OkStatus();
  }

  PrivateFile& file_;
  std::string held_;
  std::vector<std::string> digests_;
  int64_t size_ = 0;
};

// What is sent, but for its content and signature.
pb::Document Declared(const Sending& sending, const std::string& sender) {
  pb::Document document;
  document.set_sender(sender);
  document.set_author(sending.author);
  document.set_content_class(sending.content_class);
  document.set_person(sending.person);
  document.set_media_type(sending.media_type);
  for (const std::string& receiver : sending.receivers) {
    document.add_receivers(receiver);
  }
  for (const std::string& consent : sending.consents) {
    document.add_consents(consent);
  }
  return document;
}

// One sending at work.
class Send {
 public:
  Send(const DocumentContext& context, const Signer& signer,
       const Sending& sending)
      : context_(context),
        signer_(signer),
        sending_(sending),
        sealed_(absl::StrCat(sending.path, ".sealed")),
        pending_(absl::StrCat(sealed_, ".request")) {}

  absl::StatusOr<pb::Document> Run() {
    PASSERELLE_ASSIGN_OR_RETURN(const bool resumes, FindPending());
    if (!resumes) PASSERELLE_RETURN_IF_ERROR(Seal());
    auto created =
        Call<pb::Document>(context_, kService, "CreateDocument", request_);
    if (resumes && ReasonOf(created.status()) == "SIGNATURE_INVALID") {
      // The certificate was renewed before the document was declared.
      PASSERELLE_RETURN_IF_ERROR(Sign());
      created =
          Call<pb::Document>(context_, kService, "CreateDocument", request_);
    }
    PASSERELLE_RETURN_IF_ERROR(created.status());
    pb::Document document = *std::move(created);
    PASSERELLE_RETURN_IF_ERROR(Upload(&document));
    RemoveFile(pending_);
    RemoveFile(sealed_);
    return document;
  }

 private:
  // Whether a sending that was cut is gone on with.
  absl::StatusOr<bool> FindPending() {
    const auto bytes =
        ReadSmallFile(pending_, FilePrivacy::kOwnerOnly, kMaxRequestBytes);
    if (absl::IsNotFound(bytes.status())) return false;
    if (!bytes.ok()) return FileUnusable(bytes.status().message());
    if (!request_.ParseFromString(*bytes)) return Pending("is damaged");
    pb::Document before = request_.document();
    before.clear_size_bytes();
    before.clear_chunk_digests();
    before.clear_digest();
    before.clear_signature();
    if (request_.parent() != sending_.case_name ||
        !google::protobuf::util::MessageDifferencer::Equals(
            before, Declared(sending_, signer_.mission()))) {
      return Pending("is of another document or other receivers");
    }
    struct stat plain {};
    struct stat sealed {};
    if (stat(sealed_.c_str(), &sealed) != 0 ||
        sealed.st_size != request_.document().size_bytes()) {
      return Pending("has no ciphertext beside it");
    }
    if (stat(sending_.path.c_str(), &plain) == 0 &&
        std::pair(plain.st_mtim.tv_sec, plain.st_mtim.tv_nsec) >
            std::pair(sealed.st_mtim.tv_sec, sealed.st_mtim.tv_nsec)) {
      return Pending("is older than the file");
    }
    return true;
  }

  absl::Status Pending(absl::string_view what) const {
    return UploadPending(absl::StrCat(
        pending_, ", of an upload that was not finished, ", what,
        ". Finish that upload with the words it was begun with, or remove ",
        pending_, " and ", sealed_));
  }

  // Encrypts, and keeps what the platform is told of it.
  absl::Status Seal() {
    std::vector<age::Recipient> recipients;
    for (const std::string& receiver : sending_.receivers) {
      PASSERELLE_ASSIGN_OR_RETURN(const age::Recipient recipient,
                                  FindRecipient(context_, receiver));
      recipients.push_back(recipient);
    }
    RemoveFile(sealed_);  // of a sending that was cut before it was sealed
    PASSERELLE_ASSIGN_OR_RETURN(PrivateFile file, PrivateFile::Create(sealed_));
    ChunkWriter writer(&file);
    auto encryptor = age::Encryptor::Begin(
        recipients, [&](absl::string_view bytes) { return writer.Add(bytes); });
    PASSERELLE_RETURN_IF_ERROR(encryptor.status());
    PASSERELLE_RETURN_IF_ERROR(ReadPlain(
        [&](absl::string_view bytes) { return encryptor->Add(bytes); }));
    PASSERELLE_RETURN_IF_ERROR(encryptor->Finish());
    request_.Clear();
    request_.set_parent(sending_.case_name);
    pb::Document* document = request_.mutable_document();
    *document = Declared(sending_, signer_.mission());
    PASSERELLE_RETURN_IF_ERROR(writer.Finish(document));
    return Sign();
  }

  // Signs, and keeps it for a later attempt.
  absl::Status Sign() {
    PASSERELLE_ASSIGN_OR_RETURN(
        *request_.mutable_document()->mutable_signature(),
        signer_.Sign(request_.document(), sending_.case_name, context_.now));
    request_.clear_request_id();
    FillRequestId(request_, "");
    return WritePrivateFile(pending_, request_.SerializeAsString(),
                            Existing::kReplace);
  }

  absl::Status ReadPlain(const age::Sink& sink) const {
    const int file = open(sending_.path.c_str(), O_RDONLY | O_CLOEXEC);
    if (file < 0) {
      return FileUnusable(absl::StrCat(sending_.path, ": ", strerror(errno)));
    }
    const absl::Cleanup close_file = [file] { close(file); };
    std::string buffer(64 * 1024, '\0');
    while (true) {
      const ssize_t count = read(file, buffer.data(), buffer.size());
      if (count < 0 && errno == EINTR) continue;
      if (count < 0) {
        return FileUnusable(absl::StrCat(sending_.path, ": ", strerror(errno)));
      }
      if (count == 0) return absl::OkStatus();
      PASSERELLE_RETURN_IF_ERROR(sink(
          absl::string_view(buffer).substr(0, static_cast<size_t>(count))));
    }
  }

  absl::Status Upload(pb::Document* document) {
    PASSERELLE_ASSIGN_OR_RETURN(const PrivateFile file,
                                PrivateFile::OpenOrCreate(sealed_));
    const int all = document->chunk_digests_size();
    // The answer to a repeated CreateDocument shows the document as it is.
    while (document->state() == pb::Document::UPLOADING &&
           document->missing_chunks_size() > 0) {
      pb::UploadDocumentChunkRequest request;
      request.set_name(document->name());
      request.set_index(document->missing_chunks(0));
      PASSERELLE_ASSIGN_OR_RETURN(
          *request.mutable_data(),
          file.Read(int64_t{request.index()} * static_cast<int64_t>(kChunk),
                    kChunk));
      PASSERELLE_ASSIGN_OR_RETURN(
          *document, Call<pb::Document>(context_, kService,
                                        "UploadDocumentChunk", request));
      if (context_.progress) {
        context_.progress(all - document->missing_chunks_size(), all);
      }
    }
    if (document->state() == pb::Document::AVAILABLE) return absl::OkStatus();
    return UploadPending(
        absl::StrCat(document->name(), " was taken back or given up. Remove ",
                     pending_, " and ", sealed_, " to send the file anew"));
  }

  const DocumentContext& context_;
  const Signer& signer_;
  const Sending& sending_;
  const std::string sealed_;
  const std::string pending_;
  pb::CreateDocumentRequest request_;
};

// Whether the digests are those of a whole document of that size.
bool IsWhole(const pb::Document& document) {
  const int64_t chunks =
      (document.size_bytes() + static_cast<int64_t>(kChunk) - 1) /
      static_cast<int64_t>(kChunk);
  std::string joined;
  for (const std::string& digest : document.chunk_digests()) joined += digest;
  return document.size_bytes() > 0 && document.size_bytes() <= kMaxBytes &&
         document.chunk_digests_size() == chunks &&
         Sha256(joined) == document.digest();
}

// One fetch at work.
class Fetch {
 public:
  Fetch(const DocumentContext& context,
        const std::vector<age::Identity>& identities, const std::string& path,
        Existing existing)
      : context_(context),
        identities_(identities),
        path_(path),
        partial_(absl::StrCat(path, ".partial")),
        plain_(absl::StrCat(path, ".opened")),
        existing_(existing) {}

  absl::StatusOr<pb::Document> Run(const std::string& name) {
    if (existing_ == Existing::kKeep && access(path_.c_str(), F_OK) == 0) {
      return FileExists(path_);
    }
    pb::GetDocumentRequest get;
    get.set_name(name);
    PASSERELLE_ASSIGN_OR_RETURN(
        document_, Call<pb::Document>(context_, kService, "GetDocument", get));
    if (document_.name() != name) {
      return DocumentDamaged("the platform shows another document");
    }
    PASSERELLE_RETURN_IF_ERROR(context_.authority->Verify(
        document_, ParentOf(name), document_.sender(), document_.signature()));
    if (!IsWhole(document_)) {
      return DocumentDamaged("its digests are not those of one document");
    }
    PASSERELLE_ASSIGN_OR_RETURN(PrivateFile file,
                                PrivateFile::OpenOrCreate(partial_));
    PASSERELLE_RETURN_IF_ERROR(Download(&file));
    PASSERELLE_RETURN_IF_ERROR(Open(file));
    RemoveFile(partial_);
    return document_;
  }

 private:
  size_t SizeOf(int index) const {
    const int64_t begin = int64_t{index} * static_cast<int64_t>(kChunk);
    return static_cast<size_t>(
        std::min(static_cast<int64_t>(kChunk), document_.size_bytes() - begin));
  }
  bool IsChunk(int index, absl::string_view bytes) const {
    return bytes.size() == SizeOf(index) &&
           Sha256(bytes) == document_.chunk_digests(index);
  }

  // Whole chunks that are there already are kept; what follows is fetched.
  absl::Status Download(PrivateFile* file) {
    const int all = document_.chunk_digests_size();
    int have = 0;
    for (; have < all; ++have) {
      PASSERELLE_ASSIGN_OR_RETURN(
          const std::string bytes,
          file->Read(int64_t{have} * static_cast<int64_t>(kChunk),
                     SizeOf(have)));
      if (!IsChunk(have, bytes)) break;
    }
    PASSERELLE_RETURN_IF_ERROR(file->Truncate(std::min(
        int64_t{have} * static_cast<int64_t>(kChunk), document_.size_bytes())));
    for (; have < all; ++have) {
      pb::GetDocumentChunkRequest get;
      get.set_name(document_.name());
      get.set_index(have);
      PASSERELLE_ASSIGN_OR_RETURN(
          const pb::DocumentChunk chunk,
          Call<pb::DocumentChunk>(context_, kService, "GetDocumentChunk", get));
      if (!IsChunk(have, chunk.data())) {
        return DocumentDamaged(
            absl::StrCat("chunk ", have, " is not what its sender sent"));
      }
      PASSERELLE_RETURN_IF_ERROR(file->Append(chunk.data()));
      if (context_.progress) context_.progress(have + 1, all);
    }
    return file->Sync();
  }

  // Decrypts beside the final place, then moves it there.
  absl::Status Open(const PrivateFile& file) {
    RemoveFile(plain_);
    PASSERELLE_ASSIGN_OR_RETURN(PrivateFile plain, PrivateFile::Create(plain_));
    absl::Cleanup remove_plain = [this] { RemoveFile(plain_); };
    age::Decryptor decryptor(identities_, [&](absl::string_view bytes) {
      return plain.Append(bytes);
    });
    absl::Status opened;
    for (int i = 0; opened.ok() && i < document_.chunk_digests_size(); ++i) {
      PASSERELLE_ASSIGN_OR_RETURN(
          const std::string bytes,
          file.Read(int64_t{i} * static_cast<int64_t>(kChunk), SizeOf(i)));
      opened = decryptor.Add(bytes);
    }
    if (opened.ok()) opened = decryptor.Finish();
    if (absl::IsInvalidArgument(opened)) {
      return DocumentKeyMissing(
          absl::StrCat("no key of yours opens it: ", opened.message()));
    }
    if (absl::IsDataLoss(opened)) return DocumentDamaged(opened.message());
    PASSERELLE_RETURN_IF_ERROR(opened);
    PASSERELLE_RETURN_IF_ERROR(plain.Sync());
    PASSERELLE_RETURN_IF_ERROR(MoveInPlace(plain_, path_, existing_));
    std::move(remove_plain).Cancel();
    return absl::OkStatus();
  }

  const DocumentContext& context_;
  const std::vector<age::Identity>& identities_;
  const std::string& path_;
  const std::string partial_;
  const std::string plain_;
  const Existing existing_;
  pb::Document document_;
};

}  // namespace

absl::StatusOr<pb::DocumentKey> PublishDocumentKey(
    const DocumentContext& context, const Signer& signer,
    const age::Recipient& recipient, absl::Duration life) {
  pb::CreateDocumentKeyRequest request;
  request.set_parent(signer.mission());
  pb::DocumentKey* key = request.mutable_document_key();
  key->set_public_key(recipient.Text());
  key->mutable_expire_time()->set_seconds(
      absl::ToUnixSeconds(context.now + life));
  PASSERELLE_ASSIGN_OR_RETURN(*key->mutable_signature(),
                              signer.Sign(*key, request.parent(), context.now));
  return Call<pb::DocumentKey>(context, kKeyService, "CreateDocumentKey",
                               request);
}

absl::StatusOr<age::Recipient> FindRecipient(const DocumentContext& context,
                                             absl::string_view mission) {
  pb::ListDocumentKeysRequest list;
  list.set_parent(std::string(mission));
  std::optional<age::Recipient> newest;
  absl::Time signed_at = absl::InfinitePast();
  std::string refused;
  PASSERELLE_RETURN_IF_ERROR(ForEachPage<pb::ListDocumentKeysResponse>(
      *context.client, absl::StrCat(kKeyService, "ListDocumentKeys"), list,
      [&](const pb::ListDocumentKeysResponse& page) {
        for (const pb::DocumentKey& key : page.document_keys()) {
          const absl::Time at = TimeOf(key.signature().sign_time());
          if (key.state() != pb::DocumentKey::ACTIVE ||
              TimeOf(key.expire_time()) <= context.now || at < signed_at) {
            continue;
          }
          const absl::Status verified =
              context.authority->Verify(key, mission, mission, key.signature());
          if (!verified.ok()) {
            refused = absl::StrCat("; ", key.name(), ": ", verified.message());
            continue;
          }
          const auto recipient = age::Recipient::Parse(key.public_key());
          if (!recipient.ok()) continue;
          newest = *recipient;
          signed_at = at;
        }
        return absl::OkStatus();
      },
      context.call));
  if (newest) return *newest;
  return DocumentKeyMissing(
      absl::StrCat(mission, " has published no key that is in force", refused));
}

absl::StatusOr<pb::Document> SendDocument(const DocumentContext& context,
                                          const Signer& signer,
                                          const Sending& sending) {
  return Send(context, signer, sending).Run();
}

absl::StatusOr<pb::Document> FetchDocument(
    const DocumentContext& context, const std::string& name,
    const std::vector<age::Identity>& identities, const std::string& path,
    Existing existing) {
  return Fetch(context, identities, path, existing).Run(name);
}

}  // namespace passerelle::client
