// Sealed documents: who may send what to whom, in which pieces, and who gets
// them, for how long.

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/certificate_signature.h"
#include "common/sha256.h"
#include "common/signed_text.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/document.pb.h"
#include "passerelle/v1/document_key.pb.h"
#include "tests/rpc/evidence.h"
#include "tests/support/documents.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
namespace options = ::passerelle::options::v1;
using ::testing::ElementsAre;

constexpr size_t kChunk = 256 * 1024;

class Documents : public ::testing::Test {
 protected:
  Documents() : file_(server_.ProposedFile()) {}

  Reply Create(const DocumentDraft& draft,
               absl::string_view who = "iom-tn/cm") {
    pb::CreateDocumentRequest request = draft.request;
    request.set_request_id(NewId());
    return Send(server_, who, "CreateDocument", request);
  }
  // With another signature or fields, after it was signed.
  void RefusedCreate(const pb::CreateDocumentRequest& request,
                     const std::string& reason,
                     absl::string_view who = "iom-tn/cm") {
    pb::CreateDocumentRequest copy = request;
    copy.set_request_id(NewId());
    evidence_.Refused("CreateDocument",
                      Send(server_, who, "CreateDocument", copy), reason);
  }
  Reply Upload(const std::string& name, int index, const std::string& data,
               absl::string_view who = "iom-tn/cm") {
    pb::UploadDocumentChunkRequest request;
    request.set_name(name);
    request.set_index(index);
    request.set_data(data);
    request.set_request_id(NewId());
    return Send(server_, who, "UploadDocumentChunk", request);
  }
  Reply Get(const std::string& name, absl::string_view who = "iom-ma/fp") {
    return Send(server_, who, "GetDocument", Named(name));
  }
  Reply Chunk(const std::string& name, int index,
              absl::string_view who = "iom-ma/fp") {
    return Send(server_, who, "GetDocumentChunk",
                absl::StrCat(Named(name), " index: ", index));
  }
  // The document's parts that the store holds.
  int64_t Parts(const std::string& name) {
    const std::string scope =
        absl::StrCat(name.substr(6, name.find('/', 6) - 6), "/",
                     name.substr(name.rfind('/') + 1));
    int64_t count = -1;
    server_.Tamper([&](storage::WriteTransaction& tx) {
      return tx.CountIds(scope, "", 1000, &count);
    });
    return count;
  }
  // A person of the file, e.g. an adult's consent to go with.
  std::string Person(const std::string& fields) {
    return GetString(
        *MustSend(server_, "iom-tn/cm", "CreatePerson",
                  absl::StrCat("parent: '", file_.name, "' person { ", fields,
                               " names { kind: USUAL given: 'Adam' } }"))
             .answer,
        "name");
  }

  TestServer server_;
  Evidence evidence_{server_};
  const TestServer::File file_;
};

