// The journal as missions meet it: who saw a file, proofs, signatures, and a
// platform that lost what it signed.

#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cpp/evidence.h"
#include "clients/cpp/request_id.h"
#include "common/merkle.h"
#include "common/signed_note.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/v1/case.pb.h"
#include "passerelle/v1/evidence.pb.h"
#include "server/rpc/services.h"
#include "server/storage/sqlite/connection.h"
#include "tests/rpc/rows.h"
#include "tests/support/documents.h"
#include "tests/support/journey.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace pb = ::passerelle::v1;
using ::testing::ElementsAre;

class Evidence : public ::testing::Test {
 protected:
  template <typename T>
  T Ask(absl::string_view who, absl::string_view method,
        absl::string_view text) {
    return Must<T>(server_, who, method, text);
  }
  pb::Checkpoint Latest() {
    return Ask<pb::Checkpoint>("iom-ma", "GetLatestCheckpoint", "");
  }
  std::vector<pb::Access> Accesses(const std::string& file) {
    const auto answer = Ask<pb::ListAccessesResponse>(
        "iom-tn/fp", "ListAccesses",
        absl::StrCat("page_size: 1000 parent: '", file, "'"));
    return {answer.accesses().begin(), answer.accesses().end()};
  }
  // Another checkpoint, of what was done since.
  void NextCheckpoint() {
    server_.clock().Advance(absl::Minutes(2));
    Ask<pb::Checkpoint>("iom-ma", "GetLatestCheckpoint", "");
    server_.SettleTimers();
  }

  TestServer server_;
};

TEST_F(Evidence, TheOwnerSeesWhoSawWhatWhyAndUnderWhichConsent) {
  const Target file = Bring(server_, "case:ACCEPTED");
  MustSend(server_, "iom-ma/cm", "GetCase", Named(file.name));
  EXPECT_THAT(Send(server_, "iom-de/cm", "GetCase", Named(file.name)),
              HasReason("NOT_VISIBLE"));
  server_.SettleTimers();  // routine lines are flushed
  std::vector<pb::Access> seen;
  for (const pb::Access& access : Accesses(file.name)) {
    EXPECT_TRUE(absl::StartsWith(access.resource(), file.name));
    if (absl::EndsWith(access.method(), "/GetCase")) seen.push_back(access);
  }
  ASSERT_EQ(seen.size(), 2u);
  EXPECT_EQ(seen[0].mission(), "missions/iom-ma");
  EXPECT_EQ(seen[0].officer(), "missions/iom-ma/officers/cm");
  EXPECT_EQ(seen[0].purpose(), options::v1::CASE_MANAGEMENT);
  EXPECT_EQ(seen[0].consent(), file.file.consent);
  EXPECT_EQ(seen[0].refusal(), pb::ERROR_REASON_UNSPECIFIED);
  EXPECT_THAT(seen[0].classes(), ::testing::Contains(options::v1::IDENTITY));
  EXPECT_EQ(seen[1].mission(), "missions/iom-de");
  EXPECT_EQ(seen[1].refusal(), pb::NOT_VISIBLE);
  EXPECT_THAT(seen[1].classes(), ::testing::IsEmpty());
}

TEST_F(Evidence, NobodyElseSeesIt) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const std::string text = absl::StrCat("parent: '", file.name, "'");
  server_.AddOfficer("iom-ma", "audit", "roles: AUDITOR");
  server_.AddOfficer("platform", "audit", "roles: AUDITOR");
  server_.AddOfficer("iom-tn", "dpo", "roles: DATA_PROTECTION_OFFICER");
  for (const char* method : {"ListAccesses", "ExportAccesses"}) {
    // Another party of the file, a stranger, the operator.
    for (const char* who :
         {"iom-ma/fp", "iom-ma/audit", "iom-de/fp", "platform/audit"}) {
      EXPECT_THAT(Send(server_, who, method, text), HasReason("NOT_VISIBLE"));
    }
    EXPECT_THAT(Send(server_, "iom-tn/cm", method, text),
                HasReason("OFFICER_NOT_AUTHORIZED"));
    EXPECT_THAT(Send(server_, "iom-tn/dpo", method, text), IsOk());
  }
}

