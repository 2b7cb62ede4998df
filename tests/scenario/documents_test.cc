// Sealed documents between the ends: what a sender encrypts a receiver opens,
// over any cut; and what a platform that lies can reach.

#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/documents.h"
#include "common/sha256.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/calls.h"
#include "tests/support/documents.h"
#include "tests/support/seed.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace fs = std::filesystem;
namespace pb = ::passerelle::v1;

constexpr size_t kChunk = 256 * 1024;

class DocumentsScenario : public ::testing::Test {
 protected:
  DocumentsScenario() : file_(server_.ProposedFile()) {}
  void SetUp() override { ASSERT_THAT(Publish("iom-ma", key_), IsOk()); }

  client::DocumentContext Context(absl::string_view mission,
                                  absl::string_view officer) {
    const TestPki::Pair pair = TestPki::Shared().Mission(mission, "batch");
    client::Profile profile;
    profile.certificate = pair.certificate_path;
    profile.key = pair.key_path;
    profile.ca = TestPki::Shared().ca_path();
    auto authority = client::Authority::Load(profile);
    EXPECT_TRUE(authority.ok());
    authorities_.push_back(
        std::make_unique<client::Authority>(*std::move(authority)));
    client::DocumentContext context;
    context.client = &server_.As(mission, officer);
    context.authority = authorities_.back().get();
    context.now = absl::Now();
    return context;
  }

  absl::Status Publish(absl::string_view mission, const age::Identity& key,
                       absl::Duration ahead = absl::ZeroDuration()) {
    client::DocumentContext context = Context(mission, "fp");
    context.now += ahead;
    return client::PublishDocumentKey(context, SignerOf(mission),
                                      key.recipient(), absl::Hours(24 * 90))
        .status();
  }

  // A plain file of so many bytes.
  std::string Plain(size_t size, const std::string& name = "plain") {
    std::mt19937_64 random(size);
    std::string content(size, '\0');
    for (char& c : content) c = static_cast<char>(random());
    WriteFileOrDie(dir_.File(name), content);
    return dir_.File(name);
  }

  client::Sending SendingOf(const std::string& path) {
    client::Sending sending;
    sending.path = path;
    sending.case_name = file_.name;
    sending.author = "missions/iom-tn/officers/cm";
    sending.receivers = {"missions/iom-ma"};
    sending.content_class = pb::Document::DOCUMENT;
    sending.consents = {file_.consent};
    return sending;
  }
  absl::StatusOr<pb::Document> Put(const std::string& path) {
    return client::SendDocument(Context("iom-tn", "cm"), SignerOf("iom-tn"),
                                SendingOf(path));
  }
  absl::StatusOr<pb::Document> Get(
      const std::string& name, const std::string& out,
      client::Existing existing = client::Existing::kKeep) {
    return client::FetchDocument(Context("iom-ma", "fp"), name, {key_},
                                 dir_.File(out), existing);
  }
  static std::string Reason(const absl::Status& status) {
    return ReasonOf(status);
  }
  // What lies in the folder, for nothing must be left behind.
  std::vector<std::string> Left() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(dir_.path())) {
      names.push_back(entry.path().filename());
    }
    std::sort(names.begin(), names.end());
    return names;
  }
  // A platform that lies changes what it stored.
  template <typename Resource>
  void Lie(const storage::RecordKey& key,
           const std::function<void(Resource*)>& change) {
    server_.Tamper([&](storage::WriteTransaction& tx) {
      storage::Record record;
      if (absl::Status s = tx.Get(key, &record); !s.ok()) return s;
      Resource resource;
      EXPECT_TRUE(resource.ParseFromString(record.message));
      change(&resource);
      record.message = resource.SerializeAsString();
      ++record.version;
      return tx.Update(record);
    });
  }
  static storage::RecordKey KeyOf(const std::string& name) {
    return {name.substr(6, name.find('/', 6) - 6),
            name.substr(name.rfind('/') + 1)};
  }

  TestServer server_;
  const TestServer::File file_;
  const age::Identity key_ = age::Identity::Generate();
  TempDir dir_;
  std::vector<std::unique_ptr<client::Authority>> authorities_;
};