TEST_F(Documents, GoFromSenderToReceiverInChunksOfAnyOrder) {
  const DocumentDraft draft = DraftDocument(file_, 3 * kChunk + 17);
  const Reply made = Create(draft);
  ASSERT_THAT(made, IsOk());
  const std::string name = made.as<pb::Document>().name();
  EXPECT_THAT(made.as<pb::Document>().missing_chunks(),
              ElementsAre(0, 1, 2, 3));
  // Nobody else knows of it before it is complete.
  for (const char* who : {"iom-ma/fp", "iom-es/fp", "iom-de/fp"}) {
    evidence_.Refused("GetDocument", Get(name, who), "NOT_VISIBLE");
    evidence_.Refused("GetDocumentChunk", Chunk(name, 0, who), "NOT_VISIBLE");
  }
  EXPECT_EQ(Must<pb::ListDocumentsResponse>(
                server_, "iom-ma/fp", "ListDocuments",
                absl::StrCat("parent: '", file_.name, "'"))
                .documents_size(),
            0);
  for (const int index : {2, 0, 3}) {
    EXPECT_EQ(Upload(name, index, draft.chunks[static_cast<size_t>(index)])
                  .as<pb::Document>()
                  .state(),
              pb::Document::UPLOADING);
  }
  EXPECT_THAT(Get(name, "iom-tn/cm").as<pb::Document>().missing_chunks(),
              ElementsAre(1));
  evidence_.Refused("GetDocumentChunk", Chunk(name, 1, "iom-tn/cm"),
                    "CHUNK_MISSING");
  EXPECT_THAT(Events(server_, "iom-ma", name), ElementsAre());
  // What is there already changes nothing.
  EXPECT_THAT(
      Upload(name, 2, draft.chunks[2]).as<pb::Document>().missing_chunks(),
      ElementsAre(1));
  const Reply last = Upload(name, 1, draft.chunks[1]);
  EXPECT_EQ(last.as<pb::Document>().state(), pb::Document::AVAILABLE);
  EXPECT_THAT(Events(server_, "iom-ma", name),
              ElementsAre("UploadDocumentChunk"));
  // The transit mission is no receiver, and does not hold the file.
  evidence_.Refused("GetDocument", Get(name, "iom-es/fp"), "NOT_VISIBLE");
  for (size_t i = 0; i < draft.chunks.size(); ++i) {
    const Reply chunk = Chunk(name, static_cast<int>(i));
    ASSERT_THAT(chunk, IsOk());
    EXPECT_EQ(chunk.as<pb::DocumentChunk>().data(), draft.chunks[i]);
    EXPECT_EQ(Chunk(name, static_cast<int>(i), "iom-tn/cm").bytes, chunk.bytes);
  }
  evidence_.Refused("GetDocumentChunk", Chunk(name, 4), "CHUNK_MISSING");
  evidence_.Refused("GetDocumentChunk", Chunk(name, -1), "FIELD_INVALID");
  evidence_.Refused("GetDocumentChunk", Chunk(name, 256), "FIELD_INVALID");
  // Every chunk that was read is a line that names class and consent.
  int lines = 0;
  for (const auto& leaf : server_.Journal()) {
    if (leaf.code() != 0 || leaf.resource() != name ||
        leaf.method() != "passerelle.v1.DocumentService/GetDocumentChunk" ||
        leaf.mission() != "iom-ma") {
      continue;
    }
    ++lines;
    EXPECT_EQ(leaf.consent(), file_.consent);
    EXPECT_EQ(leaf.classes(), (1U << options::ROUTINE) |
                                  (1U << options::SEALED) |
                                  (1U << options::DOCUMENT));
  }
  EXPECT_EQ(lines, 4);
  evidence_.Compare();
}

TEST_F(Documents, ChunksAreWhatWasDeclared) {
  const DocumentDraft draft = DraftDocument(file_, kChunk + 100);
  const std::string name = Create(draft).as<pb::Document>().name();
  const auto refuse = [&](int index, const std::string& data,
                          const std::string& reason) {
    evidence_.Refused("UploadDocumentChunk", Upload(name, index, data), reason);
  };
  refuse(0, draft.chunks[1], "CHUNK_DIGEST_MISMATCH");
  refuse(1, draft.chunks[0], "CHUNK_DIGEST_MISMATCH");
  refuse(1, draft.chunks[1] + "x", "CHUNK_DIGEST_MISMATCH");
  refuse(1, draft.chunks[1].substr(1), "CHUNK_DIGEST_MISMATCH");
  refuse(1, "", "FIELD_INVALID");
  refuse(2, draft.chunks[1], "CHUNK_MISSING");
  refuse(-1, draft.chunks[1], "FIELD_INVALID");
  refuse(256, draft.chunks[1], "FIELD_INVALID");
  refuse(0, draft.chunks[0] + "x", "FIELD_INVALID");
  refuse(0, std::string(400 * 1024, 'x'), "REQUEST_TOO_LARGE");
  // A chunk's size is no excuse for other methods.
  DocumentDraft large = draft;
  large.request.mutable_document()->set_media_type(std::string(80 * 1024, 'x'));
  RefusedCreate(large.request, "REQUEST_TOO_LARGE");
  // Only its sender uploads; to others it does not exist.
  for (const char* who : {"iom-ma/fp", "iom-de/fp"}) {
    evidence_.Refused("UploadDocumentChunk",
                      Upload(name, 0, draft.chunks[0], who), "NOT_VISIBLE");
  }
  EXPECT_EQ(Get(name, "iom-tn/cm").as<pb::Document>().missing_chunks_size(), 2);
  EXPECT_EQ(Parts(name), 0);
  evidence_.Compare();
}

