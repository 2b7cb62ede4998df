// R14: who may call what, and what the answer shows, cell by cell, against
// expected.toml, which is written from the domain and not from the policy.

#include <atomic>
#include <iostream>
#include <map>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "common/mutex.h"
#include "common/status_details.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "passerelle/options/v1/options.pb.h"
#include "server/rpc/services.h"
#include "tests/access/expected.h"
#include "tests/access/files.h"
#include "tests/rpc/rows.h"
#include "tests/support/status_matchers.h"

namespace passerelle::testing {
namespace {

namespace options = ::passerelle::options::v1;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::MethodDescriptor;
using ::testing::IsEmpty;

constexpr int kThreads = 4;
constexpr int64_t kLeastCells = 5000;

bool IsDenied(const absl::Status& status) {
  const std::string reason = ReasonOf(status);
  return reason == "NOT_VISIBLE" || reason == "OFFICER_NOT_AUTHORIZED" ||
         reason == "MISSION_KIND_NOT_AUTHORIZED";
}

options::Effect EffectOf(const MethodDescriptor& method) {
  return method.options().GetExtension(options::access).effect();
}

// Disagreements with the page, each said once.
class Disagreements {
 public:
  void Add(std::string what) {
    MutexLock lock(&mutex_);
    all_.insert(std::move(what));
  }
  std::set<std::string> all() {
    MutexLock lock(&mutex_);
    return all_;
  }

 private:
  Mutex mutex_;
  std::set<std::string> all_ ABSL_GUARDED_BY(mutex_);
};

// One file looked at by one mission through each of its officers.
class SituationRun {
 public:
  // `reads_only`: another situation of the mission is the same to methods that
  // change.
  SituationRun(TestServer& server, const FileOf& file, bool reads_only,
               Disagreements* wrong)
      : server_(server),
        file_(file),
        situation_(*file.situation),
        reads_only_(reads_only),
        wrong_(*wrong) {}

  // Number of cells.
  int64_t Run() {
    for (const std::string& role : Expected::Get().roles()) {
      for (const Row& row : Rows()) {
        const MethodDescriptor* method = FindMethod(row.method);
        if (method->server_streaming() ||
            (reads_only_ && EffectOf(*method) != options::READ)) {
          continue;
        }
        Call(role, row, *method);
      }
    }
    return cells_;
  }

 private:
  void Call(const std::string& role, const Row& row,
            const MethodDescriptor& method) {
    const std::string kind = row.target.substr(0, row.target.find(':'));
    auto words = file_.words;
    const auto name = file_.names.find(kind);
    if (name == file_.names.end()) {
      return wrong_.Add(
          absl::StrCat("BuildFile makes no resource of the kind `", kind, "`"));
    }
    words["name"] = name->second;
    const MessagePtr request = MakeRequest(row.method, row.text, words);
    const options::Effect effect = EffectOf(method);
    if (effect == options::CHANGE) {
      // Looked at right after access: the call is admitted and changes nothing.
      request->GetReflection()
          ->MutableUnknownFields(request.get())
          ->AddVarint(999, 1);
    }
    if (const auto* size =
            request->GetDescriptor()->FindFieldByName("page_size")) {
      request->GetReflection()->SetInt32(request.get(), size, 1000);
    }
    const Reply reply =
        Send(server_, Officer(situation_.mission, role), row.method, *request);
    ++cells_;
    const bool permitted = !IsDenied(reply.status);
    if (effect == options::CHANGE && permitted &&
        ReasonOf(reply.status) != "UNKNOWN_FIELD") {
      Disagree(row.method, role, reply.status.ToString());
    }
    if (effect == options::READ && permitted && !reply.ok()) {
      Disagree(row.method, role, reply.status.ToString());
    }
    const bool expected = Expected::Get().Permits(row.method, situation_, role);
    if (permitted != expected) {
      Disagree(row.method, role,
               permitted ? "PERMITTED" : "denied " + ReasonOf(reply.status));
    } else if (reply.ok() && effect == options::READ) {
      CheckAnswer(row, role, *reply.answer);
    }
  }

