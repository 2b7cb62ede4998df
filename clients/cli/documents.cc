#include "clients/cli/documents.h"

#include <CLI/CLI.hpp>
#include <memory>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "absl/time/clock.h"
#include "clients/cli/errors.h"
#include "clients/cli/text.h"
#include "common/file_reader.h"
#include "common/status_macros.h"
#include "google/protobuf/util/json_util.h"

namespace passerelle::cli {
namespace {

namespace pb = ::passerelle::v1;

constexpr size_t kMaxKeyFile = 1 << 20;

// `missions/iom-ma` of `iom-ma` as well.
std::string MissionName(const std::string& word) {
  return absl::StartsWith(word, "missions/") ? word
                                             : absl::StrCat("missions/", word);
}

// Words of the command line for the values of ContentClass.
std::vector<std::string> ClassWords() {
  std::vector<std::string> words;
  const auto* values = pb::Document::ContentClass_descriptor();
  for (int i = 1; i < values->value_count(); ++i) {
    words.push_back(absl::AsciiStrToLower(values->value(i)->name()));
  }
  return words;
}

absl::Status Print(const google::protobuf::Message& message,
                   const std::string& line, const GlobalOptions& options,
                   Streams& streams) {
  if (options.output != "json") {
    streams.out << Harmless(line) << "\n";
    return absl::OkStatus();
  }
  std::string json;
  google::protobuf::util::JsonPrintOptions print;
  print.add_whitespace = true;
  if (!google::protobuf::util::MessageToJsonString(message, &json, print)
           .ok()) {
    return absl::InternalError("the answer cannot be written as JSON");
  }
  streams.out << json;
  return absl::OkStatus();
}

std::string KeyText(const age::Identity& identity) {
  return absl::StrCat(
      "# created: ",
      absl::FormatTime("%Y-%m-%dT%H:%M:%SZ", absl::Now(), absl::UTCTimeZone()),
      "\n# public key: ", identity.recipient().Text(), "\n", identity.Text(),
      "\n");
}

}  // namespace

// An open connection, and what signs and verifies.
struct DocumentCommands::Session {
  client::Profile profile;
  std::unique_ptr<client::Client> client;
  client::Authority authority;
  client::DocumentContext context;
};

DocumentCommands::DocumentCommands(CLI::App* document, CLI::App* document_get,
                                   CLI::App* document_key)
    : get_(document_get) {
  put_ = document->add_subcommand(
      "put",
      "Encrypts a file to missions and uploads it; run again, it goes on where "
      "it was cut");
  put_->add_option("file", file_, "File to send")->required();
  put_->add_option("--case", case_name_, "The returnee file: cases/{case}")
      ->required();
  put_->add_option("--to", receivers_,
                   "Missions to encrypt it to, separated by commas")
      ->delimiter(',')
      ->required();
  put_->add_option("--class", class_, "What it is about")
      ->check(CLI::IsMember(ClassWords()))
      ->required();
  put_->add_option("--consent", consents_,
                   "Consents on which the sending rests, separated by commas")
      ->delimiter(',');
  put_->add_option("--person", person_, "Person of the file it is about");
  put_->add_option("--media-type", media_type_, "E.g. application/pdf");

  get_->add_option("--out", out_,
                   "Fetch the content as well and decrypt it to this file; run "
                   "again, it goes on where it was cut");
  get_->add_option("--key-file", key_file_,
                   "Your private keys, instead of the profile's "
                   "document_keys");
  get_->add_flag("--overwrite", overwrite_, "Replace the file of --out");

  make_ = document_key->add_subcommand(
      "make", "Makes a private key to open documents with, on this machine");
  make_->add_option("--to", file_, "File to write")->required();
  make_->add_flag("--add", add_,
                  "Add it to the keys that the file holds, as the newest");
  publish_ = document_key->add_subcommand(
      "publish", "Signs and publishes the public part of the newest key");
  publish_->add_option("--key-file", key_file_,
                       "Your private keys, instead of the profile's "
                       "document_keys");
  publish_->add_option("--days", days_, "How long it is used")
      ->check(CLI::Range(1, 400))
      ->capture_default_str();
}

bool DocumentCommands::chosen() const {
  return put_->parsed() || make_->parsed() || publish_->parsed() ||
         (get_->parsed() && !out_.empty());
}

absl::Status DocumentCommands::Run(const GlobalOptions& options,
                                   CliEnvironment& environment) {
  if (make_->parsed()) return MakeKey(environment.streams);
  if (publish_->parsed()) return PublishKey(options, environment);
  return put_->parsed() ? Put(options, environment) : Get(options, environment);
}

absl::StatusOr<DocumentCommands::Session> DocumentCommands::Begin(
    const GlobalOptions& options, CliEnvironment& environment) const {
  Session session;
  PASSERELLE_ASSIGN_OR_RETURN(session.profile, ChooseProfile(options));
  PASSERELLE_ASSIGN_OR_RETURN(session.client,
                              environment.open(session.profile));
  PASSERELLE_ASSIGN_OR_RETURN(session.authority,
                              client::Authority::Load(session.profile));
  session.context.client = session.client.get();
  session.context.now = absl::Now();
  PASSERELLE_ASSIGN_OR_RETURN(
      session.context.call.deadline,
      ParsePositiveDuration("--deadline", options.deadline));
  if (environment.streams.progress) {
    session.context.progress = [&err = environment.streams.err](int done,
                                                                int all) {
      err << "\r" << done << " of " << all << " chunks"
          << (done == all ? "\n" : "") << std::flush;
    };
  }
  return session;
}

absl::StatusOr<std::vector<age::Identity>> DocumentCommands::ReadKeys(
    const std::string& from_profile) const {
  const std::string& path = key_file_.empty() ? from_profile : key_file_;
  if (path.empty()) {
    return UsageError(
        "no private keys: give --key-file, or document_keys in the profile");
  }
  const auto text = ReadSmallFile(path, FilePrivacy::kOwnerOnly, kMaxKeyFile);
  if (!text.ok()) return UsageError(text.status().message());
  auto keys = age::Identity::ParseFile(*text);
  if (!keys.ok()) {
    return UsageError(absl::StrCat(path, ": ", keys.status().message()));
  }
  return keys;
}

absl::Status DocumentCommands::Put(const GlobalOptions& options,
                                   CliEnvironment& environment) {
  PASSERELLE_ASSIGN_OR_RETURN(Session session, Begin(options, environment));
  session.context.authority = &session.authority;
  PASSERELLE_ASSIGN_OR_RETURN(const client::Signer signer,
                              client::Signer::Load(session.profile));
  client::Sending sending;
  sending.path = file_;
  sending.case_name = case_name_;
  sending.author = session.profile.officer;
  for (const std::string& receiver : receivers_) {
    sending.receivers.push_back(MissionName(receiver));
  }
  pb::Document::ContentClass_Parse(absl::AsciiStrToUpper(class_),
                                   &sending.content_class);
  sending.consents = consents_;
  sending.person = person_;
  sending.media_type = media_type_;
  PASSERELLE_ASSIGN_OR_RETURN(
      const pb::Document document,
      client::SendDocument(session.context, signer, sending));
  return Print(document, document.name(), options, environment.streams);
}

absl::Status DocumentCommands::Get(const GlobalOptions& options,
                                   CliEnvironment& environment) {
  const CLI::Option* name = get_->get_option_no_throw("NAME");
  if (name == nullptr || name->results().size() != 1) {
    return UsageError("the command line cannot be understood",
                      {{"NAME", "is missing"}});
  }
  PASSERELLE_ASSIGN_OR_RETURN(Session session, Begin(options, environment));
  session.context.authority = &session.authority;
  PASSERELLE_ASSIGN_OR_RETURN(const auto keys,
                              ReadKeys(session.profile.document_keys));
  PASSERELLE_ASSIGN_OR_RETURN(
      const pb::Document document,
      client::FetchDocument(
          session.context, name->results().front(), keys, out_,
          overwrite_ ? client::Existing::kReplace : client::Existing::kKeep));
  return Print(
      document,
      absl::StrCat(out_, ": sent by ", document.sender(),
                   document.author().empty() ? "" : ", ", document.author()),
      options, environment.streams);
}

absl::Status DocumentCommands::MakeKey(Streams& streams) const {
  std::string text;
  if (add_) {
    const auto before =
        ReadSmallFile(file_, FilePrivacy::kOwnerOnly, kMaxKeyFile);
    if (!before.ok()) return UsageError(before.status().message());
    if (const auto keys = age::Identity::ParseFile(*before); !keys.ok()) {
      return UsageError(absl::StrCat(file_, ": ", keys.status().message()));
    }
    text = absl::EndsWith(*before, "\n") ? *before : *before + "\n";
  }
  const age::Identity identity = age::Identity::Generate();
  PASSERELLE_RETURN_IF_ERROR(client::WritePrivateFile(
      file_, absl::StrCat(text, KeyText(identity)),
      add_ ? client::Existing::kReplace : client::Existing::kKeep));
  streams.out << identity.recipient().Text() << "\n";
  return absl::OkStatus();
}

absl::Status DocumentCommands::PublishKey(const GlobalOptions& options,
                                          CliEnvironment& environment) {
  PASSERELLE_ASSIGN_OR_RETURN(Session session, Begin(options, environment));
  session.context.authority = &session.authority;
  PASSERELLE_ASSIGN_OR_RETURN(const client::Signer signer,
                              client::Signer::Load(session.profile));
  PASSERELLE_ASSIGN_OR_RETURN(const auto keys,
                              ReadKeys(session.profile.document_keys));
  PASSERELLE_ASSIGN_OR_RETURN(
      const pb::DocumentKey key,
      client::PublishDocumentKey(session.context, signer,
                                 keys.back().recipient(),
                                 absl::Hours(24 * days_)));
  return Print(key, key.name(), options, environment.streams);
}

}  // namespace passerelle::cli