TEST_F(Documents, DeclarationsThatDoNotAddUp) {
  const auto refuse = [&](const std::function<void(pb::Document*)>& edit,
                          const std::string& reason) {
    RefusedCreate(DraftDocument(file_, kChunk + 100, edit).request, reason);
  };
  refuse([](pb::Document* d) { d->set_size_bytes(kChunk); }, "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_size_bytes(2 * kChunk + 1); },
         "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_size_bytes(0); }, "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_size_bytes((64 << 20) + 1); },
         "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_chunk_digests(0, "short"); },
         "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_chunk_digests(0, std::string(33, 'x')); },
         "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_digest(Sha256("else")); },
         "FIELD_INVALID");
  refuse(
      [](pb::Document* d) { d->mutable_chunk_digests()->SwapElements(0, 1); },
      "FIELD_INVALID");
  refuse([](pb::Document* d) { d->add_receivers("missions/iom-ma"); },
         "FIELD_INVALID");
  refuse([](pb::Document* d) { d->clear_receivers(); }, "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_media_type("no type"); },
         "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_receivers(0, "missions/"); },
         "FIELD_INVALID");
  refuse(
      [](pb::Document* d) {
        d->set_content_class(static_cast<pb::Document::ContentClass>(99));
      },
      "FIELD_INVALID");
  refuse([](pb::Document* d) { d->clear_content_class(); }, "FIELD_INVALID");
  refuse([](pb::Document* d) { d->set_receivers(0, "missions/nobody"); },
         "COUNTERPART_NOT_ACCREDITED");
  evidence_.Compare();
}

TEST_F(Documents, TheSignatureIsTheCallersOverAllOfIt) {
  const DocumentDraft draft = DraftDocument(file_, 100);
  const auto refuse = [&](const std::function<void(pb::Document*)>& forge,
                          absl::string_view who = "iom-tn/cm") {
    pb::CreateDocumentRequest request = draft.request;
    forge(request.mutable_document());
    RefusedCreate(request, "SIGNATURE_INVALID", who);
  };
  refuse([](pb::Document* d) { d->set_content_class(pb::Document::CONTACT); });
  refuse([](pb::Document* d) { d->set_media_type("text/plain"); });
  refuse([](pb::Document* d) { d->add_receivers("missions/iom-tn"); });
  refuse([](pb::Document* d) { d->set_size_bytes(99); });
  refuse([](pb::Document* d) { d->add_consents(d->consents(0)); });
  refuse([](pb::Document* d) {
    d->mutable_signature()->mutable_signature()->back() ^= 1;
  });
  refuse([](pb::Document* d) { d->mutable_signature()->set_signature("x"); });
  refuse([](pb::Document* d) {
    auto* time = d->mutable_signature()->mutable_sign_time();
    time->set_seconds(time->seconds() - 1);
  });
  refuse([](pb::Document* d) {
    d->mutable_signature()->mutable_sign_time()->set_nanos(1);
  });
  refuse([](pb::Document* d) {
    d->mutable_signature()->set_certificates(0, "no certificate");
  });
  refuse([](pb::Document* d) {
    d->mutable_signature()->set_certificates(1, "no certificate");
  });
  refuse([](pb::Document* d) {
    d->mutable_signature()->mutable_certificates()->SwapElements(0, 1);
  });
  // Another officer's, another mission's, one for another file.
  refuse([](pb::Document*) {}, "iom-tn/fp");
  pb::CreateDocumentRequest request = draft.request;
  SignDocument("iom-ma/fp", &request);
  RefusedCreate(request, "SIGNATURE_INVALID");
  request = draft.request;
  request.set_parent(server_.ProposedFile().name);
  RefusedCreate(request, "CONSENT_MISSING");  // which is of the other file
  // A certificate of the same mission that is not the one of the call.
  request = draft.request;
  const KeyPair other = TestPki::Shared().Issue(
      {.uri = "spiffe://passerelle.test/mission/iom-tn/batch"});
  auto* signature = request.mutable_document()->mutable_signature();
  signature->set_certificates(
      0, ToDer(*ParseCertificates(other.certificate)->front()));
  signature->set_signature(*SignWith(
      **ParsePrivateKey(other.key),
      SignedText(request.document(), request.parent(),
                 absl::FromUnixSeconds(signature->sign_time().seconds()))));
  RefusedCreate(request, "SIGNATURE_INVALID");
  EXPECT_THAT(Create(draft), IsOk());
  evidence_.Compare();
}

