#include "server/matching/link/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <functional>
#include <memory>
#include <new>
#include <sstream>
#include <thread>
#include <utility>

#include "absl/status/status.h"
#include "server/matching/link/commands.h"
#include "server/matching/link/encoding/encoded_comparison.h"
#include "server/matching/link/problem.h"

namespace passerelle::link {
namespace {

constexpr char kFooter[] =
    "Exit status: 0 done, 1 the system (files, memory, stopped), 2 command "
    "line or mapping file, 3 content of an input file, 4 model, key or "
    "encodings refused. Outputs whose names end in .jsonl are JSON Lines with "
    "the reasons, all others CSV. Every output is written whole or not at all.";

constexpr int kMaxThreads = 256;

int DefaultThreads() {
  return std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1,
                    kMaxThreads);
}

// The commands and what was written of them.
class CommandLine {
 public:
  CommandLine()
      : app_("Finds records of one person in files. Works offline.",
             "passerelle-link") {
    app_.require_subcommand(1);
    app_.footer(kFooter);
    app_.set_version_flag("--version",
                          std::string("passerelle-link ") + PASSERELLE_VERSION);
    pairs_.threads = search_.threads = train_.threads = DefaultThreads();
    compare_.min_likeness = kPossibleLikeness;
    AddDedupe();
    AddLink();
    AddSearch();
    AddNames();
    AddEvaluate();
    AddTrain();
    AddCalibrate();
    AddKey();
    AddEncode();
    AddCompare();
  }

  int Run(std::vector<std::string> words, const Console& console) {
    std::reverse(words.begin(), words.end());
    try {
      app_.parse(words);
    } catch (const CLI::ParseError& error) {
      std::ostringstream news;
      const int code = app_.exit(error, console.out, news);
      console.err << news.str();
      return code == 0 ? kDone : kUsage;
    }
    for (const Command& command : commands_) {
      if (!command.app->parsed()) continue;
      const absl::Status status = command.run(console);
      if (!status.ok()) console.err << "error: " << status.message() << "\n";
      return ExitCodeOf(status);
    }
    return kUsage;
  }

 private:
  struct Command {
    CLI::App* app;
    std::function<absl::Status(const Console&)> run;
  };

  CLI::App* Add(const std::string& name, const std::string& what,
                std::function<absl::Status(const Console&)> run) {
    CLI::App* app = app_.add_subcommand(name, what);
    commands_.push_back({app, std::move(run)});
    return app;
  }

  static void AddInput(CLI::App* app, InputOptions* input) {
    app->add_option("--map", input->map, "Mapping file (TOML)")->required();
    app->add_flag_callback(
        "--strict", [input] { input->strictness = Strictness::kRefuse; },
        "Refuse values that cannot be read instead of leaving them out");
  }
  static void AddThreads(CLI::App* app, int* threads) {
    app->add_option("--threads", *threads,
                    "Threads; results do not depend on it")
        ->check(CLI::Range(1, kMaxThreads))
        ->capture_default_str();
  }
  void AddPairOutputs(CLI::App* app) {
    AddInput(app, &pairs_.input);
    app->add_option("--pairs", pairs_.pairs, "Pairs (.csv or .jsonl)")
        ->required();
    app->add_option("--model", pairs_.model,
                    "Model to use; without, one is learnt from the input");
    app->add_option("--review", pairs_.review,
                    "List to be reviewed in a spreadsheet (.csv)");
    app->add_option("--report", pairs_.report, "Report (.html)");
    app->add_option("--truth", pairs_.truth, "Truth, for the report");
    app->add_option("--explain", pairs_.explain,
                    "Print the reasons of one pair, listed or not")
        ->expected(2);
    AddThreads(app, &pairs_.threads);
  }

