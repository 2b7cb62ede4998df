#include "tests/bench/linkage/table.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"

namespace passerelle::bench {
namespace {

std::string ReadAll(const std::string& path) {
  // Compressed as delivered; read through the tool every system has.
  if (path.size() > 3 && path.substr(path.size() - 3) == ".gz") {
    std::string text;
    FILE* const pipe =
        popen(absl::StrCat("gzip -dc '", path, "'").c_str(), "r");
    if (pipe == nullptr) return text;
    char buffer[1 << 16];
    for (size_t n; (n = fread(buffer, 1, sizeof(buffer), pipe)) > 0;)
      text.append(buffer, n);
    pclose(pipe);
    return text;
  }
  std::ifstream file(path, std::ios::binary);
  if (!file) {
    std::cerr << "cannot read " << path << "\n";
    std::exit(1);
  }
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace

CsvFile::CsvFile(const std::string& path) {
  const std::string text = ReadAll(path);
  std::vector<std::string> row;
  std::string field;
  bool quoted = false;
  const auto end_field = [&] {
    row.emplace_back(absl::StripAsciiWhitespace(field));
    field.clear();
  };
  const auto end_row = [&] {
    end_field();
    if (columns_.empty()) {
      columns_ = std::move(row);
    } else if (row.size() > 1 || !row[0].empty()) {
      rows_.push_back(std::move(row));
    }
    row.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c != '"') {
        field += c;
      } else if (i + 1 < text.size() && text[i + 1] == '"') {
        field += text[++i];
      } else {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == ',') {
      end_field();
    } else if (c == '\n') {
      end_row();
    } else if (c != '\r') {
      field += c;
    }
  }
  if (!field.empty() || !row.empty()) end_row();
}

absl::string_view CsvFile::at(size_t row, absl::string_view column) const {
  const auto it = std::find(columns_.begin(), columns_.end(), column);
  const auto index = static_cast<size_t>(it - columns_.begin());
  return index < rows_[row].size() ? rows_[row][index] : absl::string_view();
}

std::vector<std::vector<std::string>> ReadTabs(const std::string& path) {
  std::vector<std::vector<std::string>> lines;
  const std::string text = ReadAll(path);
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!line.empty() && line[0] != '#')
      lines.push_back(absl::StrSplit(line, '\t'));
  }
  return lines;
}

void Report::AtLeast(absl::string_view data, absl::string_view metric,
                     absl::string_view peer, double target, double value) {
  figures_.push_back({std::string(data), std::string(metric), std::string(peer),
                      absl::StrFormat("≥ %.3f", target),
                      absl::StrFormat("%.4f", value), value >= target});
}

void Report::AtMost(absl::string_view data, absl::string_view metric,
                    absl::string_view peer, double target, double value,
                    absl::string_view unit) {
  figures_.push_back({std::string(data), std::string(metric), std::string(peer),
                      absl::StrFormat("≤ %g%s", target, unit),
                      absl::StrFormat("%.3g%s", value, unit), value <= target});
}

void Report::Note(absl::string_view data, absl::string_view metric,
                  absl::string_view peer, absl::string_view value) {
  figures_.push_back({std::string(data), std::string(metric), std::string(peer),
                      "", std::string(value), true});
}

void Report::Print() const {
  std::printf("| Data | Metric | Best peer | Target | Here | |\n");
  std::printf("|---|---|--:|--:|--:|---|\n");
  for (const Figure& f : figures_) {
    std::printf("| %s | %s | %s | %s | %s | %s |\n", f.data.c_str(),
                f.metric.c_str(), f.peer.c_str(), f.target.c_str(),
                f.value.c_str(),
                f.target.empty() ? ""
                : f.met          ? "met"
                                 : "**missed**");
  }
}

double AreaUnderCurve(std::vector<double> positives,
                      std::vector<double> negatives) {
  std::sort(negatives.begin(), negatives.end());
  double sum = 0;
  for (const double score : positives) {
    const auto low =
        std::lower_bound(negatives.begin(), negatives.end(), score);
    const auto high =
        std::upper_bound(negatives.begin(), negatives.end(), score);
    sum += static_cast<double>((low - negatives.begin()) +
                               (high - negatives.begin())) /
           2;
  }
  return sum / static_cast<double>(positives.size()) /
         static_cast<double>(negatives.size());
}

}  // namespace passerelle::bench