TEST_F(Evidence, PagesHoldEveryLineOnce) {
  const Target file = Bring(server_, "study:OPINION");
  const std::string& name = file.file.name;
  for (int i = 0; i < 20; ++i) {
    MustSend(server_, "iom-ma/cm", "GetCase", Named(name));
  }
  server_.SettleTimers();
  const size_t all = Accesses(name).size();
  EXPECT_GT(all, 25u);
  std::set<int64_t> lines;
  std::string token;
  size_t pages = 0;
  do {
    const auto page = Ask<pb::ListAccessesResponse>(
        "iom-tn/fp", "ListAccesses",
        absl::StrCat("page_size: 7 parent: '", name, "' page_token: '", token,
                     "'"));
    EXPECT_LE(page.accesses_size(), 7);
    for (const pb::Access& access : page.accesses()) {
      EXPECT_TRUE(lines.empty() || access.leaf_index() > *lines.rbegin());
      EXPECT_TRUE(lines.insert(access.leaf_index()).second);
    }
    token = page.next_page_token();
    // Another's token, or one for another file, is nobody's.
    if (!token.empty()) {
      EXPECT_THAT(
          Send(server_, "iom-tn/fp", "ExportAccesses",
               absl::StrCat("parent: '", name, "' page_token: '", token, "'")),
          HasReason("PAGE_TOKEN_INVALID"));
    }
    ASSERT_LT(++pages, 100u);
  } while (!token.empty());
  EXPECT_GE(lines.size(), all);
}

TEST_F(Evidence, AnExtractIsProvenWithoutThePlatform) {
  const Target file = Bring(server_, "study:OPINION");
  NextCheckpoint();
  auto extract = Ask<pb::ExportAccessesResponse>(
      "iom-tn/fp", "ExportAccesses",
      absl::StrCat("parent: '", file.file.name, "'"));
  const auto key = note::VerifierKey::Parse(extract.checkpoint().public_key());
  ASSERT_THAT(key, IsOk());
  EXPECT_EQ(key->name(), "passerelle.test/journal");
  const auto report = client::VerifyExtract(extract, *key);
  ASSERT_THAT(report, IsOk());
  EXPECT_GT(report->proven, 5);
  EXPECT_EQ(report->proven + report->younger, extract.accesses_size());

  const auto refused = [&](const pb::ExportAccessesResponse& altered) {
    EXPECT_EQ(ReasonOf(client::VerifyExtract(altered, *key).status()),
              "EVIDENCE_INCONSISTENT")
        << altered.ShortDebugString();
  };
  pb::ExportAccessesResponse altered = extract;
  altered.mutable_accesses(2)->mutable_access()->set_mission("missions/x");
  refused(altered);
  altered = extract;
  altered.mutable_accesses(2)->mutable_leaf()->back() ^= 1;
  refused(altered);
  altered = extract;
  altered.mutable_accesses(2)->mutable_hashes(0)->back() ^= 1;
  refused(altered);
  altered = extract;
  altered.mutable_accesses()->SwapElements(1, 2);
  refused(altered);
  altered = extract;
  altered.set_parent("cases/c00000000000000000000000000");
  refused(altered);
  altered = extract;
  (*altered.mutable_checkpoint()->mutable_note())[30] ^= 1;  // in the root
  refused(altered);
  const auto other =
      note::SignerKey::Generate(key->name(), note::KeyType::kSigner);
  EXPECT_EQ(ReasonOf(client::VerifyExtract(extract, other.verifier()).status()),
            "EVIDENCE_INCONSISTENT");
}

