#include "tests/access/expected.h"

#include <toml++/toml.h>

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace passerelle::testing {
namespace {

[[noreturn]] void Die(absl::string_view what, absl::string_view where) {
  std::fprintf(stderr, "expected.toml: %s: %s\n", std::string(what).c_str(),
               std::string(where).c_str());
  std::abort();
}

std::vector<std::string> Split(absl::string_view text) {
  return absl::StrSplit(text, absl::ByAnyChar(" \n"), absl::SkipEmpty());
}

std::vector<std::string> List(const toml::table& table, const char* key) {
  std::vector<std::string> lines;
  if (const toml::array* array = table[key].as_array()) {
    for (const auto& item : *array) {
      lines.push_back(item.value<std::string>().value());
    }
  }
  return lines;
}

std::string Text(const toml::table& table, const char* key) {
  return table[key].value_or(std::string());
}

// `a b: c d` as its two sides.
std::pair<std::string, std::string> Line(const std::string& line) {
  if (!absl::StrContains(line, ": ")) Die("no colon", line);
  return absl::StrSplit(line, absl::MaxSplits(": ", 1));
}

void RequireKnown(const toml::table& table, const std::set<std::string>& keys) {
  for (const auto& [key, value] : table) {
    if (!keys.contains(std::string(key.str())))
      Die("unknown key", std::string(key.str()));
  }
}

}  // namespace

std::set<std::string> Expected::Words(absl::string_view text) const {
  std::set<std::string> words;
  for (const std::string& word : Split(text)) {
    const auto group = groups_.find(word);
    if (group != groups_.end()) {
      words.merge(Words(group->second));
    } else if (role_names_.contains(word)) {
      words.insert(word);
    } else {
      Die("unknown role", word);
    }
  }
  return words;
}

const Expected& Expected::Get() {
  static const auto* const page = [] {
    auto* made = new Expected();
    toml::table text;
    try {
      text = toml::parse_file(PASSERELLE_ACCESS_EXPECTED);
    } catch (const toml::parse_error& error) {
      Die(std::string(error.description()),
          absl::StrCat("line ", error.source().begin.line));
    }
    for (const auto& [code, name] : *text["roles"].as_table()) {
      made->roles_.emplace_back(code.str());
      made->role_names_[std::string(code.str())] =
          name.value<std::string>().value();
    }
    made->roles_.emplace_back("-");
    made->role_names_["-"] = "";
    for (const auto& [name, members] : *text["groups"].as_table()) {
      made->groups_[std::string(name.str())] =
          members.value<std::string>().value();
    }
    for (const auto& [block, resources] : *text["blocks"].as_table()) {
      made->blocks_.emplace(block.str());
      for (const auto& [resource, paths] : *resources.as_table()) {
        for (const std::string& path :
             Split(paths.value<std::string>().value())) {
          auto& kept = made->fields_[std::string(resource.str())][path];
          if (!kept.empty()) Die("in two blocks", path);
          kept = std::string(block.str());
        }
      }
    }
    for (const auto& [kind, codes] : *text["vulnerabilities"].as_table()) {
      for (const std::string& code :
           Split(codes.value<std::string>().value())) {
        const std::string path = absl::StrCat("vulnerabilities/", code);
        made->fields_["Person"][path] = made->fields_["Person"].at(
            "vulnerabilities/" + std::string(kind.str()));
      }
    }
    for (const auto& item : *text["situation"].as_array()) {
      const toml::table& table = *item.as_table();
      RequireKnown(table, {"name", "mission", "column", "sent", "retroactive",
                           "handed_over", "share", "grant", "mode", "classes",
                           "grant_is", "share_grant", "consents", "flag",
                           "travel_in_days", "see", "like", "source"});
      Situation one;
      one.name = Text(table, "name");
      if (Text(table, "source").empty()) Die("no source", one.name);
      one.mission = Text(table, "mission");
      one.column = Text(table, "column");
      one.sent = table["sent"].value_or(true);
      one.retroactive = table["retroactive"].value_or(false);
      one.handed_over = table["handed_over"].value_or(false);
      one.share = Text(table, "share");
      one.grant = Text(table, "grant");
      one.mode = table["mode"].value_or(one.mode);
      one.classes = Text(table, "classes");
      one.grant_is = Text(table, "grant_is");
      one.share_grant = Text(table, "share_grant");
      one.consents = List(table, "consents");
      one.flag = Text(table, "flag");
      one.travel_in_days = table["travel_in_days"].value_or(1);
      for (const std::string& line : List(table, "see")) {
        const auto [roles, blocks] = Line(line);
        for (const std::string& block : Split(blocks)) {
          if (!made->blocks_.contains(block)) Die("unknown block", block);
          for (const std::string& role : made->Words(roles)) {
            one.see[role].insert(block);
          }
        }
      }
      const std::string like = Text(table, "like");
      for (const Situation& other : made->situations_) {
        if (other.name == like) one.see = other.see;
      }
      made->situations_.push_back(std::move(one));
    }
    for (const auto& item : *text["rpc"].as_array()) {
      const toml::table& table = *item.as_table();
      RequireKnown(table, {"names", "source", "permit", "beyond", "because"});
      const std::string names = Text(table, "names");
      if (Text(table, "source").empty()) Die("no source", names);
      std::vector<std::string> lines = List(table, "permit");
      const std::vector<std::string> beyond = List(table, "beyond");
      if (!beyond.empty() && Text(table, "because").empty()) {
        Die("does not say why", names);
      }
      lines.insert(lines.end(), beyond.begin(), beyond.end());
      for (const std::string& name : Split(names)) {
        if (!made->methods_.insert(name).second) Die("two rows", name);
        for (const std::string& line : lines) {
          const auto [columns, roles] = Line(line);
          for (const std::string& column : Split(columns)) {
            made->permits_[name][column].merge(made->Words(roles));
          }
        }
      }
    }
    for (const auto& item : *text["offer"].as_array()) {
      const toml::table& table = *item.as_table();
      const auto purposes = Split(Text(table, "purposes"));
      made->offers_.push_back(
          {Text(table, "mission"), {purposes.begin(), purposes.end()}});
    }
    // What nothing refers to says nothing.
    std::set<std::string> columns = {"any", "contributor", "mission",
                                     "partner"};
    for (const Situation& one : made->situations_) {
      columns.insert({one.column, one.mission});
    }
    for (const auto& [method, by_column] : made->permits_) {
      for (const auto& [column, roles] : by_column) {
        if (!columns.contains(column)) Die("unknown column", column);
      }
    }
    return made;
  }();
  return *page;
}

bool Expected::Permits(const std::string& method, const Situation& situation,
                       const std::string& role) const {
  const auto row = permits_.find(method);
  if (row == permits_.end()) return false;
  for (const auto& [column, roles] : row->second) {
    const bool fits =
        column == "any" || column == situation.column ||
        column == situation.mission ||
        (column == "contributor" && situation.mode == "CONTRIBUTE") ||
        (column == "mission" && absl::StartsWith(situation.mission, "iom-")) ||
        (column == "partner" && situation.mission != "platform");
    if (fits && roles.contains(role)) return true;
  }
  return false;
}

std::string Expected::BlockOf(const std::string& resource,
                              absl::string_view path) const {
  const auto paths = fields_.find(resource);
  if (paths == fields_.end()) return "";
  std::string at(path);
  while (true) {
    const auto found = paths->second.find(at);
    if (found != paths->second.end()) return found->second;
    const size_t dot = at.rfind('.');
    if (dot == std::string::npos) return "";
    at.resize(dot);
  }
}

}  // namespace passerelle::testing
