#include "server/matching/link/column_map.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/file_reader.h"
#include "common/status_macros.h"
#include "server/matching/link/birth_date.h"
#include "toml++/toml.h"

namespace passerelle::link {
namespace {

constexpr size_t kMaxFileBytes = 64 << 10;
constexpr size_t kMaxNames = 32;  // columns of one role

constexpr std::array<const char*, kRoleCount> kRoleNames = {
    "id",         "given",         "family",     "full_name", "birth_date",
    "birth_year", "sex",           "place",      "postcode",  "address",
    "phone",      "identifier",    "occupation", "mother",    "father",
    "spouse",     "known_distinct"};

absl::string_view ToAbsl(std::string_view text) {
  return absl::string_view(text.data(), text.size());
}

// Reads one mapping file and stops at the first problem.
class Loader {
 public:
  Loader(absl::string_view path, ColumnMap* map) : map_(*map) {
    map_.path = std::string(path);
  }

  absl::Status Load(const toml::table& root) {
    for (const auto& [key, node] : root) {
      const absl::string_view name = ToAbsl(key.str());
      const toml::table* table = node.as_table();
      if (table == nullptr || (name != "columns" && name != "formats")) {
        return Wrong(node, name, "only [columns] and [formats] are known");
      }
      PASSERELLE_RETURN_IF_ERROR(name == "columns" ? LoadColumns(*table)
                                                   : LoadFormats(*table));
    }
    if (map_[Role::kId].empty()) {
      return Wrong(root, "columns.id", "must name the column of the id");
    }
    if (map_[Role::kGiven].empty() && map_[Role::kFamily].empty() &&
        map_[Role::kFullName].empty()) {
      return Wrong(root, "columns",
                   "must name a column for given, family or full_name");
    }
    return absl::OkStatus();
  }

 private:
  absl::Status LoadColumns(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const absl::string_view name = ToAbsl(key.str());
      const auto* found = std::find(kRoleNames.begin(), kRoleNames.end(), name);
      if (found == kRoleNames.end()) {
        return Wrong(node, name,
                     absl::StrCat("no such role; roles are ",
                                  absl::StrJoin(kRoleNames, ", ")));
      }
      PASSERELLE_RETURN_IF_ERROR(ReadTexts(
          node, name,
          &map_.columns[static_cast<size_t>(found - kRoleNames.begin())]));
    }
    return absl::OkStatus();
  }

  absl::Status LoadFormats(const toml::table& table) {
    for (const auto& [key, node] : table) {
      const absl::string_view name = ToAbsl(key.str());
      std::vector<std::string> texts;
      PASSERELLE_RETURN_IF_ERROR(ReadTexts(node, name, &texts));
      if (name == "birth_date") {
        for (const std::string& format : texts) {
          if (!DateFormat::Parse(format).has_value()) {
            return Wrong(node, name,
                         absl::StrCat("\"", format,
                                      "\" is no date format: %Y "
                                      "or %y, %m, %b, %d and plain text"));
          }
        }
        map_.birth_date_formats = std::move(texts);
      } else if (name == "encoding" && texts.size() == 1) {
        map_.csv.encoding = texts[0];
      } else if (name == "delimiter" && texts.size() == 1) {
        if (texts[0] == "tab") texts[0] = "\t";
        if (texts[0].size() != 1 || texts[0][0] < 0 || texts[0] == "\"" ||
            texts[0] == "\n" || texts[0] == "\r") {
          return Wrong(node, name, "must be one character, or \"tab\"");
        }
        map_.csv.delimiter = texts[0][0];
      } else {
        return Wrong(node, name,
                     "formats are birth_date, encoding and delimiter");
      }
    }
    return absl::OkStatus();
  }

