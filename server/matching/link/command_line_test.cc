// The program from its words to its files, in this process.

#include "server/matching/link/command_line.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "server/matching/link/csv_reader.h"
#include "server/matching/link/problem.h"
#include "tests/support/temp_dir.h"

namespace passerelle::link {
namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;
using Rows = std::vector<std::vector<std::string>>;

constexpr char kExamples[] =
    PASSERELLE_SOURCE_DIR "/server/matching/link/examples/";

class CommandLineTest : public ::testing::Test {
 protected:
  // Runs the program; what it prints is in out_ and err_.
  int Run(
      std::vector<std::string> words,
      const std::function<bool()>& stopped = [] { return false; }) {
    std::ostringstream out;
    std::ostringstream err;
    const int code = RunLink(std::move(words), {out, err, false, stopped});
    out_ = out.str();
    err_ = err.str();
    return code;
  }

  static std::string Example(const std::string& name) {
    return kExamples + name;
  }
  std::string File(const std::string& name) const { return folder_.File(name); }
  std::string Write(const std::string& name, absl::string_view text) const {
    return folder_.Write(name, text);
  }
  static std::string ReadAll(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  // All rows of a table, the header first.
  static Rows ReadRows(const std::string& path) {
    auto reader = CsvReader::Open(path, {});
    EXPECT_TRUE(reader.ok()) << reader.status();
    Rows rows;
    if (!reader.ok()) return rows;
    rows.push_back((*reader)->header());
    while (true) {
      const auto found = (*reader)->Next();
      EXPECT_TRUE(found.ok()) << found.status();
      if (!found.ok() || !*found) return rows;
      rows.emplace_back((*reader)->fields().begin(), (*reader)->fields().end());
    }
  }
  // What `evaluate` printed: "f1 0.9" as {"f1", 0.9}.
  std::map<std::string, double> Printed() const {
    std::map<std::string, double> figures;
    for (const absl::string_view line :
         absl::StrSplit(out_, '\n', absl::SkipEmpty())) {
      const std::vector<std::string> parts = absl::StrSplit(line, ' ');
      EXPECT_EQ(parts.size(), 2U) << line;
      EXPECT_TRUE(absl::SimpleAtod(parts.at(1), &figures[parts.at(0)])) << line;
    }
    return figures;
  }
  // Every file in the folder, so that a failed run can be shown to add none.
  std::set<std::string> Files() const {
    std::set<std::string> names;
    for (const auto& entry :
         std::filesystem::directory_iterator(folder_.path())) {
      names.insert(entry.path().filename());
    }
    return names;
  }

  passerelle::testing::TempDir folder_;
  std::string out_;
  std::string err_;
};

TEST_F(CommandLineTest, DedupeFindsTheDuplicatesOfTheExample) {
  ASSERT_EQ(
      Run({"dedupe", Example("registrations.csv"), "--map",
           Example("registrations.toml"), "--pairs", File("pairs.csv"),
           "--clusters", File("clusters.csv"), "--review", File("review.csv"),
           "--report", File("report.html"), "--truth", Example("truth.csv")}),
      kDone)
      << err_;
  const Rows pairs = ReadRows(File("pairs.csv"));
  EXPECT_THAT(pairs[0], ElementsAre("id_a", "id_b", "probability", "weight"));
  for (size_t i = 1; i < pairs.size(); ++i) {
    double probability = 0;
    ASSERT_TRUE(absl::SimpleAtod(pairs[i][2], &probability));
    EXPECT_GE(probability, 0.01);
  }
  const Rows clusters = ReadRows(File("clusters.csv"));
  EXPECT_THAT(clusters[0], ElementsAre("id", "cluster"));
  EXPECT_EQ(clusters.size(), 19U);
  const Rows review = ReadRows(File("review.csv"));
  EXPECT_EQ(review[0][5], "decision");
  EXPECT_TRUE(absl::StrContains(ReadAll(File("report.html")), "</html>"));

  ASSERT_EQ(Run({"evaluate", File("pairs.csv"), "--truth", Example("truth.csv"),
                 "--report", File("evaluation.html")}),
            kDone)
      << err_;
  EXPECT_EQ(Printed()["f1"], 1);
}

TEST_F(CommandLineTest, JsonLinesCarryReasonsThatAddUp) {
  ASSERT_EQ(Run({"dedupe", Example("registrations.csv"), "--map",
                 Example("registrations.toml"), "--pairs", File("pairs.jsonl"),
                 "--clusters", File("clusters.jsonl")}),
            kDone)
      << err_;
  int pairs = 0;
  for (const absl::string_view line :
       absl::StrSplit(ReadAll(File("pairs.jsonl")), '\n', absl::SkipEmpty())) {
    const auto pair = nlohmann::json::parse(std::string(line));
    const auto& why = pair["explanation"];
    double sum = why["prior"].get<double>();
    for (const auto& part : why["contributions"]) {
      sum += part["weight"].get<double>();
    }
    EXPECT_NEAR(sum, pair["weight"].get<double>(), 1e-9) << line;
    EXPECT_NEAR(why["probability"].get<double>(),
                pair["probability"].get<double>(), 1e-12);
    ++pairs;
  }
  EXPECT_GE(pairs, 4);
}

TEST_F(CommandLineTest, ResultsDoNotDependOnThreads) {
  for (const std::string threads : {"1", "2", "5"}) {
    ASSERT_EQ(Run({"dedupe", Example("registrations.csv"), "--map",
                   Example("registrations.toml"), "--pairs",
                   File("pairs" + threads + ".csv"), "--threads", threads}),
              kDone);
    ASSERT_EQ(
        Run({"search", Example("registrations.csv"), Example("requests.csv"),
             "--map", Example("requests.toml"), "--out",
             File("found" + threads + ".csv"), "--threads", threads}),
        kDone);
  }
  EXPECT_EQ(ReadAll(File("pairs1.csv")), ReadAll(File("pairs2.csv")));
  EXPECT_EQ(ReadAll(File("pairs1.csv")), ReadAll(File("pairs5.csv")));
  EXPECT_EQ(ReadAll(File("found1.csv")), ReadAll(File("found2.csv")));
  EXPECT_EQ(ReadAll(File("found1.csv")), ReadAll(File("found5.csv")));
}

TEST_F(CommandLineTest, LinkFindsPeopleOfOneFileInAnother) {
  const std::string map =
      Write("map.toml",
            "[columns]\nid = 'id'\ngiven = 'given'\nfamily = 'family'\n"
            "birth_date = 'born'\nidentifier = 'paper'\n");
  // Both files number their people from 1, and only one has papers.
  const std::string a = Write("a.csv",
                              "id,given,family,born,paper\n"
                              "1,Fatou,Diallo,1984-02-03,P1\n"
                              "2,Ibrahima,Bah,1990-05-06,P2\n"
                              "3,Awa,Traoré,1979-01-09,\n");
  const std::string b = Write("b.csv",
                              "id,given,family,born\n"
                              "1,Tesfaye,Alemu,1950-01-02\n"
                              "2,Fatou,Diallo,1984-02-03\n"
                              "3,Awa,Traore,1979-01-09\n");
  ASSERT_EQ(
      Run({"link", a, b, "--map", map, "--pairs", File("pairs.csv"), "--report",
           File("report.html"), "--review", File("review.csv")}),
      kDone)
      << err_;
  std::vector<std::pair<std::string, std::string>> sure;
  const Rows pairs = ReadRows(File("pairs.csv"));
  for (size_t i = 1; i < pairs.size(); ++i) {
    if (pairs[i][2] >= "0.5") sure.push_back({pairs[i][0], pairs[i][1]});
  }
  EXPECT_THAT(sure,
              UnorderedElementsAre(std::pair("1", "2"), std::pair("3", "3")));
  const std::string truth = Write("truth.csv", "id_a,id_b\n1,2\n3,3\n");
  ASSERT_EQ(Run({"evaluate", File("pairs.csv"), "--truth", truth}), kDone);
  EXPECT_EQ(Printed()["f1"], 1);
}

TEST_F(CommandLineTest, SearchNamesPeopleAndNobody) {
  ASSERT_EQ(Run({"search", Example("registrations.csv"),
                 Example("requests.csv"), "--map", Example("requests.toml"),
                 "--top", "3", "--out", File("found.csv")}),
            kDone)
      << err_;
  const Rows rows = ReadRows(File("found.csv"));
  EXPECT_THAT(rows[0],
              ElementsAre("request_id", "rank", "registry_id", "probability"));
  std::map<std::string, double> sums;
  std::map<std::string, int> nobody;
  std::map<std::string, int> ranks;
  double before = 1;
  for (size_t i = 1; i < rows.size(); ++i) {
    const std::string& request = rows[i][0];
    double probability = 0;
    ASSERT_TRUE(absl::SimpleAtod(rows[i][3], &probability));
    EXPECT_EQ(rows[i][1], std::to_string(++ranks[request]));
    EXPECT_TRUE(ranks[request] == 1 || probability <= before);
    before = probability;
    sums[request] += probability;
    nobody[request] += rows[i][2].empty() ? 1 : 0;
  }
  ASSERT_EQ(sums.size(), 3U);
  for (const auto& [request, sum] : sums) {
    EXPECT_LE(sum, 1.00001) << request;
    EXPECT_EQ(nobody[request], 1) << request;
    EXPECT_LE(ranks[request], 4) << request;
  }
  ASSERT_EQ(Run({"evaluate", File("found.csv"), "--truth",
                 Example("search_truth.csv")}),
            kDone)
      << err_;
  EXPECT_EQ(Printed()["recall_at_1"], 1);
  EXPECT_EQ(Printed()["nobody_first"], 1);
}

TEST_F(CommandLineTest, ARequestWithNothingToSearchByIsAnsweredWithARemark) {
  const std::string requests =
      Write("requests.csv",
            "request,sought_person,born,sex,village,mobile\n"
            "Q,,,m,,\n");
  ASSERT_EQ(Run({"search", Example("registrations.csv"), requests, "--map",
                 Example("requests.toml"), "--out", File("found.csv")}),
            kDone)
      << err_;
  const Rows rows = ReadRows(File("found.csv"));
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[1][2], "");
  EXPECT_EQ(
      Run({"search", Example("registrations.csv"), requests, "--map",
           Example("requests.toml"), "--out", File("found.csv"), "--strict"}),
      kInput);
}

TEST_F(CommandLineTest, NamesGivesANumberALine) {
  const std::string a = Write("a.txt", "Mohamed\r\nAwa\n\nMohamed");
  const std::string b = Write("b.txt", "محمد\nTesfaye\nx\nMohamed\n");
  ASSERT_EQ(Run({"names", a, b}), kDone) << err_;
  std::vector<double> numbers;
  for (const absl::string_view line :
       absl::StrSplit(out_, '\n', absl::SkipEmpty())) {
    numbers.emplace_back();
    ASSERT_TRUE(absl::SimpleAtod(line, &numbers.back())) << line;
  }
  ASSERT_EQ(numbers.size(), 4U);
  EXPECT_GT(numbers[0], 0.8);
  EXPECT_LT(numbers[1], 0.5);
  EXPECT_EQ(numbers[2], 0);
  EXPECT_EQ(numbers[3], 1);
}

TEST_F(CommandLineTest, NamesPrintsNothingWhenTheFilesDoNotFit) {
  EXPECT_EQ(Run({"names", Write("a.txt", "x\ny\n"), Write("b.txt", "x\n")}),
            kInput);
  EXPECT_EQ(out_, "");
}

TEST_F(CommandLineTest, ATrainedModelGivesTheSameAgain) {
  const std::vector<std::string> input = {Example("registrations.csv"), "--map",
                                          Example("registrations.toml")};
  const auto run = [&](std::string command, std::vector<std::string> more) {
    std::vector<std::string> words = {std::move(command)};
    words.insert(words.end(), input.begin(), input.end());
    words.insert(words.end(), more.begin(), more.end());
    return Run(words);
  };
  ASSERT_EQ(run("train", {"--model", File("model")}), kDone) << err_;
  ASSERT_EQ(run("dedupe", {"--pairs", File("a.csv")}), kDone) << err_;
  ASSERT_EQ(run("dedupe", {"--pairs", File("b.csv"), "--model", File("model")}),
            kDone)
      << err_;
  EXPECT_EQ(ReadAll(File("a.csv")), ReadAll(File("b.csv")));

  std::string damaged = ReadAll(File("model"));
  damaged[damaged.size() / 2] ^= 1;
  Write("damaged", damaged);
  EXPECT_EQ(
      run("dedupe", {"--pairs", File("c.csv"), "--model", File("damaged")}),
      kRefused);
  EXPECT_FALSE(std::filesystem::exists(File("c.csv")));
}

TEST_F(CommandLineTest, AReviewedListCalibratesAModel) {
  ASSERT_EQ(Run({"train", Example("registrations.csv"), "--map",
                 Example("registrations.toml"), "--model", File("model")}),
            kDone);
  // Weights around 0 that are too sure by half.
  std::string list = "id_a,id_b,weight,decision\n";
  for (int i = 0; i < 200; ++i) {
    const int weight = i % 11 - 5;
    absl::StrAppend(&list, i, ",x,", weight, ",",
                    (i * 37 % 100) < 50 + 7 * weight ? "same" : "different",
                    "\n");
  }
  const std::string review = Write("review.csv", list);
  ASSERT_EQ(Run({"calibrate", File("model"), review, "--model", File("new")}),
            kDone)
      << err_;
  EXPECT_NE(ReadAll(File("model")), ReadAll(File("new")));
  EXPECT_EQ(Run({"calibrate", File("model"),
                 Write("few.csv", "weight,decision\n1,same\n"), "--model",
                 File("new2")}),
            kInput);
  EXPECT_EQ(Run({"calibrate", File("model"),
                 Write("odd.csv", "weight,decision\n1,perhaps\n"), "--model",
                 File("new2")}),
            kInput);
  EXPECT_FALSE(std::filesystem::exists(File("new2")));
}

TEST_F(CommandLineTest, ExplainsAPairThatIsNotListed) {
  ASSERT_EQ(Run({"dedupe", Example("registrations.csv"), "--map",
                 Example("registrations.toml"), "--pairs", File("pairs.csv"),
                 "--explain", "TN-004", "TN-009"}),
            kDone)
      << err_;
  EXPECT_TRUE(absl::StrContains(out_, "together"));
  EXPECT_EQ(Run({"dedupe", Example("registrations.csv"), "--map",
                 Example("registrations.toml"), "--pairs", File("pairs.csv"),
                 "--explain", "TN-004", "nobody"}),
            kInput);
}

TEST_F(CommandLineTest, EncodesAndComparesWithoutNames) {
  const std::string people = Example("registrations.csv");
  const std::string map = Example("registrations.toml");
  ASSERT_EQ(Run({"key", "--purpose", "a test", "--out", File("key")}), kDone);
  ASSERT_EQ(Run({"encode", people, "--map", map, "--key", File("key"), "--out",
                 File("a.enc"), "--handles", File("handles.csv")}),
            kDone)
      << err_;
  ASSERT_EQ(Run({"encode", people, "--map", map, "--key", File("key"), "--out",
                 File("b.enc")}),
            kDone);
  EXPECT_FALSE(absl::StrContains(ReadAll(File("a.enc")), "TN-"));
  ASSERT_EQ(Run({"compare", File("a.enc"), File("b.enc"), "--pairs",
                 File("pairs.csv")}),
            kDone)
      << err_;
  std::map<std::string, std::string> ids;
  for (const auto& row : ReadRows(File("handles.csv"))) ids[row[0]] = row[1];
  std::set<std::pair<std::string, std::string>> strong;
  for (const auto& row : ReadRows(File("pairs.csv"))) {
    if (row[2] == "strong") strong.insert({ids[row[0]], row[1]});
  }
  for (const char* id : {"TN-001", "TN-003", "TN-018"}) {
    EXPECT_TRUE(strong.contains({id, id})) << id;
  }
  ASSERT_EQ(Run({"compare", File("b.enc"), File("b.enc"), "--pairs",
                 File("self.csv"), "--bands"}),
            kDone);
  EXPECT_THAT(ReadRows(File("self.csv"))[0],
              ElementsAre("id_a", "id_b", "band"));

  ASSERT_EQ(Run({"key", "--purpose", "a test", "--out", File("other")}), kDone);
  ASSERT_EQ(Run({"encode", people, "--map", map, "--key", File("other"),
                 "--out", File("c.enc")}),
            kDone);
  EXPECT_EQ(Run({"compare", File("a.enc"), File("c.enc"), "--pairs",
                 File("none.csv")}),
            kRefused);
  EXPECT_FALSE(std::filesystem::exists(File("none.csv")));
}

TEST_F(CommandLineTest, WhatIsWrongWithTheCommandLineIsUsage) {
  const std::string people = Example("registrations.csv");
  const std::string map = Example("registrations.toml");
  EXPECT_EQ(Run({}), kUsage);
  EXPECT_EQ(Run({"dedupe"}), kUsage);
  EXPECT_EQ(Run({"dedupe", people, "--map", map}), kUsage);
  EXPECT_EQ(Run({"dedupe", people, "--map", map, "--pairs", File("p.csv"),
                 "--threads", "0"}),
            kUsage);
  EXPECT_EQ(Run({"dedupe", people, "--map", people, "--pairs", File("p.csv")}),
            kUsage);
  EXPECT_EQ(Run({"dedupe", people, "--map", map, "--pairs", File("p.csv"),
                 "--clusters", File("./p.csv")}),
            kUsage);
  const std::string copy = Write("people.csv", ReadAll(people));
  EXPECT_EQ(Run({"dedupe", copy, "--map", map, "--pairs", copy}), kUsage);
  EXPECT_EQ(ReadAll(copy), ReadAll(people));
  EXPECT_EQ(Run({"--help"}), kDone);
  EXPECT_TRUE(absl::StrContains(out_, "Exit status"));
}

TEST_F(CommandLineTest, WhatTheSystemRefusesIsSystem) {
  const std::string map = Example("registrations.toml");
  EXPECT_EQ(
      Run({"dedupe", File("none.csv"), "--map", map, "--pairs", File("p.csv")}),
      kSystem);
  EXPECT_EQ(Run({"dedupe", Example("registrations.csv"), "--map", map,
                 "--pairs", File("none/p.csv")}),
            kSystem);
}

TEST_F(CommandLineTest, BadInputNamesItsPlaceAndLeavesEveryFileAsItWas) {
  const std::string map = Write("map.toml",
                                "[columns]\nid = 'id'\nfull_name = 'name'\n"
                                "birth_date = 'born'\n");
  Write("pairs.csv", "before");
  struct Case {
    const char* text;
    const char* place;
  };
  for (const Case& bad : {Case{"id,name,born\n1,a,\n1,b,\n", "row 3"},
                          Case{"id,name,born\n1,a,\n,b,\n", "row 3"},
                          Case{"id,name,born\n1,a,\n2,b\n", "row 3"},
                          Case{"id,name,born\n1,\"a,\n2,b,\n", "row 2"},
                          Case{"id,name,born\n1,é\xC3\x28,\n", "row 2"},
                          Case{"id,name\n1,a\n", "born"}, Case{"", ""}}) {
    const std::string table = Write("people.csv", bad.text);
    const std::set<std::string> files = Files();
    EXPECT_EQ(Run({"dedupe", table, "--map", map, "--pairs", File("pairs.csv"),
                   "--clusters", File("clusters.csv")}),
              kInput)
        << bad.text;
    EXPECT_TRUE(absl::StrContains(err_, bad.place)) << err_;
    EXPECT_EQ(Files(), files) << bad.text;
    EXPECT_EQ(ReadAll(File("pairs.csv")), "before");
  }
}

TEST_F(CommandLineTest, StrangePeopleAreCompared) {
  const std::string map = Write("map.toml",
                                "[columns]\nid = 'id'\nfull_name = 'name'\n"
                                "birth_date = 'born'\nphone = 'phone'\n");
  std::string table = "id,name,born,phone\n";
  const std::vector<std::string> names = {"",         "A",
                                          "😀",        "\x01\x02",
                                          "12345",    "محمد Mohamed ኃይለ",
                                          "Ж Ω 漢字", "Al-Hadj dit le 3ème"};
  int id = 0;
  for (const std::string& name : names) {
    for (const char* born : {"", "0000-00-00", "9999", "2023-02-30"}) {
      absl::StrAppend(&table, ++id, ",", name, ",", born, ",+999 0\n");
    }
  }
  std::string many;
  for (int i = 0; i < 200; ++i) absl::StrAppend(&many, "word", i, " ");
  absl::StrAppend(&table, ++id, ",", many, ",,\n");
  EXPECT_EQ(Run({"dedupe", Write("people.csv", table), "--map", map, "--pairs",
                 File("pairs.csv"), "--clusters", File("clusters.csv"),
                 "--report", File("r.html"), "--review", File("v.csv")}),
            kDone)
      << err_;
  EXPECT_EQ(ReadRows(File("clusters.csv")).size(), static_cast<size_t>(id) + 1);
}

TEST_F(CommandLineTest, OnePersonOrNoneIsNoError) {
  const std::string map = Example("registrations.toml");
  const std::string table = ReadAll(Example("registrations.csv"));
  for (const size_t lines : {1U, 2U}) {
    const std::vector<std::string> all = absl::StrSplit(table, '\n');
    std::string some;
    for (size_t i = 0; i < lines; ++i) absl::StrAppend(&some, all[i], "\n");
    EXPECT_EQ(Run({"dedupe", Write("few.csv", some), "--map", map, "--pairs",
                   File("pairs.csv"), "--clusters", File("clusters.csv"),
                   "--report", File("report.html")}),
              kDone)
        << err_;
    EXPECT_EQ(ReadRows(File("pairs.csv")).size(), 1U);
    EXPECT_EQ(ReadRows(File("clusters.csv")).size(), lines);
  }
}

TEST_F(CommandLineTest, AnInterruptedRunWritesNothing) {
  std::string table = ReadAll(Example("registrations.csv"));
  for (int i = 0; i < 5'000; ++i) {
    absl::StrAppend(&table, "X-", i, ",Fatou,Diallo,19", 10 + i % 90,
                    ",F,,,\n");
  }
  const std::string people = Write("people.csv", table);
  const std::set<std::string> files = Files();
  EXPECT_EQ(Run({"dedupe", people, "--map", Example("registrations.toml"),
                 "--pairs", File("pairs.csv")},
                [] { return true; }),
            kSystem);
  EXPECT_EQ(Files(), files);
}

TEST_F(CommandLineTest, AReviewListRunsNoFormula) {
  const std::string map = Write("map.toml",
                                "[columns]\nid = 'id'\nfull_name = 'name'\n"
                                "birth_date = 'born'\noccupation = 'job'\n");
  const std::string table =
      Write("people.csv",
            "id,name,born,job\n=1+1,Fatou Diallo,1984-02-03,=cmd|'/c calc'!A0\n"
            "@2,Fatou Diallo,1984-02-03,-7\n3,Awa Bah,1990-01-01,x\n");
  ASSERT_EQ(Run({"dedupe", table, "--map", map, "--pairs", File("pairs.csv"),
                 "--review", File("review.csv")}),
            kDone)
      << err_;
  const Rows review = ReadRows(File("review.csv"));
  ASSERT_GE(review.size(), 2U);
  for (size_t i = 1; i < review.size(); ++i) {
    for (size_t column = 0; column < review[i].size(); ++column) {
      if (column == 3) continue;  // the weight is a number of our own
      const std::string& cell = review[i][column];
      EXPECT_TRUE(cell.empty() || !absl::StrContains("=+-@", cell[0])) << cell;
    }
  }
  // The pairs are for programs: ids are as they were.
  EXPECT_EQ(ReadRows(File("pairs.csv"))[1][0], "=1+1");
}

}  // namespace
}  // namespace passerelle::link
