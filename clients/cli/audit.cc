#include "clients/cli/audit.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "clients/cli/errors.h"
#include "clients/cli/text.h"
#include "clients/cpp/evidence.h"
#include "common/status_macros.h"
#include "google/protobuf/util/json_util.h"
#include "passerelle/v1/evidence.pb.h"

namespace passerelle::cli {
namespace {

namespace pb = ::passerelle::v1;
constexpr char kService[] = "passerelle.v1.EvidenceService/";

// A file that only its owner may read; never written over.
absl::Status WritePrivate(const std::string& path, const std::string& text) {
  const int file =
      open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) {
    return UsageError(absl::StrCat(path, ": ", strerror(errno)));
  }
  const absl::Cleanup close_file = [file] { close(file); };
  if (write(file, text.data(), text.size()) !=
          static_cast<ssize_t>(text.size()) ||
      fsync(file) != 0) {
    return UsageError(absl::StrCat(path, ": ", strerror(errno)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return UsageError(absl::StrCat(path, " cannot be read"));
  return std::string(std::istreambuf_iterator<char>(file), {});
}

absl::StatusOr<note::SignerKey> ReadWitnessKey(const std::string& path) {
  struct stat info {};
  if (stat(path.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
    return UsageError(
        absl::StrCat(path, ": others have permissions on it; chmod 600 it"));
  }
  PASSERELLE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  auto key = note::SignerKey::Parse(absl::StripAsciiWhitespace(text));
  if (!key.ok() || key->verifier().type() != note::KeyType::kCosigner) {
    return UsageError(absl::StrCat(path, " holds no key of a witness"));
  }
  return key;
}

client::Witness::Fetch FetchWith(client::Client& client,
                                 const client::CallOptions& options) {
  return [&client, options](const pb::GetConsistencyProofRequest& request,
                            pb::ConsistencyProof* proof) -> absl::Status {
    PASSERELLE_ASSIGN_OR_RETURN(
        *proof,
        client.Call<pb::ConsistencyProof>(
            absl::StrCat(kService, "GetConsistencyProof"), request, options));
    return absl::OkStatus();
  };
}

absl::StatusOr<client::CallOptions> CallOptionsOf(
    const GlobalOptions& options) {
  client::CallOptions call;
  PASSERELLE_ASSIGN_OR_RETURN(
      call.deadline, ParsePositiveDuration("--deadline", options.deadline));
  return call;
}

}  // namespace

// A platform whose journal was found to be what it was.
struct AuditCommands::Held {
  std::unique_ptr<client::Client> client;
  client::CallOptions call;
  client::KeptCheckpoint newest;
};

AuditCommands::AuditCommands(CLI::App* app) {
  audit_ = app->add_subcommand(
      "audit", "The platform's journal: checks, proofs, signatures");
  audit_->require_subcommand(1);
  const auto add_trust = [this](CLI::App* command) {
    command->add_option("--checkpoint-file", checkpoint_file_,
                        "Where the newest checkpoint is kept, instead of the "
                        "profile's checkpoint_file");
    command->add_option("--platform-key", platform_key_,
                        "The platform's key, instead of the profile's or of "
                        "the kept checkpoint's");
  };
  check_ = audit_->add_subcommand(
      "check",
      "Demands proof that the journal begins with the checkpoint kept, and "
      "keeps the newest");
  add_trust(check_);
  export_ = audit_->add_subcommand(
      "export", "Writes who saw a file, with proofs, for `audit verify`");
  export_->add_option("case", case_name_, "The file: cases/{case}")->required();
  export_->add_option("--to", file_, "File to write; must not exist")
      ->required();
  verify_ = audit_->add_subcommand(
      "verify", "Verifies what `audit export` wrote, without the platform");
  verify_->add_option("file", files_, "Files to verify")->required();
  add_trust(verify_);
  key_ = audit_->add_subcommand("key", "Makes a key to co-sign with");
  key_->add_option("name", key_name_,
                   "{trust domain}/missions/{mission}, e.g. "
                   "passerelle.example/missions/iom-ma")
      ->required();
  key_->add_option("--to", file_, "File to write; must not exist")->required();
  cosign_ = audit_->add_subcommand(
      "cosign", "Checks as `audit check` does, then co-signs the newest");
  add_trust(cosign_);
  cosign_
      ->add_option("--witness-key", witness_key_, "File that `audit key` wrote")
      ->required();
}

bool AuditCommands::chosen() const { return audit_->parsed(); }

absl::Status AuditCommands::Run(const GlobalOptions& options,
                                CliEnvironment& environment) {
  if (check_->parsed()) return Check(options, environment);
  if (export_->parsed()) return Export(options, environment);
  if (verify_->parsed()) return Verify(options, environment.streams);
  if (key_->parsed()) return MakeKey(environment.streams);
  return Cosign(options, environment);
}

absl::StatusOr<AuditCommands::Held> AuditCommands::Hold(
    const GlobalOptions& options, CliEnvironment& environment) const {
  PASSERELLE_ASSIGN_OR_RETURN(client::Profile profile, ChooseProfile(options));
  const std::string file =
      checkpoint_file_.empty() ? profile.checkpoint_file : checkpoint_file_;
  if (file.empty()) {
    return UsageError(
        "nowhere to keep the checkpoint: give --checkpoint-file, or "
        "checkpoint_file in the profile");
  }
  const client::Witness witness(
      file, platform_key_.empty() ? profile.platform_key : platform_key_);
  profile.checkpoint_file.clear();  // checked here, not by the client as well
  Held held;
  PASSERELLE_ASSIGN_OR_RETURN(held.call, CallOptionsOf(options));
  PASSERELLE_ASSIGN_OR_RETURN(held.client, environment.open(profile));
  PASSERELLE_ASSIGN_OR_RETURN(
      held.newest, witness.Check(FetchWith(*held.client, held.call)));
  return held;
}

absl::Status AuditCommands::Check(const GlobalOptions& options,
                                  CliEnvironment& environment) {
  PASSERELLE_ASSIGN_OR_RETURN(const Held held, Hold(options, environment));
  environment.streams.out << held.newest.text.tree_size << " lines, signed by "
                          << held.newest.key.Text() << "\n";
  return absl::OkStatus();
}

absl::Status AuditCommands::Export(const GlobalOptions& options,
                                   CliEnvironment& environment) {
  PASSERELLE_ASSIGN_OR_RETURN(const client::Profile profile,
                              ChooseProfile(options));
  PASSERELLE_ASSIGN_OR_RETURN(const client::CallOptions call,
                              CallOptionsOf(options));
  PASSERELLE_ASSIGN_OR_RETURN(const auto client, environment.open(profile));
  pb::ExportAccessesRequest request;
  request.set_parent(case_name_);
  // One answer a line: each has a checkpoint of its own.
  std::string text;
  int lines = 0;
  do {
    PASSERELLE_ASSIGN_OR_RETURN(
        const pb::ExportAccessesResponse page,
        client->Call<pb::ExportAccessesResponse>(
            absl::StrCat(kService, "ExportAccesses"), request, call));
    std::string json;
    if (!google::protobuf::util::MessageToJsonString(page, &json).ok()) {
      return absl::InternalError("the answer cannot be written as JSON");
    }
    absl::StrAppend(&text, json, "\n");
    lines += page.accesses_size();
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  PASSERELLE_RETURN_IF_ERROR(WritePrivate(file_, text));
  environment.streams.out << lines << " lines in " << Harmless(file_) << "\n";
  return absl::OkStatus();
}

absl::Status AuditCommands::Verify(const GlobalOptions& options,
                                   Streams& streams) {
  if (platform_key_.empty() && checkpoint_file_.empty()) {
    // No profile is needed where the key is given.
    const auto profile = ChooseProfile(options);
    if (profile.ok()) {
      platform_key_ = profile->platform_key;
      checkpoint_file_ = profile->checkpoint_file;
    }
  }
  if (platform_key_.empty() && !checkpoint_file_.empty()) {
    PASSERELLE_ASSIGN_OR_RETURN(const client::KeptCheckpoint kept,
                                client::Witness(checkpoint_file_, "").Load());
    platform_key_ = kept.key.Text();
  }
  const auto key = note::VerifierKey::Parse(platform_key_);
  if (!key.ok()) {
    return UsageError(
        "the platform's key is not known: give --platform-key, or the "
        "--checkpoint-file of an earlier contact");
  }
  for (const std::string& path : files_) {
    PASSERELLE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
    client::ExtractReport sum;
    std::string parent;
    size_t begin = 0;
    do {
      const size_t end = std::min(text.find('\n', begin), text.size());
      pb::ExportAccessesResponse page;
      if (!google::protobuf::util::JsonStringToMessage(
               text.substr(begin, end - begin), &page)
               .ok() ||
          (!parent.empty() && page.parent() != parent)) {
        return UsageError(absl::StrCat(path, " is no extract"));
      }
      parent = page.parent();
      PASSERELLE_ASSIGN_OR_RETURN(const client::ExtractReport report,
                                  client::VerifyExtract(page, *key));
      sum.proven += report.proven;
      sum.younger += report.younger;
      begin = end + 1;
    } while (begin < text.size());
    streams.out << Harmless(path) << ": " << sum.proven << " lines of "
                << Harmless(parent) << " proven";
    if (sum.younger > 0) {
      streams.out << ", " << sum.younger
                  << " younger than the checkpoint and not proven yet";
    }
    streams.out << "\n";
  }
  return absl::OkStatus();
}

absl::Status AuditCommands::MakeKey(Streams& streams) {
  if (!note::IsKeyName(key_name_)) {
    return UsageError("a key's name has no spaces and no '+'");
  }
  const note::SignerKey key =
      note::SignerKey::Generate(key_name_, note::KeyType::kCosigner);
  PASSERELLE_RETURN_IF_ERROR(
      WritePrivate(file_, absl::StrCat(key.Text(), "\n")));
  streams.out << key.verifier().Text() << "\n";
  return absl::OkStatus();
}

absl::Status AuditCommands::Cosign(const GlobalOptions& options,
                                   CliEnvironment& environment) {
  PASSERELLE_ASSIGN_OR_RETURN(const note::SignerKey key,
                              ReadWitnessKey(witness_key_));
  PASSERELLE_ASSIGN_OR_RETURN(const Held held, Hold(options, environment));
  const note::CheckpointText& newest = held.newest.text;
  pb::CosignCheckpointRequest request;
  request.set_tree_size(newest.tree_size);
  request.set_public_key(key.verifier().Text());
  request.set_signature(key.Sign(newest.Write(), absl::Now()));
  PASSERELLE_ASSIGN_OR_RETURN(
      const pb::Checkpoint signed_by,
      held.client->Call<pb::Checkpoint>(
          absl::StrCat(kService, "CosignCheckpoint"), request, held.call));
  environment.streams.out << newest.tree_size << " lines, co-signed by "
                          << signed_by.cosignatures_size() << " missions\n";
  return absl::OkStatus();
}

}  // namespace passerelle::cli
