#include "clients/cpp/profile.h"

#include <toml++/toml.h>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "clients/cpp/errors.h"
#include "common/status_macros.h"

namespace passerelle::client {
namespace {

std::string Home() {
  const char* home = std::getenv("HOME");
  return home == nullptr ? std::string() : std::string(home);
}

std::string ResolvePath(const std::filesystem::path& folder,
                        const std::string& path) {
  if (path.empty()) return path;
  if (path.rfind("~/", 0) == 0) return Home() + path.substr(1);
  return (folder / path).lexically_normal().string();
}

absl::StatusOr<Profile> ReadTable(const std::string& path,
                                  const std::string& name,
                                  const toml::table& table) {
  Profile profile;
  profile.name = name;
  const std::map<std::string, std::string*> known = {
      {"address", &profile.address},
      {"certificate", &profile.certificate},
      {"key", &profile.key},
      {"ca", &profile.ca},
      {"officer", &profile.officer},
      {"trust_domain", &profile.trust_domain},
      {"server_name", &profile.server_name},
      {"checkpoint_file", &profile.checkpoint_file},
      {"document_keys", &profile.document_keys},
      {"platform_key", &profile.platform_key}};
  std::vector<std::string> problems;
  for (const auto& [key, node] : table) {
    const std::string word(key.str());
    const auto field = known.find(word);
    if (field == known.end()) {
      problems.push_back(absl::StrCat("unknown key \"", word, "\""));
    } else if (const auto value = node.value_exact<std::string>()) {
      *field->second = *value;
    } else {
      problems.push_back(absl::StrCat("\"", word, "\" is not a string"));
    }
  }
  for (const char* needed : {"address", "certificate", "key", "ca"}) {
    if (known.at(needed)->empty() && !table.contains(needed)) {
      problems.push_back(absl::StrCat("\"", needed, "\" is missing"));
    }
  }
  if (!problems.empty()) {
    return ProfileInvalid(absl::StrCat(path, ", profile \"", name,
                                       "\": ", absl::StrJoin(problems, "; ")));
  }
  const std::filesystem::path folder =
      std::filesystem::path(path).parent_path();
  profile.certificate = ResolvePath(folder, profile.certificate);
  profile.key = ResolvePath(folder, profile.key);
  profile.ca = ResolvePath(folder, profile.ca);
  profile.checkpoint_file = ResolvePath(folder, profile.checkpoint_file);
  profile.document_keys = ResolvePath(folder, profile.document_keys);
  return profile;
}

absl::StatusOr<toml::table> ParseFile(const std::string& path) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) {
    return ProfileInvalid(absl::StrCat(
        path, " does not exist or is not a file; write your profile there or ",
        "give --address, --cert, --key and --ca"));
  }
  try {
    return toml::parse_file(path);
  } catch (const toml::parse_error& failure) {
    return ProfileInvalid(absl::StrCat(path, ", line ",
                                       failure.source().begin.line, ": ",
                                       std::string(failure.description())));
  } catch (const std::exception& failure) {
    return ProfileInvalid(absl::StrCat(path, ": ", failure.what()));
  }
}

}  // namespace

std::string DefaultProfilesPath() {
  const char* base = std::getenv("XDG_CONFIG_HOME");
  const std::string config = base != nullptr && *base != '\0'
                                 ? std::string(base)
                                 : Home() + "/.config";
  return config + "/passerelle/profiles.toml";
}

absl::StatusOr<Profile> LoadProfile(const std::string& path,
                                    absl::string_view name) {
  PASSERELLE_ASSIGN_OR_RETURN(const toml::table file, ParseFile(path));
  for (const auto& [key, node] : file) {
    if (key.str() == "profiles" && node.is_table()) continue;
    if (key.str() == "default_profile" && node.is_string()) continue;
    return ProfileInvalid(
        absl::StrCat(path, ": unknown key \"", std::string(key.str()), "\""));
  }
  const toml::table* profiles = file["profiles"].as_table();
  if (profiles == nullptr || profiles->empty()) {
    return ProfileInvalid(absl::StrCat(path, " holds no [profiles.NAME]"));
  }
  std::vector<std::string> names;
  for (const auto& [key, node] : *profiles) names.emplace_back(key.str());
  std::string wanted(name.data(), name.size());
  if (wanted.empty()) {
    wanted = file["default_profile"].value_or(std::string());
  }
  if (wanted.empty() && names.size() == 1) wanted = names.front();
  if (wanted.empty()) {
    return ProfileInvalid(absl::StrCat(
        path, " holds several profiles; choose one with ",
        "--profile or default_profile: ", absl::StrJoin(names, ", ")));
  }
  const toml::table* table = (*profiles)[wanted].as_table();
  if (table == nullptr) {
    return ProfileInvalid(absl::StrCat(path, " holds no profile \"", wanted,
                                       "\"; it holds ",
                                       absl::StrJoin(names, ", ")));
  }
  return ReadTable(path, wanted, *table);
}

}  // namespace passerelle::client
