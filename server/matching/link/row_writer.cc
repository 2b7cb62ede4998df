#include "server/matching/link/row_writer.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "common/status_macros.h"

namespace passerelle::link {
namespace {

using Json = nlohmann::ordered_json;

std::string Text(absl::string_view text) { return std::string(text); }

class CsvRowWriter : public RowWriter {
 public:
  CsvRowWriter(std::unique_ptr<OutputFile> file,
               std::vector<std::string> columns)
      : RowWriter(std::move(file), std::move(columns)) {
    const std::vector<Value> header(columns_.begin(), columns_.end());
    Row(header);
  }

  void Row(std::span<const Value> values) override {
    std::string line;
    for (const Value& value : values) {
      if (&value != values.data()) line.push_back(',');
      if (const auto* text = std::get_if<std::string>(&value)) {
        line += CsvField(*text);
      } else if (const auto* number = std::get_if<uint64_t>(&value)) {
        absl::StrAppend(&line, *number);
      } else {
        absl::StrAppendFormat(&line, "%.6f", std::get<Real>(value).value);
      }
    }
    line.push_back('\n');
    file_->Write(line);
  }
  void Row(std::span<const Value> values, const matching::Explanation&,
           const matching::Model&) override {
    Row(values);
  }
  bool explains() const override { return false; }
};

Json ToJson(const matching::Explanation& explanation,
            const matching::Model& model) {
  Json contributions = Json::array();
  for (const matching::Contribution& part : explanation.contributions) {
    const auto& table = model.levels[static_cast<size_t>(part.comparison)];
    const auto level = static_cast<size_t>(part.level);
    contributions.push_back(
        {{"comparison", Text(matching::ComparisonName(part.comparison))},
         {"level", part.level},
         {"level_name", Text(part.level_name())},
         {"value_a", part.value_a},
         {"value_b", part.value_b},
         {"m", part.m},
         {"u", part.share > 0 ? part.share : table.u.at(level)},
         {"share", part.share},
         {"weight", part.weight}});
  }
  Json missing = Json::array();
  for (const matching::Comparison comparison : explanation.missing) {
    missing.push_back(Text(matching::ComparisonName(comparison)));
  }
  Json json = {{"model", explanation.model_version},
               {"prior", explanation.prior},
               {"contributions", std::move(contributions)},
               {"missing", std::move(missing)},
               {"weight", explanation.weight},
               {"cap", explanation.cap},
               {"probability", explanation.probability}};
  if (!explanation.via.empty()) {
    json["via"] = explanation.via;
    json["via_weight"] = explanation.via_weight;
  }
  return json;
}

class JsonRowWriter : public RowWriter {
 public:
  JsonRowWriter(std::unique_ptr<OutputFile> file,
                std::vector<std::string> columns)
      : RowWriter(std::move(file), std::move(columns)) {}

  void Row(std::span<const Value> values) override { Write(Object(values)); }
  void Row(std::span<const Value> values,
           const matching::Explanation& explanation,
           const matching::Model& model) override {
    Json object = Object(values);
    object["explanation"] = ToJson(explanation, model);
    Write(object);
  }
  bool explains() const override { return true; }

 private:
  Json Object(std::span<const Value> values) const {
    Json object = Json::object();
    for (size_t i = 0; i < values.size(); ++i) {
      if (const auto* text = std::get_if<std::string>(&values[i])) {
        object[columns_[i]] = *text;
      } else if (const auto* number = std::get_if<uint64_t>(&values[i])) {
        object[columns_[i]] = *number;
      } else {
        object[columns_[i]] = std::get<Real>(values[i]).value;
      }
    }
    return object;
  }
  void Write(const Json& object) {
    // Ids come out of text that was checked; a folded value might not be.
    const std::string line =
        object.dump(-1, ' ', false, Json::error_handler_t::replace);
    file_->Write(line);
    file_->Write("\n");
  }
};

}  // namespace

std::string CsvField(absl::string_view value) {
  const bool spaced =
      !value.empty() && (value.front() == ' ' || value.back() == ' ');
  if (!spaced && value.find_first_of(",;\t\"\r\n") == absl::string_view::npos) {
    return std::string(value);
  }
  return absl::StrCat("\"", absl::StrReplaceAll(value, {{"\"", "\"\""}}), "\"");
}

bool IsJsonLines(absl::string_view path) {
  return absl::EndsWithIgnoreCase(path, ".jsonl") ||
         absl::EndsWithIgnoreCase(path, ".ndjson");
}

absl::StatusOr<std::unique_ptr<RowWriter>> RowWriter::Open(
    const std::string& path, std::vector<std::string> columns) {
  PASSERELLE_ASSIGN_OR_RETURN(std::unique_ptr<OutputFile> file,
                              OutputFile::Open(path));
  std::unique_ptr<RowWriter> writer;
  if (IsJsonLines(path)) {
    writer =
        std::make_unique<JsonRowWriter>(std::move(file), std::move(columns));
  } else {
    writer =
        std::make_unique<CsvRowWriter>(std::move(file), std::move(columns));
  }
  return writer;
}

}  // namespace passerelle::link