TEST_F(Documents, AreSentToWhoSeesTheFileUnderAConsentThatCoversThem) {
  const auto to = [&](const std::string& mission, const std::string& consent,
                      pb::Document::ContentClass content =
                          pb::Document::IDENTITY) {
    return DraftDocument(file_, 100,
                         [&](pb::Document* d) {
                           d->set_receivers(0, "missions/" + mission);
                           d->clear_consents();
                           if (!consent.empty()) d->add_consents(consent);
                           d->set_content_class(content);
                         })
        .request;
  };
  RefusedCreate(to("iom-ma", ""), "CONSENT_MISSING");
  RefusedCreate(to("iom-de", file_.consent), "DOCUMENT_RECEIVER_INVALID");
  RefusedCreate(to("ngo-tn", file_.consent), "DOCUMENT_RECEIVER_INVALID");
  // The transit mission sees where the file stands, and no class of a document.
  RefusedCreate(to("iom-es", file_.consent), "DOCUMENT_RECEIVER_INVALID");
  // A partner, once it accepted.
  const Target partner = Bring(server_, "grant:OFFERED");
  const auto to_partner = [&](pb::Document::ContentClass content) {
    return DraftDocument(partner.file, 100, [&](pb::Document* d) {
      d->set_receivers(0, "missions/ngo-tn");
      d->set_content_class(content);
    });
  };
  RefusedCreate(to_partner(pb::Document::IDENTITY).request,
                "DOCUMENT_RECEIVER_INVALID");
  MustSend(server_, "ngo-tn/fp", "AcceptGrant", Named(partner.name));
  RefusedCreate(to_partner(pb::Document::FINANCE).request,
                "DOCUMENT_RECEIVER_INVALID");
  server_.AddOfficer("ngo-tn", "sp", "roles: SERVICE_PROVIDER");
  const auto sent =
      SendDraft(server_, "iom-tn/cm", to_partner(pb::Document::IDENTITY));
  EXPECT_THAT(Chunk(sent.name(), 0, "ngo-tn/sp"), IsOk());
  // It may read only: what it would send is not accepted.
  pb::CreateDocumentRequest back = to_partner(pb::Document::IDENTITY).request;
  back.mutable_document()->set_receivers(0, "missions/iom-tn");
  SignDocument("ngo-tn/sp", &back);
  RefusedCreate(back, "NOT_VISIBLE", "ngo-tn/sp");
  MustSend(
      server_, "iom-tn/fp", "AmendGrant",
      absl::StrCat(Named(partner.name), " mode: CONTRIBUTE classes: IDENTITY"));
  back.set_request_id(NewId());
  EXPECT_THAT(Send(server_, "ngo-tn/sp", "CreateDocument", back), IsOk());
  // Not to partners that only the holders of the file know of.
  back.mutable_document()->set_receivers(0, "missions/iom-ma");
  SignDocument("ngo-tn/sp", &back);
  RefusedCreate(back, "DOCUMENT_RECEIVER_INVALID", "ngo-tn/sp");
  // The grant that is taken back takes the documents along.
  MustSend(server_, "iom-tn/cm", "RecallGrant", Named(partner.name));
  evidence_.Refused("GetDocument", Get(sent.name(), "ngo-tn/sp"),
                    "NOT_VISIBLE");
  evidence_.Refused("GetDocumentChunk", Chunk(sent.name(), 0, "ngo-tn/sp"),
                    "NOT_VISIBLE");
  evidence_.Compare();
}