  void CheckAnswer(const Row& row, const std::string& role,
                   const Message& answer) {
    if (IsInFile(answer)) return CheckResource(row.method, role, answer);
    const auto* reflection = answer.GetReflection();
    std::vector<const FieldDescriptor*> fields;
    reflection->ListFields(answer, &fields);
    bool listed = false;
    for (const FieldDescriptor* field : fields) {
      if (!field->is_repeated() || field->message_type() == nullptr) continue;
      for (int i = 0; i < reflection->FieldSize(answer, field); ++i) {
        const Message& item = reflection->GetRepeatedMessage(answer, field, i);
        if (!IsInFile(item)) continue;
        const std::string name = GetString(item, "name");
        if (row.method == "ListCases" && name != file_.words.at("file")) {
          continue;  // of another situation
        }
        listed = true;
        CheckResource(row.method, role, item);
      }
    }
    if (row.method == "ListCases") {
      ++cells_;
      const auto see = situation_.see.find(role);
      const bool expected =
          Expected::Get().Permits("GetCase", situation_, role) &&
          see != situation_.see.end();
      // What shows nothing has no name by which it would be known here.
      if (listed != expected) {
        Disagree(row.method, role, listed ? "LISTED" : "not listed");
      }
    }
  }

  static bool IsInFile(const Message& message) {
    for (const auto& [collection, type] : CaseResources()) {
      if (type == message.GetDescriptor()) return true;
    }
    return false;
  }

  void CheckResource(const std::string& method, const std::string& role,
                     const Message& resource) {
    const Expected& expected = Expected::Get();
    const std::string& type = resource.GetDescriptor()->name();
    std::map<std::string, std::string> shown;  // block -> a field of it
    ForEachValue(resource, [&](const std::string& path) {
      // Computed for the caller, whatever it sees.
      if (path == "etag" || absl::EndsWith(path, "allowed_actions")) return;
      shown.emplace(expected.BlockOf(type, path), path);
    });
    const auto see = situation_.see.find(role);
    std::set<std::string> there;
    ForEachPath(resource.GetDescriptor(), [&](const std::string& path) {
      there.insert(expected.BlockOf(type, path));
    });
    for (const std::string& block : there) {
      ++cells_;
      const bool may =
          see != situation_.see.end() && see->second.contains(block);
      const auto found = shown.find(block);
      if (may == (found != shown.end())) continue;
      Disagree(method, role,
               absl::StrCat(may ? "hides " : "SHOWS ", type, " ", block,
                            may ? "" : " as " + found->second));
    }
  }

  void Disagree(const std::string& method, const std::string& role,
                const std::string& what) {
    wrong_.Add(
        absl::StrCat(situation_.name, " | ", role, " | ", method, " | ", what));
  }

  TestServer& server_;
  const FileOf& file_;
  const Situation& situation_;
  const bool reads_only_;
  Disagreements& wrong_;
  int64_t cells_ = 0;
};

std::string Say(const std::set<std::string>& all) {
  std::string text = absl::StrCat(all.size(), " disagreements\n");
  for (const std::string& one : all) absl::StrAppend(&text, one, "\n");
  return text;
}

TEST(AccessTable, EveryMethodHasARow) {
  std::set<std::string> declared;
  for (const rpc::ServiceEntry& service : rpc::AllServices()) {
    for (int i = 0; i < service.descriptor->method_count(); ++i) {
      declared.insert(service.descriptor->method(i)->name());
    }
  }
  EXPECT_EQ(Expected::Get().methods(), declared);
}

TEST(AccessTable, EveryFieldHasABlock) {
  for (const auto& [collection, type] : CaseResources()) {
    ForEachPath(type, [&, type = type](const std::string& path) {
      EXPECT_NE(Expected::Get().BlockOf(type->name(), path), "")
          << type->name() << " " << path;
    });
  }
}

TEST(AccessTable, NothingIsPermittedThatIsNotWrittenDown) {
  TestServer server;
  RegisterEveryRole(server);
  std::vector<FileOf> files;
  std::set<std::pair<std::string, std::string>> seen;
  std::vector<bool> reads_only;
  for (const Situation& situation : Expected::Get().situations()) {
    files.push_back(BuildFile(server, situation));
    // What is refused is tried out for every cause that there is.
    reads_only.push_back(
        !seen.insert({situation.column, situation.mission}).second &&
        situation.column != "outside" && situation.column != "recalled");
  }
  // Consents and grants that end have ended.
  server.clock().Advance(absl::Hours(2));
  FillFiles(server, files);
  Disagreements wrong;
  std::atomic<size_t> next = 0;
  std::atomic<int64_t> cells = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      for (size_t mine = next++; mine < files.size(); mine = next++) {
        cells +=
            SituationRun(server, files[mine], reads_only[mine], &wrong).Run();
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(wrong.all(), IsEmpty()) << Say(wrong.all());
  EXPECT_GE(cells, kLeastCells);
  std::cout << cells << " cells: " << Rows().size() << " methods, "
            << Expected::Get().roles().size() << " roles, " << files.size()
            << " situations" << std::endl;
}

}  // namespace
}  // namespace passerelle::testing