TEST_F(Evidence, ProofsOfAnySizeVerify) {
  Bring(server_, "study:OPINION");
  const pb::Checkpoint first = Latest();
  NextCheckpoint();
  const auto proof = Ask<pb::ConsistencyProof>(
      "iom-de", "GetConsistencyProof",
      absl::StrCat("first_size: ", first.tree_size()));
  const pb::Checkpoint& newest = proof.checkpoint();
  EXPECT_GT(newest.tree_size(), first.tree_size());
  const auto key = note::VerifierKey::Parse(first.public_key());
  ASSERT_THAT(key, IsOk());
  const auto old_kept = client::VerifyCheckpoint(first, *key);
  const auto new_kept = client::VerifyCheckpoint(newest, *key);
  ASSERT_THAT(old_kept, IsOk());
  ASSERT_THAT(new_kept, IsOk());
  EXPECT_THAT(client::VerifyConsistency(*old_kept, *new_kept, proof.hashes()),
              IsOk());
  auto hashes = proof.hashes();
  ASSERT_FALSE(hashes.empty());
  hashes.Mutable(0)->front() ^= 1;
  EXPECT_FALSE(client::VerifyConsistency(*old_kept, *new_kept, hashes).ok());

  const int64_t size = newest.tree_size();
  const auto try_proof = [&](const char* method, const std::string& text) {
    return Send(server_, "iom-de", method, text);
  };
  EXPECT_THAT(
      try_proof("GetConsistencyProof", absl::StrCat("first_size: ", size + 1)),
      HasReason("TREE_SIZE_INVALID"));
  EXPECT_THAT(try_proof("GetConsistencyProof",
                        absl::StrCat("first_size: 3 second_size: ", size + 1)),
              HasReason("TREE_SIZE_INVALID"));
  EXPECT_THAT(try_proof("GetConsistencyProof", "first_size: 3 second_size: 2"),
              HasReason("TREE_SIZE_INVALID"));
  EXPECT_THAT(
      try_proof("GetInclusionProof", absl::StrCat("leaf_index: ", size)),
      HasReason("TREE_SIZE_INVALID"));
  EXPECT_THAT(try_proof("GetInclusionProof", "leaf_index: 2 tree_size: 2"),
              HasReason("TREE_SIZE_INVALID"));
  EXPECT_THAT(try_proof("GetInclusionProof", "leaf_index: -1"),
              HasReason("FIELD_INVALID"));
  EXPECT_THAT(try_proof("GetInclusionProof", "leaf_index: 1 tree_size: 2"),
              IsOk());
}

TEST_F(Evidence, TwoMissionsCosign) {
  const pb::Checkpoint checkpoint = Latest();
  const std::string text = note::Split(checkpoint.note())->text;
  const auto cosign = [&](absl::string_view mission, const note::SignerKey& key,
                          const std::string& line, int64_t size) {
    return Send(
        server_, mission, "CosignCheckpoint",
        absl::StrCat("tree_size: ", size, " public_key: '",
                     key.verifier().Text(), "' signature: '", line, "'"));
  };
  const auto key_of = [](absl::string_view mission) {
    return note::SignerKey::Generate(
        absl::StrCat("passerelle.test/missions/", mission),
        note::KeyType::kCosigner);
  };
  const int64_t size = checkpoint.tree_size();
  const note::SignerKey ma = key_of("iom-ma");
  const note::SignerKey tn = key_of("iom-tn");
  const std::string line = ma.Sign(text, absl::Now());
  // In another's name, with a key of another type, of another text, damaged.
  EXPECT_THAT(cosign("iom-tn", ma, line, size),
              HasReason("COSIGNATURE_INVALID"));
  const auto wrong_type = note::SignerKey::Generate(
      "passerelle.test/missions/iom-ma", note::KeyType::kSigner);
  EXPECT_THAT(
      cosign("iom-ma", wrong_type, wrong_type.Sign(text, absl::Now()), size),
      HasReason("COSIGNATURE_INVALID"));
  EXPECT_THAT(cosign("iom-ma", ma, ma.Sign(text + "x", absl::Now()), size),
              HasReason("COSIGNATURE_INVALID"));
  EXPECT_THAT(cosign("iom-ma", ma, "x", size),
              HasReason("COSIGNATURE_INVALID"));
  EXPECT_THAT(cosign("iom-ma", ma, line, size + 1000),
              HasReason("CHECKPOINT_UNKNOWN"));
  EXPECT_THAT(cosign("platform", ma, line, size),
              HasReason("MISSION_KIND_NOT_AUTHORIZED"));
  EXPECT_THAT(
      Send(server_, "iom-ma", "GetLatestCheckpoint", "min_cosignatures: 1"),
      HasReason("CHECKPOINT_UNKNOWN"));

  ASSERT_THAT(cosign("iom-ma", ma, line, size), IsOk());
  ASSERT_THAT(cosign("iom-ma", ma, line, size), IsOk());  // changes nothing
  ASSERT_THAT(cosign("iom-tn", tn, tn.Sign(text, absl::Now()), size), IsOk());
  NextCheckpoint();
  const auto witnessed = Ask<pb::Checkpoint>("iom-es", "GetLatestCheckpoint",
                                             "min_cosignatures: 2");
  EXPECT_EQ(witnessed.tree_size(), size);
  ASSERT_EQ(witnessed.cosignatures_size(), 2);
  EXPECT_EQ(witnessed.cosignatures(0).mission(), "missions/iom-ma");
  EXPECT_TRUE(witnessed.cosignatures(1).has_sign_time());
  const auto note = note::Split(witnessed.note());
  ASSERT_THAT(note, IsOk());
  ASSERT_EQ(note->lines.size(), 3u);
  EXPECT_TRUE(ma.verifier().Verifies(note->text, note->lines[1]));
  EXPECT_TRUE(tn.verifier().Verifies(note->text, note->lines[2]));
  EXPECT_THAT(
      note::OpenCheckpoint(witnessed.note(),
                           *note::VerifierKey::Parse(witnessed.public_key())),
      IsOk());
}

