#include "server/app/config.h"

#include <fstream>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/support/status_matchers.h"
#include "tests/support/temp_dir.h"

namespace passerelle::app {
namespace {

using ::passerelle::testing::IsOk;
using ::passerelle::testing::StatusIs;
using ::testing::ElementsAreArray;
using ::testing::HasSubstr;
using Row = std::tuple<std::string, std::string, std::string>;

std::string ReadSource(absl::string_view path) {
  std::ifstream in(absl::StrCat(PASSERELLE_SOURCE_DIR, "/", path));
  std::stringstream text;
  text << in.rdbuf();
  EXPECT_FALSE(text.str().empty()) << path;
  return text.str();
}

std::vector<Row> RowsOf(const ServerConfig& config) {
  std::vector<Row> rows;
  for (const ConfigOption& option : OptionsOf(config)) {
    rows.push_back({option.section, option.key, option.value});
  }
  return rows;
}

std::string Problems(absl::string_view text) {
  const auto config = ParseConfig(text, "server.toml");
  EXPECT_THAT(config, StatusIs(absl::StatusCode::kInvalidArgument));
  return std::string(config.status().message());
}

TEST(ConfigTest, AnEmptyFileGivesTheDefaults) {
  const auto config = ParseConfig("", "server.toml");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(RowsOf(*config), RowsOf(ServerConfig{}));
}

// Line by line, so that an option missing from the file shows as well.
TEST(ConfigTest, TheFullFileStatesEveryOptionWithItsDefault) {
  const std::string text = ReadSource("conf/server_full.toml");
  const auto config = ParseConfig(text, "server_full.toml");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(RowsOf(*config), RowsOf(ServerConfig{}));

  std::vector<Row> written;
  std::string section;
  for (const absl::string_view line : absl::StrSplit(text, '\n')) {
    if (absl::StartsWith(line, "[")) {
      section = std::string(line.substr(1, line.size() - 2));
    } else if (!line.empty() && line[0] != '#') {
      const std::vector<std::string> parts =
          absl::StrSplit(line, absl::MaxSplits(" = ", 1));
      ASSERT_EQ(parts.size(), 2u) << line;
      written.push_back({section, parts[0], parts[1]});
    }
  }
  EXPECT_THAT(written, ElementsAreArray(RowsOf(ServerConfig{})));
}

TEST(ConfigTest, TheDocumentationStatesEveryOptionWithItsDefault) {
  std::vector<Row> written;
  std::string section;
  const std::string page = ReadSource("docs/configuration.md");
  for (const absl::string_view line : absl::StrSplit(page, '\n')) {
    if (absl::StartsWith(line, "## [")) {
      section = std::string(line.substr(4, line.size() - 5));
    } else if (absl::StartsWith(line, "| `")) {
      const std::vector<std::string> parts = absl::StrSplit(line, '`');
      ASSERT_GE(parts.size(), 5u) << line;
      written.push_back({section, parts[1], parts[3]});
    }
  }
  EXPECT_THAT(written, ElementsAreArray(RowsOf(ServerConfig{})));
}

TEST(ConfigTest, ReportsEveryProblemAtOnceWithItsLine) {
  const std::string problems = Problems(
      "[listen]\n"
      "adress = \"::1\"\n"
      "port = 70000\n"
      "[limits]\n"
      "max_deadline = 300\n"
      "burst = \"many\"\n"
      "[log]\n"
      "level = \"loud\"\n"
      "[server]\n"
      "reflection = 1\n"
      "[tls]\n"
      "key = \"\"\n"
      "[storage]\n");
  EXPECT_THAT(problems, HasSubstr("server.toml:2: [listen] adress: unknown"));
  EXPECT_THAT(problems, HasSubstr("server.toml:3: [listen] port: must be"));
  EXPECT_THAT(problems, HasSubstr("server.toml:5: [limits] max_deadline"));
  EXPECT_THAT(problems, HasSubstr("server.toml:6: [limits] burst"));
  EXPECT_THAT(problems, HasSubstr("server.toml:8: [log] level"));
  EXPECT_THAT(problems, HasSubstr("server.toml:10: [server] reflection"));
  EXPECT_THAT(problems, HasSubstr("server.toml:12: [tls] key"));
  EXPECT_THAT(problems, HasSubstr("[storage] unknown section"));
}

TEST(ConfigTest, BoundsOfTwoOptionsAreComparedWithEachOther) {
  EXPECT_THAT(Problems("[limits]\ndefault_deadline = \"6m\"\n"),
              HasSubstr("default_deadline must not exceed"));
  EXPECT_THAT(Problems("[limits]\nconnections = 10\n"),
              HasSubstr("connections_per_source must not exceed"));
  EXPECT_THAT(Problems("[engine]\nmax_queue = 10\n"),
              HasSubstr("max_batch must not exceed"));
  EXPECT_THAT(
      Problems("[limits]\nmax_receive_bytes = 65536\nrequest_bytes = 100000\n"),
      HasSubstr("request_bytes must not exceed"));
}

TEST(ConfigTest, RefusesWhatIsNotToml) {
  EXPECT_THAT(Problems("[listen\nport = 1\n"), HasSubstr("server.toml:1"));
  EXPECT_THAT(Problems("listen = 3\n"), HasSubstr("must be a section"));
  EXPECT_THAT(Problems("[log]\nlevel = \"info\"\nlevel = \"info\"\n"),
              HasSubstr("server.toml:3"));
}

TEST(ConfigTest, ReadsEveryKindOfValue) {
  const auto config = ParseConfig(
      "[listen]\naddress = \"::\"\nport = 0\n"
      "[limits]\nwatch_duration = \"1h30m\"\n"
      "[log]\nlevel = \"error\"\n"
      "[server]\nreflection = true\n",
      "server.toml");
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->listen.address, "::");
  EXPECT_EQ(config->listen.port, 0);
  EXPECT_EQ(config->limits.watch_duration, absl::Minutes(90));
  EXPECT_EQ(config->log.level, LogLevel::kError);
  EXPECT_TRUE(config->server.reflection);
}

TEST(ConfigTest, DefaultsOfTheTransportAreItsOwn) {
  const ServerConfig config;
  const Listener::Options listener = config.ListenerOptions();
  const Listener::Options own;
  EXPECT_EQ(listener.address, own.address);
  EXPECT_EQ(listener.max_connections, own.max_connections);
  EXPECT_EQ(listener.max_connections_per_source,
            own.max_connections_per_source);
  EXPECT_EQ(listener.new_per_second_per_source, own.new_per_second_per_source);
  EXPECT_EQ(listener.new_burst_per_source, own.new_burst_per_source);
  EXPECT_EQ(config.TransportSettings().max_receive_message_bytes,
            ServerSettings{}.max_receive_message_bytes);
  EXPECT_EQ(config.DrainSettings().deadline, DrainOptions{}.deadline);
  EXPECT_EQ(config.TlsOptions().staging_dir, "/run/passerelle/tls");
}

TEST(ConfigTest, ReadsAFileAndNamesOneThatIsMissing) {
  const testing::TempDir dir;
  EXPECT_THAT(LoadConfig(dir.File("none.toml")),
              StatusIs(absl::StatusCode::kNotFound));
  std::ofstream(dir.File("server.toml")) << "[listen]\nport = 9000\n";
  const auto config = LoadConfig(dir.File("server.toml"));
  ASSERT_THAT(config, IsOk());
  EXPECT_EQ(config->listen.port, 9000);
}

}  // namespace
}  // namespace passerelle::app
