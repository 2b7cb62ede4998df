// Makes data/matching/name_costs.tsv from the development pairs:
//   passerelle-learn-name-costs ../shared/data/linkage > name_costs.tsv
// --half learns from every second pair, to see what is lost on unseen names.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "server/matching/letters.h"
#include "server/matching/train/cost_learner.h"

namespace passerelle::matching {
namespace {

using Lines = std::vector<std::vector<std::string>>;

Lines ReadTabs(const std::string& path) {
  std::ifstream file(path);
  if (!file) {
    std::cerr << "cannot read " << path << "\n";
    std::exit(1);
  }
  Lines lines;
  for (std::string line; std::getline(file, line);) {
    if (!line.empty() && line[0] != '#')
      lines.push_back(absl::StrSplit(line, '\t'));
  }
  return lines;
}

class Sounds {
 public:
  // All words of the text as one.
  std::string Of(const std::string& text) const {
    std::string sound;
    for (const Word& word : folder_.Words(text, 8)) sound += word.phonetic;
    return sound;
  }

 private:
  LetterFolder folder_;
};

// Distance, as share of deleting both words, up to which two words are taken
// for one name.
constexpr float kAlike = 0.25F;

// Mined counts grow faster than what they teach.
double WeightOf(int count) { return 1 + std::log(std::max(count, 1)); }

int CountOf(const std::string& text) {
  int count = 1;
  return absl::SimpleAtoi(text, &count) ? count : 1;
}

std::string Number(float value) {
  char text[16];
  std::snprintf(text, sizeof(text), "%.3f", static_cast<double>(value));
  return text;
}

void Print(const char* table, const EditCosts& costs) {
  const auto row = [&](const char* kind, char key, const auto& values) {
    std::cout << table << '\t' << kind << '\t' << key << '\t';
    for (size_t i = 0; i < values.size(); ++i)
      std::cout << (i == 0 ? "" : " ") << Number(values[i]);
    std::cout << '\n';
  };
  for (size_t x = 0; x < kSymbols; ++x)
    row("substitute", kPhoneticSymbols[x], costs.substitute[x]);
  for (size_t place = 0; place < kPlaces; ++place) {
    const char key = static_cast<char>('0' + place);
    row("gap_first", key, costs.gap_first[place]);
    row("gap_second", key, costs.gap_second[place]);
  }
}

class Learner {
 public:
  Learner(std::string folder, bool half)
      : folder_(std::move(folder)), half_(half) {}

  void Run() {
    std::cout
        << "# Made by passerelle-learn-name-costs from Wikidata's tokens (CC0),"
           "\n# Google's ar2en pairs (Apache-2.0) and the GFF Data Archive, "
           "Ge'ez\n# Frontier Foundation (CC BY-SA 4.0): numbers learnt from "
           "them, no entry of\n# theirs. Costs of turning one sound into "
           "another; columns are the symbols\n# "
        << kPhoneticSymbols
        << "\n# table\tkind\tsymbol, or place of a gap (0 first, 1 inside, 2 "
           "last)\tcosts\n";
    Print("latin-latin", LearnCosts(LatinVariants(), true));
    const std::vector<SoundPair> pairs = LatinArabic();
    const EditCosts arabic = LearnCosts(pairs, false);
    Print("latin-arabic", arabic);
    Print("latin-ethiopic", LearnCosts(LatinEthiopic(), false));
    Print("arabic-arabic", LearnCosts(ArabicVariants(pairs, arabic), true));
  }

 private:
  bool Keep() { return !half_ || ++seen_ % 2 == 0; }

  std::vector<SoundPair> LatinVariants() {
    std::vector<SoundPair> pairs;
    for (const auto& line :
         ReadTabs(folder_ + "/wd_arabic/latin_variant_groups_dev.tsv")) {
      if (line.size() < 2 || line[0] == "arabic" || !Keep()) continue;
      std::vector<std::pair<std::string, int>> variants;
      for (const absl::string_view entry : absl::StrSplit(line[1], ' ')) {
        const std::vector<std::string> parts = absl::StrSplit(entry, ':');
        if (parts.size() == 2)
          variants.emplace_back(sounds_.Of(parts[0]), CountOf(parts[1]));
      }
      for (size_t i = 0; i < variants.size(); ++i) {
        for (size_t j = 0; j < i; ++j) {
          pairs.push_back(
              {variants[i].first, variants[j].first,
               WeightOf(std::min(variants[i].second, variants[j].second))});
        }
      }
    }
    return pairs;
  }

  std::vector<SoundPair> LatinArabic() {
    std::vector<SoundPair> pairs;
    for (const auto& line :
         ReadTabs(folder_ + "/wd_arabic/ar_en_tokens_dev.tsv")) {
      if (line.size() < 3 || line[0] == "latin" || !Keep()) continue;
      pairs.push_back({sounds_.Of(line[0]), sounds_.Of(line[1]),
                       WeightOf(CountOf(line[2]))});
    }
    for (const char* file : {"ar2en-train.txt", "ar2en-eval.txt"}) {
      for (const auto& line : ReadTabs(folder_ + "/google_ar2en/" + file)) {
        if (line.size() < 2 || !Keep()) continue;
        pairs.push_back({sounds_.Of(line[1]), sounds_.Of(line[0]), 1});
      }
    }
    return pairs;
  }

  std::vector<SoundPair> LatinEthiopic() {
    std::vector<SoundPair> pairs;
    const LetterFolder folder;
    for (const auto& line : ReadTabs(
             folder_ + "/amharic/BA-SingleNames-without-heldout-tokens.txt")) {
      if (line.size() < 2 || !Keep()) continue;
      const std::string ethiopic = sounds_.Of(line[0]);
      pairs.push_back({sounds_.Of(line[1]), ethiopic, 1});
      // As people write it: without the marks of scholars.
      std::string plain;
      for (const Word& word : folder.Words(line[1], 8)) plain += word.text;
      pairs.push_back({sounds_.Of(plain), ethiopic, 1});
    }
    return pairs;
  }

  // Arabic spellings of names that sound alike in Latin letters. Mining puts
  // words together that only stood in one name: those that do not sound like
  // the Latin are left out.
  std::vector<SoundPair> ArabicVariants(const std::vector<SoundPair>& known,
                                        const EditCosts& latin_arabic) {
    std::map<std::string, std::map<std::string, double>> by_latin;
    for (const SoundPair& pair : known) {
      const float whole = (latin_arabic.DeletionFirst(pair.first) +
                           latin_arabic.DeletionSecond(pair.second)) /
                          2;
      if (latin_arabic.Distance(pair.first, pair.second) <=
          kAlike * std::max(1.0F, whole))
        by_latin[pair.first][pair.second] += pair.weight;
    }
    std::vector<SoundPair> pairs;
    for (const auto& [latin, variants] : by_latin) {
      for (auto i = variants.begin(); i != variants.end(); ++i)
        for (auto j = variants.begin(); j != i; ++j)
          pairs.push_back({i->first, j->first, std::min(i->second, j->second)});
    }
    return pairs;
  }

  const std::string folder_;
  const bool half_;
  Sounds sounds_;
  size_t seen_ = 0;
};

}  // namespace
}  // namespace passerelle::matching

int main(int argc, char** argv) {
  CLI::App app("Learns the costs of name similarity from pairs of spellings");
  std::string folder;
  bool half = false;
  app.add_option("folder", folder, "Folder of the development data")
      ->required();
  app.add_flag("--half", half, "Learn from every second pair");
  CLI11_PARSE(app, argc, argv);
  passerelle::matching::Learner(folder, half).Run();
  return 0;
}