  // A text, or a list of texts.
  absl::Status ReadTexts(const toml::node& node, absl::string_view name,
                         std::vector<std::string>* texts) {
    std::vector<const toml::node*> nodes;
    if (const toml::array* array = node.as_array()) {
      for (const toml::node& entry : *array) nodes.push_back(&entry);
    } else {
      nodes.push_back(&node);
    }
    if (nodes.size() > kMaxNames) {
      return Wrong(node, name, absl::StrCat("more than ", kMaxNames));
    }
    for (const toml::node* entry : nodes) {
      const auto* text = entry->as_string();
      if (text == nullptr || text->get().empty()) {
        return Wrong(*entry, name, "must be a text or a list of texts");
      }
      if (std::find(texts->begin(), texts->end(), text->get()) !=
          texts->end()) {
        return Wrong(*entry, name,
                     absl::StrCat("\"", text->get(), "\" is there twice"));
      }
      texts->push_back(text->get());
    }
    return absl::OkStatus();
  }

  absl::Status Wrong(const toml::node& node, absl::string_view name,
                     absl::string_view what) const {
    return Problem(Reason::kMap,
                   {map_.path, node.source().begin.line, std::string(name)},
                   what);
  }

  ColumnMap& map_;
};

bool Has(const CsvReader& table, const std::string& name) {
  return std::find(table.header().begin(), table.header().end(), name) !=
         table.header().end();
}

absl::Status Missing(const CsvReader& table, absl::string_view name) {
  return Problem(Reason::kMissingColumn, {table.path(), 1, std::string(name)},
                 absl::StrCat("no such column; the header has ",
                              absl::StrJoin(table.header(), ", ")));
}

}  // namespace

absl::string_view RoleName(Role role) {
  return kRoleNames[static_cast<size_t>(role)];
}

absl::StatusOr<ColumnMap> ParseColumnMap(absl::string_view text,
                                         const std::string& path) {
  toml::table root;
  try {
    root = toml::parse(std::string_view(text.data(), text.size()),
                       std::string_view(path));
  } catch (const toml::parse_error& error) {
    return Problem(Reason::kMap, {path, error.source().begin.line, ""},
                   ToAbsl(error.description()));
  }
  ColumnMap map;
  PASSERELLE_RETURN_IF_ERROR(Loader(path, &map).Load(root));
  return map;
}

absl::StatusOr<ColumnMap> LoadColumnMap(const std::string& path) {
  absl::StatusOr<std::string> text =
      ReadSmallFile(path, FilePrivacy::kAny, kMaxFileBytes);
  if (text.status().code() == absl::StatusCode::kInvalidArgument) {
    return Problem(Reason::kMap, {path, 0, ""}, text.status().message());
  }
  if (!text.ok()) return text.status();
  return ParseColumnMap(*text, path);
}

absl::StatusOr<Columns> FindColumns(const ColumnMap& map,
                                    const CsvReader& table, Absent absent) {
  Columns columns;
  for (size_t role = 0; role < kRoleCount; ++role) {
    const bool is_id = role == static_cast<size_t>(Role::kId);
    for (const std::string& name : map.columns[role]) {
      PASSERELLE_ASSIGN_OR_RETURN(const std::optional<size_t> column,
                                  table.Find(name));
      if (column.has_value()) {
        columns.at[role].push_back(*column);
        if (is_id) break;
      } else if (absent == Absent::kForbidden && !is_id) {
        return Missing(table, name);
      }
    }
  }
  if (columns[Role::kId].empty()) {
    return Missing(table, absl::StrJoin(map[Role::kId], ", "));
  }
  if (columns[Role::kGiven].empty() && columns[Role::kFamily].empty() &&
      columns[Role::kFullName].empty()) {
    std::vector<std::string> names = map[Role::kGiven];
    for (const Role role : {Role::kFamily, Role::kFullName}) {
      names.insert(names.end(), map[role].begin(), map[role].end());
    }
    return Missing(table, absl::StrJoin(names, ", "));
  }
  return columns;
}

absl::Status CheckInEither(const ColumnMap& map, const CsvReader& a,
                           const CsvReader& b) {
  for (const std::vector<std::string>& names : map.columns) {
    for (const std::string& name : names) {
      if (!Has(a, name) && !Has(b, name)) return Missing(a, name);
    }
  }
  return absl::OkStatus();
}

}  // namespace passerelle::link
