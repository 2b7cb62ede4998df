#include "server/app/revocation.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "common/file_reader.h"
#include "common/log.h"
#include "common/status_macros.h"
#include "common/x509.h"

namespace passerelle::app {
namespace {

// 16 MiB hold some 200,000 entries, far beyond all missions together.
constexpr size_t kMaxBytes = size_t{16} << 20;

absl::StatusOr<std::string> Read(const std::string& path) {
  return ReadSmallFile(path, FilePrivacy::kAny, kMaxBytes);
}

}  // namespace

RevocationList::RevocationList(std::string path)
    : path_(std::move(path)), entries_(std::make_shared<Entries>()) {}

absl::StatusOr<std::unique_ptr<RevocationList>> RevocationList::Open(
    std::string path) {
  std::unique_ptr<RevocationList> list(new RevocationList(std::move(path)));
  if (list->path_.empty()) return list;
  PASSERELLE_ASSIGN_OR_RETURN(std::string text, Read(list->path_));
  PASSERELLE_ASSIGN_OR_RETURN(Entries entries, Parse(text));
  {
    MutexLock check(&list->check_mutex_);
    list->seen_ = std::move(text);
  }
  MutexLock lock(&list->mutex_);
  list->entries_ = std::make_shared<const Entries>(std::move(entries));
  return list;
}

absl::StatusOr<RevocationList::Entries> RevocationList::Parse(
    absl::string_view text) {
  Entries entries;
  int number = 0;
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    ++number;
    line = absl::StripAsciiWhitespace(line.substr(0, line.find('#')));
    if (line.empty()) continue;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(" \t"), absl::SkipEmpty());
    bool good = words.size() == 2;
    if (good && words[0] == "serial") {
      std::string serial = NormaliseSerial(words[1]);
      good = !serial.empty();
      entries.serials.insert(std::move(serial));
    } else if (good && words[0] == "uri") {
      good = absl::StartsWith(words[1], "spiffe://");
      entries.uris.insert(std::string(words[1]));
    } else if (good && words[0] == "mission") {
      entries.missions.insert(std::string(words[1]));
    } else {
      good = false;
    }
    if (!good) {
      return absl::InvalidArgumentError(absl::StrCat(
          "line ", number, " is not `serial`, `uri` or `mission` and a value"));
    }
  }
  return entries;
}

bool RevocationList::IsRevoked(const PeerIdentity& peer) const {
  std::shared_ptr<const Entries> entries;
  {
    MutexLock lock(&mutex_);
    entries = entries_;
  }
  return entries->missions.contains(peer.mission) ||
         entries->serials.contains(peer.serial) ||
         entries->uris.contains(peer.uri);
}

void RevocationList::CheckNow() {
  if (path_.empty()) return;
  MutexLock check(&check_mutex_);
  absl::StatusOr<std::string> text = Read(path_);
  if (text.ok() && *text == seen_) {
    alarmed_.clear();
    return;
  }
  absl::StatusOr<Entries> entries =
      text.ok() ? Parse(*text) : absl::StatusOr<Entries>(text.status());
  if (!entries.ok()) {
    // The error stands for an unreadable file's content.
    std::string bad = text.ok() ? *text : text.status().ToString();
    if (bad == alarmed_) return;
    alarmed_ = std::move(bad);
    {
      MutexLock lock(&mutex_);
      ++rejected_;
    }
    Log(LogLevel::kError, "revocation_list_rejected",
        {{"path", path_}, {"reason", std::string(entries.status().message())}});
    return;
  }
  const auto count =
      static_cast<int64_t>(entries->serials.size() + entries->uris.size() +
                           entries->missions.size());
  seen_ = *std::move(text);
  alarmed_.clear();
  {
    MutexLock lock(&mutex_);
    entries_ = std::make_shared<const Entries>(*std::move(entries));
    ++reloads_;
  }
  Log(LogLevel::kInfo, "revocation_list_loaded",
      {{"path", path_}, {"entries", count}});
  if (listener_) listener_();
}

void RevocationList::OnChange(std::function<void()> listener) {
  MutexLock check(&check_mutex_);
  listener_ = std::move(listener);
}

int64_t RevocationList::reloads() const {
  MutexLock lock(&mutex_);
  return reloads_;
}

int64_t RevocationList::rejected() const {
  MutexLock lock(&mutex_);
  return rejected_;
}

}  // namespace passerelle::app