// The client of R13: it holds a newer checkpoint than the platform does.
TEST_F(Evidence, AClientRefusesAPlatformThatWasSetBack) {
  const std::string backup = server_.dir() + "/backup.db";
  server_.WhileStopped(
      [&] { std::filesystem::copy_file(server_.store_path(), backup); });
  const std::string kept = server_.dir() + "/kept";
  const client::Witness witness(kept, "");
  const auto fetch = [&](const pb::GetConsistencyProofRequest& request,
                         pb::ConsistencyProof* proof) -> absl::Status {
    const Reply reply = Send(server_, "iom-ma", "GetConsistencyProof", request);
    if (reply.ok()) *proof = reply.as<pb::ConsistencyProof>();
    return reply.status;
  };
  EXPECT_TRUE(absl::IsNotFound(witness.Load().status()));
  ASSERT_THAT(witness.Check(fetch), IsOk());
  struct stat info = {};
  ASSERT_EQ(stat(kept.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  Bring(server_, "study:OPINION");
  NextCheckpoint();
  const auto newest = witness.Check(fetch);
  ASSERT_THAT(newest, IsOk());
  ASSERT_THAT(witness.Check(fetch), IsOk());

  const auto restore = [&] {
    server_.WhileStopped([&] {
      for (const char* suffix : {"", "-wal", "-shm"}) {
        std::filesystem::remove(server_.store_path() + suffix);
      }
      std::filesystem::copy_file(backup, server_.store_path());
    });
  };
  restore();
  EXPECT_EQ(ReasonOf(witness.Check(fetch).status()), "EVIDENCE_INCONSISTENT");
  // Nor does it help the platform to grow beyond what was kept.
  for (int i = 0; i < 60; ++i) {
    MustSend(server_, "iom-tn", "GetMission", Named("missions/iom-ma"));
  }
  Bring(server_, "study:OPINION");
  NextCheckpoint();
  ASSERT_GT(Latest().tree_size(), newest->text.tree_size);
  EXPECT_EQ(ReasonOf(witness.Check(fetch).status()), "EVIDENCE_INCONSISTENT");
  EXPECT_EQ(witness.Load()->text.tree_size, newest->text.tree_size);
  // Whose file others may read is not trusted.
  ASSERT_EQ(chmod(kept.c_str(), 0644), 0);
  EXPECT_EQ(ReasonOf(witness.Check(fetch).status()), "PROFILE_INVALID");
}

// R12, first half: every method, done, denied and malformed: one line each. A
// list over files is a decision on each file that it shows.
TEST_F(Evidence, EveryDecisionIsOneLine) {
  std::set<std::string> missions;
  for (const Row& row : Rows()) {
    missions.insert(row.who.substr(0, row.who.find('/')));
  }
  for (const std::string& mission : missions) {
    std::string roles;
    for (int role = 1; role < options::v1::OPERATOR; ++role) {
      absl::StrAppend(&roles, "roles: ", role, " ");
    }
    if (mission == "platform") roles = "roles: OPERATOR ";
    server_.AddOfficer(mission, "all", roles);
    server_.AddOfficer(mission, "past",
                       roles + "valid_until_time { seconds: 1700000000 }");
  }
  std::set<std::string> called;
  for (const Row& row : Rows()) {
    if (FindMethod(row.method)->server_streaming()) continue;
    SCOPED_TRACE(row.method);
    const std::string mission = row.who.substr(0, row.who.find('/'));
    const Target target = Bring(server_, row.target);
    auto words = target.words();
    const Reply seen = Look(server_, row.who, target.name);
    words["etag"] =
        seen.answer != nullptr ? GetString(*seen.answer, "etag") : "";
    const MessagePtr request = MakeRequest(row.method, row.text, words);
    if (row.method == "CreateDocument") {
      SignDocument(mission + "/all",
                   static_cast<pb::CreateDocumentRequest*>(request.get()));
    }
    EXPECT_THAT(Send(server_, mission + "/past", row.method, *request),
                HasReason("OFFICER_NOT_AUTHORIZED"));
    const MessagePtr odd(request->New());
    odd->CopyFrom(*request);
    odd->GetReflection()->MutableUnknownFields(odd.get())->AddVarint(999, 1);
    EXPECT_THAT(Send(server_, mission + "/all", row.method, *odd),
                HasReason("UNKNOWN_FIELD"));
    ASSERT_THAT(Send(server_, mission + "/all", row.method, *request), IsOk());
    called.insert(FullName(row.method));
  }
  std::map<std::string, std::map<std::string, int64_t>> done;  // by resource
  std::map<std::string, int64_t> denied;
  std::map<std::string, int64_t> malformed;
  for (const auto& leaf : server_.Journal()) {
    const int64_t count = std::max<int64_t>(leaf.count(), 1);
    if (absl::EndsWith(leaf.officer(), "/past")) denied[leaf.method()] += count;
    if (!absl::EndsWith(leaf.officer(), "/all")) continue;
    if (leaf.code() == 0) {
      done[leaf.method()][leaf.resource()] += count;
    } else {
      malformed[leaf.method()] += count;
    }
  }
  EXPECT_GT(called.size(), 55u);
  for (const std::string& method : called) {
    if (!absl::EndsWith(method, "/ListCases")) {
      EXPECT_EQ(done[method].size(), 1u) << method;
    }
    for (const auto& [resource, count] : done[method]) {
      EXPECT_EQ(count, 1) << method << " " << resource;
    }
    EXPECT_EQ(denied[method], 1) << method;
    EXPECT_EQ(malformed[method], 1) << method;
  }
}

// R12, second half: what cannot be recorded is not done.
TEST_F(Evidence, WithoutAJournalNothingChanges) {
  const Target file = Bring(server_, "case:ACCEPTED");
  const Reply before = Look(server_, "iom-tn/cm", file.name);
  const auto run = [&](const std::string& sql) {
    server_.WhileStopped([&] {
      auto raw = storage::sqlite::Connection::Open(
          {.path = server_.store_path(),
           .access = storage::sqlite::Access::kReadWrite});
      ASSERT_THAT(raw, IsOk());
      EXPECT_THAT((*raw)->Execute(sql), IsOk());
    });
  };
  run("CREATE TRIGGER read_only BEFORE INSERT ON journal "
      "BEGIN SELECT RAISE(ABORT, 'read only'); END");
  const Reply withdrawn =
      Send(server_, "iom-tn/cm", "WithdrawCase", Named(file.name));
  EXPECT_FALSE(withdrawn.ok());
  const Reply created =
      Send(server_, "iom-tn/fp", "CreateOfficer",
           "parent: 'missions/iom-tn' officer_id: 'new-one' officer { "
           "display_name: 'New' roles: CASE_MANAGER }");
  EXPECT_FALSE(created.ok());
  run("DROP TRIGGER read_only");
  EXPECT_EQ(Look(server_, "iom-tn/cm", file.name).bytes, before.bytes);
  EXPECT_THAT(Send(server_, "iom-tn", "GetOfficer",
                   Named("missions/iom-tn/officers/new-one")),
              HasReason("RESOURCE_NOT_FOUND"));
}

TEST_F(Evidence, TheSigningKeyIsItsOwnersAlone) {
  const std::string key = server_.dir() + "/checkpoint.key";
  struct stat info = {};
  ASSERT_EQ(stat(key.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777u, 0600u);
  const std::string before = Latest().public_key();
  server_.Restart();
  EXPECT_EQ(Latest().public_key(), before);
}

}  // namespace
}  // namespace passerelle::testing