TEST_F(DocumentsScenario, ArriveAsTheyWereSent) {
  for (const size_t size : {size_t{0}, size_t{1}, kChunk, 5 * kChunk + 3}) {
    const std::string plain = Plain(size);
    const auto sent = Put(plain);
    ASSERT_THAT(sent, IsOk());
    EXPECT_EQ(sent->state(), pb::Document::AVAILABLE);
    const std::string out = absl::StrCat("out", size);
    ASSERT_THAT(Get(sent->name(), out), IsOk());
    EXPECT_EQ(ReadFileOrDie(dir_.File(out)), ReadFileOrDie(plain));
    struct stat info {};
    ASSERT_EQ(stat(dir_.File(out).c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    // Never over what is there, unless asked to.
    EXPECT_EQ(Reason(Get(sent->name(), out).status()), "FILE_EXISTS");
    EXPECT_THAT(Get(sent->name(), out, client::Existing::kReplace), IsOk());
    fs::remove(dir_.File(out));
  }
  EXPECT_THAT(Left(), ::testing::ElementsAre("plain"));
}

TEST_F(DocumentsScenario, GoOnWhereTheyWereCut) {
  std::mt19937_64 random(Seed());
  const std::string plain = Plain(9 * kChunk);
  // The platform is as when the sender was cut after some chunk.
  for (int round = 0; round < 3; ++round) {
    const int cut = static_cast<int>(random() % 9);
    SCOPED_TRACE(cut);
    client::DocumentContext context = Context("iom-tn", "cm");
    struct Cut {};
    context.progress = [&](int done, int) {
      if (done > cut) throw Cut{};
    };
    EXPECT_THROW(
        client::SendDocument(context, SignerOf("iom-tn"), SendingOf(plain))
            .IgnoreError(),
        Cut);
    // Another sending does not take its place.
    client::Sending other = SendingOf(plain);
    other.content_class = pb::Document::IDENTITY;
    EXPECT_EQ(
        Reason(
            client::SendDocument(context, SignerOf("iom-tn"), other).status()),
        "UPLOAD_PENDING");
    int uploaded = 0;
    context.progress = [&](int, int) { ++uploaded; };
    const auto sent =
        client::SendDocument(context, SignerOf("iom-tn"), SendingOf(plain));
    ASSERT_THAT(sent, IsOk());
    EXPECT_EQ(uploaded, sent->chunk_digests_size() - cut - 1);

    // And the way back.
    client::DocumentContext receiver = Context("iom-ma", "fp");
    receiver.progress = [&](int done, int) {
      if (done > cut) throw Cut{};
    };
    const std::string out = dir_.File("out");
    EXPECT_THROW(client::FetchDocument(receiver, sent->name(), {key_}, out,
                                       client::Existing::kKeep)
                     .IgnoreError(),
                 Cut);
    EXPECT_FALSE(fs::exists(out));
    // Half a chunk more was written when the power went.
    { std::ofstream(out + ".partial", std::ios::app) << std::string(777, 'x'); }
    int fetched = 0;
    receiver.progress = [&](int, int) { ++fetched; };
    ASSERT_THAT(client::FetchDocument(receiver, sent->name(), {key_}, out,
                                      client::Existing::kKeep),
                IsOk());
    EXPECT_EQ(fetched, sent->chunk_digests_size() - cut - 1);
    EXPECT_EQ(ReadFileOrDie(out), ReadFileOrDie(plain));
    fs::remove(out);
    EXPECT_THAT(Left(), ::testing::ElementsAre("plain"));
  }
}

TEST_F(DocumentsScenario, OldKeysOpenWhatWasEncryptedToThem) {
  const auto first = Put(Plain(100));
  ASSERT_THAT(first, IsOk());
  const age::Identity next = age::Identity::Generate();
  ASSERT_THAT(Publish("iom-ma", next, absl::Seconds(2)), IsOk());
  const auto second = Put(Plain(100));
  ASSERT_THAT(second, IsOk());
  const auto open = [&](const pb::Document& document,
                        const std::vector<age::Identity>& keys) {
    return client::FetchDocument(Context("iom-ma", "fp"), document.name(), keys,
                                 dir_.File("out"), client::Existing::kReplace)
        .status();
  };
  EXPECT_EQ(Reason(open(*second, {key_})), "DOCUMENT_KEY_MISSING");
  EXPECT_FALSE(fs::exists(dir_.File("out")));
  EXPECT_THAT(open(*second, {key_, next}), IsOk());
  EXPECT_THAT(open(*first, {key_, next}), IsOk());
  // A key that is revoked is not used; one that never was there cannot be.
  const auto keys = Must<pb::ListDocumentKeysResponse>(
      server_, "iom-tn/cm", "ListDocumentKeys", "parent: 'missions/iom-ma'");
  ASSERT_EQ(keys.document_keys_size(), 2);
  MustSend(server_, "iom-ma/fp", "RevokeDocumentKey",
           Named(keys.document_keys(1).name()));
  const auto third = Put(Plain(100));
  ASSERT_THAT(third, IsOk());
  EXPECT_THAT(open(*third, {key_}), IsOk());
  MustSend(server_, "iom-ma/fp", "RevokeDocumentKey",
           Named(keys.document_keys(0).name()));
  EXPECT_EQ(Reason(Put(Plain(100)).status()), "DOCUMENT_KEY_MISSING");
}

TEST_F(DocumentsScenario, APlatformThatLiesReachesNothing) {
  const auto sent = Put(Plain(2 * kChunk));
  ASSERT_THAT(sent, IsOk());
  const storage::RecordKey key = KeyOf(sent->name());
  const pb::Document truth = *sent;
  const auto refused = [&](const std::function<void(pb::Document*)>& change,
                           const std::string& reason) {
    Lie<pb::Document>(key, change);
    EXPECT_EQ(Reason(Get(truth.name(), "out").status()), reason);
    EXPECT_FALSE(fs::exists(dir_.File("out")));
    EXPECT_FALSE(fs::exists(dir_.File("out.opened")));
    Lie<pb::Document>(key, [&](pb::Document* d) {
      *d = truth;
      d->clear_etag();
      d->clear_allowed_actions();
    });
  };
  // Who sent it, as whom, to whom, about what, and what.
  const std::string forged = "SIGNATURE_NOT_AUTHENTIC";
  refused([](pb::Document* d) { d->set_sender("missions/iom-es"); }, forged);
  refused([](pb::Document* d) { d->set_author("missions/iom-tn/officers/x"); },
          forged);
  refused([](pb::Document* d) { d->add_receivers("missions/iom-es"); }, forged);
  refused([](pb::Document* d) { d->clear_consents(); }, forged);
  refused([](pb::Document* d) { d->set_media_type("text/html"); }, forged);
  refused([](pb::Document* d) { d->set_chunk_digests(0, Sha256("else")); },
          forged);
  refused(
      [](pb::Document* d) {
        d->mutable_signature()->mutable_sign_time()->set_seconds(1);
      },
      forged);
  refused([](pb::Document* d) { d->clear_signature(); }, forged);
  // Signed anew, by a mission that the authority vouches for: another one, or
  // the true one for another file.
  refused(
      [&](pb::Document* d) {
        *d->mutable_signature() =
            *SignerOf("iom-ma").Sign(*d, file_.name, absl::Now());
      },
      forged);
  refused(
      [](pb::Document* d) {
        *d->mutable_signature() =
            *SignerOf("iom-tn").Sign(*d, "cases/c0another", absl::Now());
      },
      forged);
  // Content of the platform's own.
  const storage::RecordKey part = {absl::StrCat(key.scope, "/", key.id),
                                   "0001"};
  server_.Tamper([&](storage::WriteTransaction& tx) {
    storage::Record record;
    if (absl::Status s = tx.Get(part, &record); !s.ok()) return s;
    record.message[0] ^= 1;
    ++record.version;
    return tx.Update(record);
  });
  EXPECT_EQ(Reason(Get(truth.name(), "out").status()), "DOCUMENT_DAMAGED");
  EXPECT_FALSE(fs::exists(dir_.File("out")));
  EXPECT_EQ(fs::file_size(dir_.File("out.partial")), kChunk);
}

TEST_F(DocumentsScenario, APlatformThatLiesCannotGiveItsOwnKey) {
  const auto keys = Must<pb::ListDocumentKeysResponse>(
      server_, "iom-tn/cm", "ListDocumentKeys", "parent: 'missions/iom-ma'");
  ASSERT_EQ(keys.document_keys_size(), 1);
  const std::string name = keys.document_keys(0).name();
  const storage::RecordKey key = {"missions/iom-ma",
                                  name.substr(name.rfind('/') + 1)};
  const age::Identity own = age::Identity::Generate();
  for (const bool signs : {false, true}) {
    Lie<pb::DocumentKey>(key, [&](pb::DocumentKey* k) {
      k->set_public_key(own.recipient().Text());
      if (!signs) return;
      // By a mission that it holds the key of.
      *k->mutable_signature() =
          *SignerOf("iom-es").Sign(*k, "missions/iom-ma", absl::Now());
    });
    EXPECT_EQ(Reason(Put(Plain(100)).status()), "DOCUMENT_KEY_MISSING");
  }
  EXPECT_THAT(Left(), ::testing::ElementsAre("plain"));
}

}  // namespace
}  // namespace passerelle::testing