TEST_F(Documents, AreForOfficersWhoMaySeeTheirClass) {
  server_.AddOfficer("iom-tn", "doctor", "roles: MEDICAL_OFFICER");
  server_.AddOfficer("iom-ma", "doctor", "roles: MEDICAL_OFFICER");
  const auto medical = DraftDocument(file_, 100, [&](pb::Document* d) {
    d->set_content_class(pb::Document::MEDICAL);
  });
  // Who may not see what is medical does not write it.
  RefusedCreate(medical.request, "FIELD_NOT_WRITABLE");
  pb::CreateDocumentRequest request = medical.request;
  SignDocument("iom-tn/doctor", &request);
  RefusedCreate(request, "DOCUMENT_RECEIVER_INVALID", "iom-tn/doctor");
  const std::string consent = GetString(
      *MustSend(
           server_, "iom-tn/cm", "CreateConsent",
           absl::StrCat("parent: '", file_.name,
                        "' consent { scope: SHARE_MEDICAL recipient: "
                        "'missions/iom-ma' language: 'ar' form: WRITTEN }"))
           .answer,
      "name");
  DocumentDraft draft = medical;
  draft.request = request;
  const std::string name = SendDraft(server_, "iom-tn/doctor", draft).name();
  EXPECT_THAT(Chunk(name, 0, "iom-ma/doctor"), IsOk());
  for (const char* who : {"iom-ma/fp", "iom-tn/cm", "iom-tn/fp"}) {
    evidence_.Refused("GetDocument", Get(name, who), "NOT_VISIBLE");
    evidence_.Refused("GetDocumentChunk", Chunk(name, 0, who), "NOT_VISIBLE");
    evidence_.Refused("RecallDocument",
                      Send(server_, who, "RecallDocument", Named(name)),
                      "NOT_VISIBLE");
    EXPECT_EQ(Must<pb::ListDocumentsResponse>(
                  server_, who, "ListDocuments",
                  absl::StrCat("parent: '", file_.name, "'"))
                  .documents_size(),
              0);
  }
  // The mailbox is the mission's.
  EXPECT_THAT(Events(server_, "iom-ma", name),
              ElementsAre("UploadDocumentChunk"));
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(consent));
  evidence_.Refused("GetDocumentChunk", Chunk(name, 0, "iom-ma/doctor"),
                    "NOT_VISIBLE");
  EXPECT_THAT(Chunk(name, 0, "iom-tn/doctor"), IsOk());
  evidence_.Compare();
}

TEST_F(Documents, AWithdrawnConsentEndsTheDownloadAtOnce) {
  const DocumentDraft draft = DraftDocument(file_, 2 * kChunk);
  const std::string name = SendDraft(server_, "iom-tn/cm", draft).name();
  EXPECT_THAT(Chunk(name, 0), IsOk());
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(file_.consent));
  evidence_.Refused("GetDocumentChunk", Chunk(name, 1), "NOT_VISIBLE");
  evidence_.Refused("GetDocument", Get(name), "NOT_VISIBLE");
  RefusedCreate(draft.request, "CONSENT_WITHDRAWN");
  EXPECT_THAT(Chunk(name, 1, "iom-tn/cm"), IsOk());
  evidence_.Compare();
}

TEST_F(Documents, ARecalledDocumentIsGone) {
  const DocumentDraft draft = DraftDocument(file_, 20 * kChunk);
  const std::string name = SendDraft(server_, "iom-tn/cm", draft).name();
  evidence_.Refused("RecallDocument",
                    Send(server_, "iom-ma/fp", "RecallDocument", Named(name)),
                    "NOT_VISIBLE");
  EXPECT_EQ(Parts(name), 20);
  MustSend(server_, "iom-tn/fp", "RecallDocument", Named(name));
  EXPECT_EQ(Get(name).as<pb::Document>().state(), pb::Document::RECALLED);
  evidence_.Refused("GetDocumentChunk", Chunk(name, 0), "STATE_FORBIDS");
  EXPECT_THAT(Events(server_, "iom-ma", name),
              ElementsAre("UploadDocumentChunk", "RecallDocument"));
  server_.SettleTimers();
  EXPECT_EQ(Parts(name), 0);
  evidence_.Compare();
}