  void AddDedupe() {
    CLI::App* app = Add(
        "dedupe", "Find records of one person within a file",
        [this](const Console& console) { return FindPairs(pairs_, console); });
    app->add_option("input", pairs_.a, "Table of people (CSV)")->required();
    AddPairOutputs(app);
    app->add_option("--clusters", pairs_.clusters,
                    "Groups that are one person (.csv or .jsonl)");
  }
  void AddLink() {
    CLI::App* app = Add(
        "link", "Find people of one file in another",
        [this](const Console& console) { return FindPairs(pairs_, console); });
    app->add_option("a", pairs_.a, "First table (CSV)")->required();
    app->add_option("b", pairs_.b, "Second table (CSV)")->required();
    AddPairOutputs(app);
  }
  void AddSearch() {
    CLI::App* app = Add("search", "Find who of a registry each request may be",
                        [this](const Console& console) {
                          return SearchRegistry(search_, console);
                        });
    app->add_option("registry", search_.registry, "People registered (CSV)")
        ->required();
    app->add_option("requests", search_.requests, "People sought (CSV)")
        ->required();
    AddInput(app, &search_.input);
    app->add_option("--top", search_.top, "People listed for each request")
        ->check(CLI::Range(1, 1000))
        ->capture_default_str();
    app->add_option("--out", search_.out, "Results (.csv or .jsonl)")
        ->required();
    app->add_option("--model", search_.model,
                    "Model to use; without, one is learnt from the input");
    AddThreads(app, &search_.threads);
  }
  void AddNames() {
    CLI::App* app =
        Add("names", "Print how alike the names on each line of two files are",
            [this](const Console& console) {
              return CompareNames(names_, console);
            });
    app->add_option("a", names_.a, "One name a line")->required();
    app->add_option("b", names_.b, "As many lines")->required();
  }
  void AddEvaluate() {
    CLI::App* app =
        Add("evaluate", "Judge pairs or search results by the truth",
            [this](const Console& console) {
              return EvaluateResults(evaluate_, console);
            });
    app->add_option("pairs", evaluate_.pairs, "Pairs or search results (CSV)")
        ->required();
    app->add_option("--truth", evaluate_.truth,
                    "Clusters (id,cluster) or pairs (id_a,id_b)")
        ->required();
    app->add_option("--report", evaluate_.report, "Report (.html), of pairs");
    app->add_flag("--two-tables", evaluate_.two_tables,
                  "Ids of both sides are of different files");
  }
  void AddTrain() {
    CLI::App* app = Add(
        "train", "Learn a model from one file or two",
        [this](const Console& console) { return TrainModel(train_, console); });
    app->add_option("a", train_.a, "Table of people (CSV)")->required();
    app->add_option("b", train_.b, "A second table, for models of linking");
    AddInput(app, &train_.input);
    app->add_option("--model", train_.model, "Where the model goes")
        ->required();
    AddThreads(app, &train_.threads);
  }
  void AddCalibrate() {
    CLI::App* app =
        Add("calibrate", "Fit a model's probabilities to a reviewed list",
            [this](const Console& console) {
              return CalibrateModel(calibrate_, console);
            });
    app->add_option("from", calibrate_.from, "The model that made the list")
        ->required();
    app->add_option("review", calibrate_.review,
                    "The list, with its column decision filled in")
        ->required();
    app->add_option("--model", calibrate_.model, "Where the new model goes")
        ->required();
  }
  void AddKey() {
    CLI::App* app = Add(
        "key", "Make the secret of one exchange of encodings",
        [this](const Console& console) { return CreateKey(key_, console); });
    app->add_option("--out", key_.out, "Where the key goes")->required();
    app->add_option("--purpose", key_.purpose,
                    "Who exchanges with whom, and why")
        ->required();
    app->add_flag_callback(
        "--no-fold", [this] { key_.hardening.fold = false; },
        "Do not fold filters (weaker)");
    app->add_option("--flip", key_.hardening.flip_percent,
                    "Percent of bits that are flipped")
        ->check(CLI::Range(0, kMaxFlipPercent))
        ->capture_default_str();
    app->add_flag("--salt", key_.hardening.salt,
                  "Hash each sex and decade of birth apart (loses matches)");
  }
  void AddEncode() {
    CLI::App* app =
        Add("encode", "Encode people for a partner with the same key",
            [this](const Console& console) {
              return EncodeTable(encode_, console);
            });
    app->add_option("input", encode_.table, "Table of people (CSV)")
        ->required();
    AddInput(app, &encode_.input);
    app->add_option("--key", encode_.key, "Key of the exchange")->required();
    app->add_option("--out", encode_.out, "Where the encodings go")->required();
    app->add_option("--handles", encode_.handles,
                    "Write random handles in place of ids, and here whose they "
                    "are (keep this file)");
  }
  void AddCompare() {
    CLI::App* app = Add("compare", "Find people of one encoded file in another",
                        [this](const Console& console) {
                          return CompareEncoded(compare_, console);
                        });
    app->add_option("a", compare_.a, "First file of encodings")->required();
    app->add_option("b", compare_.b, "Second file, or the first again")
        ->required();
    app->add_option("--pairs", compare_.pairs, "Pairs (.csv or .jsonl)")
        ->required();
    app->add_option("--min", compare_.min_likeness, "Least likeness listed")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
    app->add_flag("--bands", compare_.bands_only,
                  "Leave the likeness out; only strong or possible");
  }

  CLI::App app_;
  std::vector<Command> commands_;
  PairsOptions pairs_;
  SearchCommandOptions search_;
  NamesOptions names_;
  EvaluateOptions evaluate_;
  TrainOptions train_;
  CalibrateOptions calibrate_;
  KeyOptions key_;
  EncodeOptions encode_;
  CompareOptions compare_;
};

}  // namespace

int RunLink(std::vector<std::string> words, const Console& console) {
  try {
    return CommandLine().Run(std::move(words), console);
  } catch (const std::bad_alloc&) {
    console.err << "error: not enough memory; nothing was written\n";
    return kSystem;
  }
}

}  // namespace passerelle::link
