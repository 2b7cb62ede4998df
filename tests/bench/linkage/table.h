#ifndef PASSERELLE_TESTS_BENCH_LINKAGE_TABLE_H_
#define PASSERELLE_TESTS_BENCH_LINKAGE_TABLE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"

namespace passerelle::bench {

// Rows of a CSV file: first row the names of columns, quotes as RFC 4180,
// UTF-8, blanks around values trimmed. Exits with a message when the file is
// missing: this is a program for developers.
class CsvFile {
 public:
  explicit CsvFile(const std::string& path);

  size_t size() const { return rows_.size(); }
  // Empty when there is no such column.
  absl::string_view at(size_t row, absl::string_view column) const;

 private:
  std::vector<std::string> columns_;
  std::vector<std::vector<std::string>> rows_;
};

// Lines of a tab-separated file, without comments.
std::vector<std::vector<std::string>> ReadTabs(const std::string& path);

// One measured figure beside its target and the best other system.
struct Figure {
  std::string data;
  std::string metric;
  std::string peer;    // "Splink 0.745"
  std::string target;  // ">= 0.87"
  std::string value;
  bool met = false;
};

// Collects figures and prints them as a Markdown table.
class Report {
 public:
  void AtLeast(absl::string_view data, absl::string_view metric,
               absl::string_view peer, double target, double value);
  void AtMost(absl::string_view data, absl::string_view metric,
              absl::string_view peer, double target, double value,
              absl::string_view unit);
  // A figure without a target.
  void Note(absl::string_view data, absl::string_view metric,
            absl::string_view peer, absl::string_view value);
  void Print() const;

 private:
  std::vector<Figure> figures_;
};

// Chance that a positive scores above a negative, ties one half.
double AreaUnderCurve(std::vector<double> positives,
                      std::vector<double> negatives);

}  // namespace passerelle::bench

#endif  // PASSERELLE_TESTS_BENCH_LINKAGE_TABLE_H_