TEST_F(Documents, AnUnfinishedUploadIsGivenUpAfterAWeek) {
  const DocumentDraft draft = DraftDocument(file_, 2 * kChunk);
  const std::string name = SendDraft(server_, "iom-tn/cm", draft, 1).name();
  const std::string whole = SendDraft(server_, "iom-tn/cm", draft).name();
  server_.clock().Advance(absl::Hours(24 * 7 - 1));
  server_.SettleTimers();
  EXPECT_EQ(Get(name, "iom-tn/cm").as<pb::Document>().state(),
            pb::Document::UPLOADING);
  EXPECT_EQ(Parts(name), 1);
  server_.clock().Advance(absl::Hours(2));
  server_.SettleTimers();
  EXPECT_EQ(Get(name, "iom-tn/cm").as<pb::Document>().state(),
            pb::Document::ABANDONED);
  EXPECT_EQ(Parts(name), 0);
  evidence_.Refused("UploadDocumentChunk", Upload(name, 1, draft.chunks[1]),
                    "STATE_FORBIDS");
  EXPECT_THAT(Events(server_, "iom-ma", name), ElementsAre());
  EXPECT_THAT(Chunk(whole, 1), IsOk());
  EXPECT_EQ(Parts(whole), 2);
  evidence_.Compare();
}

TEST_F(Documents, AFileHoldsSoManyAndNoMore) {
  std::vector<std::string> unfinished;
  for (int i = 0; i < 10; ++i) {
    unfinished.push_back(
        SendDraft(server_, "iom-tn/cm", DraftDocument(file_, 10), 0).name());
  }
  RefusedCreate(DraftDocument(file_, 10).request, "DOCUMENT_SPACE_FULL");
  for (const std::string& name : unfinished) {
    MustSend(server_, "iom-tn/cm", "RecallDocument", Named(name));
  }
  const auto huge = DraftDocument(file_, 100, [](pb::Document* d) {
    d->set_size_bytes(64 << 20);
    d->clear_chunk_digests();
    std::string joined;
    for (int i = 0; i < 256; ++i) {
      d->add_chunk_digests(Sha256(absl::StrCat(i)));
      joined += Sha256(absl::StrCat(i));
    }
    d->set_digest(Sha256(joined));
  });
  for (int i = 0; i < 4; ++i) EXPECT_THAT(Create(huge), IsOk());
  RefusedCreate(DraftDocument(file_, 10).request, "DOCUMENT_SPACE_FULL");
  evidence_.Compare();
}

TEST_F(Documents, EndWithTheirFile) {
  const DocumentDraft draft = DraftDocument(file_, 2 * kChunk);
  const std::string name = SendDraft(server_, "iom-tn/cm", draft).name();
  MustSend(server_, "iom-tn/dp", "EraseCase",
           absl::StrCat(Named(file_.name), " reason: PERSON_ASKED"));
  for (const char* who : {"iom-ma/fp", "iom-tn/cm", "iom-tn/dp"}) {
    EXPECT_FALSE(Get(name, who).ok());
    EXPECT_FALSE(Chunk(name, 0, who).ok());
  }
  EXPECT_FALSE(Create(draft).ok());
  server_.SettleTimers();
  EXPECT_EQ(Parts(name), 0);
}

TEST_F(Documents, EndWithThePersonTheyAreAbout) {
  const std::string child = Person(
      "relation: CHILD sex: MALE birth_date { date { year: 2019 } precision: "
      "YEAR }");
  const auto about = [&](const std::string& person) {
    return DraftDocument(file_, 2 * kChunk,
                         [&](pb::Document* d) { d->set_person(person); });
  };
  const std::string name = SendDraft(server_, "iom-tn/cm", about(child)).name();
  const std::string other =
      SendDraft(server_, "iom-tn/cm", DraftDocument(file_, 100)).name();
  EXPECT_THAT(Chunk(name, 1), IsOk());
  RefusedCreate(
      about(file_.name + "/persons/h00000000000000000000000000").request,
      "NOT_VISIBLE");
  // An adult consents in person.
  const std::string adult = Person(
      "relation: SPOUSE sex: MALE birth_date { date { year: 1990 } precision: "
      "YEAR }");
  RefusedCreate(about(adult).request, "DOCUMENT_RECEIVER_INVALID");
  const std::string own = GetString(
      *MustSend(server_, "iom-tn/cm", "CreateConsent",
                absl::StrCat(
                    "parent: '", file_.name, "' consent { subject: '", adult,
                    "' scope: SHARE_WITH_ORIGIN_MISSION recipient: "
                    "'missions/iom-ma' language: 'ar' form: WRITTEN }"))
           .answer,
      "name");
  const std::string theirs =
      SendDraft(server_, "iom-tn/cm", about(adult)).name();
  EXPECT_THAT(Chunk(theirs, 0), IsOk());
  MustSend(server_, "iom-tn/cm", "WithdrawConsent", Named(own));
  evidence_.Refused("GetDocumentChunk", Chunk(theirs, 0), "NOT_VISIBLE");

  MustSend(server_, "iom-tn/cm", "RemovePerson", Named(child));
  evidence_.Refused("GetDocument", Get(name), "NOT_VISIBLE");
  evidence_.Refused("GetDocument", Get(name, "iom-tn/cm"), "RESOURCE_ERASED");
  evidence_.Refused("GetDocumentChunk", Chunk(name, 0), "NOT_VISIBLE");
  EXPECT_THAT(Events(server_, "iom-ma", name),
              ElementsAre("UploadDocumentChunk", "RemovePerson"));
  server_.SettleTimers();
  EXPECT_EQ(Parts(name), 0);
  // The others stay, and there is room for more.
  EXPECT_THAT(Chunk(other, 0), IsOk());
  EXPECT_THAT(Create(DraftDocument(file_, 100)), IsOk());
  evidence_.Compare();
}

