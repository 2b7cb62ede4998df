#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/matching/link/evaluation.h"
#include "server/matching/link/output_file.h"
#include "server/matching/link/row_writer.h"
#include "server/matching/link/testing/problem_matchers.h"
#include "server/matching/link/truth.h"
#include "tests/support/temp_dir.h"

namespace passerelle::link {
namespace {

using passerelle::testing::TempDir;
using testing::IsProblem;
using testing::IsProblemAt;
using testing::Works;

std::string ReadAll(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

size_t FilesIn(const TempDir& folder) {
  const std::filesystem::directory_iterator files(folder.path());
  return static_cast<size_t>(std::distance(begin(files), end(files)));
}

TEST(OutputFileTest, NothingIsThereUntilCommit) {
  const TempDir folder;
  const std::string path = folder.File("out.csv");
  {
    const auto file = OutputFile::Open(path);
    ASSERT_THAT(file, Works());
    (*file)->Write(std::string(1 << 20, 'x'));
    EXPECT_EQ(FilesIn(folder), 0U);
  }
  EXPECT_EQ(FilesIn(folder), 0U);
}

TEST(OutputFileTest, CommitReplacesWhatWasThere) {
  const TempDir folder;
  const std::string path = folder.Write("out.csv", "before");
  const auto file = OutputFile::Open(path);
  ASSERT_THAT(file, Works());
  (*file)->Write("after");
  EXPECT_EQ(ReadAll(path), "before");
  ASSERT_THAT((*file)->Commit(), Works());
  EXPECT_EQ(ReadAll(path), "after");
  EXPECT_EQ(FilesIn(folder), 1U);
  struct stat info {};
  ASSERT_EQ(stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777U, 0600U);
}

TEST(OutputFileTest, SaysAtOnceWhatCannotBeWritten) {
  const TempDir folder;
  EXPECT_EQ(OutputFile::Open(folder.File("none/out.csv")).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ExitCodeOf(OutputFile::Open(folder.path()).status()), kUsage);
  EXPECT_EQ(ExitCodeOf(OutputFile::Open("/dev/null").status()), kUsage);
}

TEST(OutputFileTest, AFullDiskIsAnErrorAndLeavesTheOldFile) {
  const TempDir folder;
  const std::string path = folder.Write("out.csv", "before");
  const auto file = OutputFile::Open(path);
  ASSERT_THAT(file, Works());
  // A limit on the size of files stands in for a full disk.
  struct Limit {
    Limit() {
      getrlimit(RLIMIT_FSIZE, &before);
      const rlimit small = {1 << 16, before.rlim_max};
      setrlimit(RLIMIT_FSIZE, &small);
      signal(SIGXFSZ, SIG_IGN);
    }
    ~Limit() { setrlimit(RLIMIT_FSIZE, &before); }
    rlimit before{};
  };
  {
    const Limit limit;
    (*file)->Write(std::string(1 << 20, 'x'));
    EXPECT_FALSE((*file)->Commit().ok());
  }
  EXPECT_EQ(ReadAll(path), "before");
}

TEST(RowWriterTest, QuotesWhatCsvNeedsQuoted) {
  EXPECT_EQ(CsvField("plain"), "plain");
  EXPECT_EQ(CsvField("a,b"), "\"a,b\"");
  EXPECT_EQ(CsvField("say \"x\""), "\"say \"\"x\"\"\"");
  EXPECT_EQ(CsvField("two\nlines"), "\"two\nlines\"");
  EXPECT_EQ(CsvField(" x"), "\" x\"");
  EXPECT_EQ(CsvField(""), "");
}

TEST(RowWriterTest, TheEndingOfThePathChoosesTheForm) {
  const TempDir folder;
  const Value values[] = {std::string("a\"1"), uint64_t{7}, Real{0.1 + 0.2}};
  for (const std::string name : {"out.csv", "out.jsonl"}) {
    auto writer = RowWriter::Open(folder.File(name), {"id", "rank", "p"});
    ASSERT_THAT(writer, Works());
    (*writer)->Row(values);
    ASSERT_THAT((*writer)->Commit(), Works());
  }
  EXPECT_EQ(ReadAll(folder.File("out.csv")),
            "id,rank,p\n\"a\"\"1\",7,0.300000\n");
  const auto json = nlohmann::json::parse(ReadAll(folder.File("out.jsonl")));
  EXPECT_EQ(json["id"], "a\"1");
  EXPECT_EQ(json["rank"], 7);
  EXPECT_EQ(json["p"].get<double>(), 0.1 + 0.2);
}

TEST(TruthTest, ReadsClusters) {
  const TempDir folder;
  const auto truth = Truth::Load(
      folder.Write("truth.csv", "id,cluster\n1,x\n2,x\n3,x\n4,y\n5,\n6,\n"),
      {});
  ASSERT_THAT(truth, Works());
  EXPECT_EQ(truth->pairs(), 3U);
  EXPECT_TRUE(truth->Same("1", "3"));
  EXPECT_FALSE(truth->Same("1", "4"));
  EXPECT_FALSE(truth->Same("5", "6"));
  EXPECT_FALSE(truth->Same("1", "1"));
  EXPECT_FALSE(truth->Same("1", "9"));
  EXPECT_TRUE(truth->HasMatch("1"));
  EXPECT_FALSE(truth->HasMatch("4"));
}

TEST(TruthTest, FindsTheIdBesideACluster) {
  const TempDir folder;
  const auto truth = Truth::Load(
      folder.Write("t.csv", "cluster,unique_id,name\nx,1,a\nx,2,b\n"), {});
  ASSERT_THAT(truth, Works());
  EXPECT_TRUE(truth->Same("1", "2"));
}

TEST(TruthTest, ReadsPairs) {
  const TempDir folder;
  const auto truth =
      Truth::Load(folder.Write("t.csv", "id_a,id_b\n1,2\n2,1\n3,4\n5,\n"), {});
  ASSERT_THAT(truth, Works());
  EXPECT_EQ(truth->pairs(), 2U);
  EXPECT_TRUE(truth->Same("2", "1"));
  EXPECT_FALSE(truth->Same("1", "4"));
  EXPECT_TRUE(truth->Knows("5"));
  EXPECT_FALSE(truth->HasMatch("5"));
}

TEST(TruthTest, EqualIdsShowThatThereAreTwoTables) {
  const TempDir folder;
  const std::string path = folder.Write("t.csv", "id_a,id_b\n1,1\n2,3\n");
  const auto truth = Truth::Load(path, {});
  ASSERT_THAT(truth, Works());
  EXPECT_EQ(truth->pairs(), 2U);
  EXPECT_TRUE(truth->Same("1", "1"));
  EXPECT_TRUE(truth->Same("2", "3"));
  EXPECT_FALSE(truth->Same("3", "2"));
  EXPECT_FALSE(Truth::Load(path, Sides::kOneTable)->Same("1", "1"));
}

TEST(TruthTest, SaysWhatIsWrong) {
  const TempDir folder;
  const auto load = [&](absl::string_view text) {
    return Truth::Load(folder.Write("t.csv", text), {});
  };
  EXPECT_THAT(load("id\n1\n"), IsProblem(Reason::kMissingColumn));
  EXPECT_THAT(load("cluster\n1\n"), IsProblem(Reason::kMissingColumn));
  EXPECT_THAT(load("id,cluster\n1,x\n1,y\n"),
              IsProblemAt(Reason::kDuplicateId, 3, "id"));
  EXPECT_THAT(load("id_a,id_b\n,2\n"),
              IsProblemAt(Reason::kEmptyId, 2, "id_a"));
}

TEST(EvaluationTest, CountsPairsAgainstAllThatAreTrue) {
  // Three true pairs: two listed, one of them below 0.5; one never listed.
  const Evaluation evaluation =
      Evaluate({{0.9, true}, {0.8, false}, {0.3, true}, {0.2, false}}, 3);
  EXPECT_DOUBLE_EQ(evaluation.precision, 0.5);
  EXPECT_DOUBLE_EQ(evaluation.recall, 1.0 / 3);
  EXPECT_DOUBLE_EQ(evaluation.f1, 0.4);
  EXPECT_DOUBLE_EQ(evaluation.best_f1, 4.0 / 6);
  EXPECT_DOUBLE_EQ(evaluation.best_threshold, 0.3);
  // Each pair is alone in its bin.
  EXPECT_NEAR(evaluation.reliability.expected_error,
              (0.1 + 0.8 + 0.7 + 0.2) / 4, 1e-12);
}

TEST(EvaluationTest, PairsOfOneProbabilityAreNotParted) {
  const Evaluation evaluation =
      Evaluate({{0.7, true}, {0.7, false}, {0.7, false}, {0.7, false}}, 1);
  EXPECT_DOUBLE_EQ(evaluation.best_f1, 0.4);
}

TEST(EvaluationTest, NothingListedIsNothingFound) {
  const Evaluation evaluation = Evaluate({}, 5);
  EXPECT_EQ(evaluation.f1, 0);
  EXPECT_EQ(evaluation.best_f1, 0);
  EXPECT_FALSE(std::isnan(evaluation.reliability.expected_error));
}

TEST(EvaluationTest, JudgesSearchesByRankAndByNobody) {
  const SearchEvaluation evaluation = EvaluateSearch({
      {.registered = true,
       .rank = 1,
       .top_probability = 0.9,
       .top_right = true},
      {.registered = true, .rank = 7, .top_probability = 0.6},
      {.registered = true, .rank = 11, .top_probability = 0.6},
      {.registered = true, .rank = 0, .top_probability = 0.5},
      {.top_probability = 0.8, .top_right = true, .top_is_nobody = true},
      {.top_probability = 0.8},
  });
  EXPECT_EQ(evaluation.registered, 4U);
  EXPECT_DOUBLE_EQ(evaluation.recall_at_1, 0.25);
  EXPECT_DOUBLE_EQ(evaluation.recall_at_10, 0.5);
  EXPECT_DOUBLE_EQ(evaluation.nobody_first, 0.5);
}

}  // namespace
}  // namespace passerelle::link