TEST_F(Documents, ADamagedChunkIsSaidToBeDamaged) {
  const DocumentDraft draft = DraftDocument(file_, 2 * kChunk);
  const std::string name = SendDraft(server_, "iom-tn/cm", draft).name();
  const storage::RecordKey key = {
      absl::StrCat(name.substr(6, name.find('/', 6) - 6), "/",
                   name.substr(name.rfind('/') + 1)),
      "0000"};
  server_.TamperRows([&](storage::WriteTransaction& tx) {
    storage::Record record;
    if (absl::Status s = tx.Get(key, &record); !s.ok()) return s;
    record.message[record.message.size() / 2] ^= 1;
    return tx.Update(record);
  });
  evidence_.Refused("GetDocumentChunk", Chunk(name, 0), "STORAGE_DAMAGED");
  EXPECT_EQ(Chunk(name, 1).as<pb::DocumentChunk>().data(), draft.chunks[1]);
  evidence_.Compare();
}

TEST_F(Documents, KeysAreTheirMissionsOwn) {
  const auto refuse = [&](pb::CreateDocumentKeyRequest request,
                          const std::string& reason,
                          absl::string_view who = "iom-tn/fp") {
    request.set_request_id(NewId());
    evidence_.Refused("CreateDocumentKey",
                      Send(server_, who, "CreateDocumentKey", request), reason);
  };
  const auto good = DraftDocumentKey(server_, "iom-tn");
  refuse(good, "NOT_VISIBLE", "iom-ma/fp");
  server_.AddOfficer("platform", "keys", "roles: FOCAL_POINT");
  refuse(good, "NOT_VISIBLE", "platform/keys");
  auto forged = good;
  forged.mutable_document_key()->set_public_key(
      DraftDocumentKey(server_, "iom-tn").document_key().public_key());
  refuse(forged, "SIGNATURE_INVALID");
  forged = good;
  forged.mutable_document_key()->mutable_expire_time()->set_seconds(
      forged.document_key().expire_time().seconds() - 1);
  refuse(forged, "SIGNATURE_INVALID");
  forged = good;
  *forged.mutable_document_key()->mutable_signature() =
      DraftDocumentKey(server_, "iom-ma").document_key().signature();
  refuse(forged, "SIGNATURE_INVALID");
  for (const std::string& key :
       {std::string("age1"), good.document_key().public_key() + "q",
        std::string("age1") + std::string(58, 'q'),
        std::string("ssh-ed25519")}) {
    auto bad = good;
    bad.mutable_document_key()->set_public_key(key);
    refuse(bad, "FIELD_INVALID");
  }
  for (const absl::Duration life : {-absl::Hours(1), absl::Hours(24 * 900)}) {
    auto bad = good;
    bad.mutable_document_key()->mutable_expire_time()->set_seconds(
        absl::ToUnixSeconds(server_.clock().Now() + life));
    refuse(bad, "FIELD_INVALID");
  }
  evidence_.Compare();
}

}  // namespace
}  // namespace passerelle::testing
